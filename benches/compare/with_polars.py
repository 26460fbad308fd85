"""The same work in Polars: with_polars.py INPUT OUT."""

import functools
import operator
import pathlib
import sys

import polars as pl
from national import APPLICABLE, BLANK, FIELDS, FILLED, FILLED_IN_VAIN, HEADERS, KEYS, LISTS, MANDATORY, MISSHAPEN
from national import NEGATIVE, ORDERS, PERIOD_END, SHAPES, findings, local_codes

TYPES = {field["key"]: field["type"] for field in FIELDS}
DATES = [key for key in KEYS if TYPES[key] == "date" and key not in FILLED]


def condition(tree):
    """A condition over the columns, null where it cannot be told."""
    match tree:
        case ("always",):
            return pl.lit(True)
        case ("never",):
            return pl.lit(False)
        case ("not", inner):
            return ~condition(inner)
        case ("and", left, right):
            return condition(left) & condition(right)
        case ("or", left, right):
            return condition(left) | condition(right)
        case ("is", key, text):
            return pl.col(key) == text
        case ("in", key, texts):
            return pl.col(key).is_in(texts)
        case ("starts", key, text):
            return pl.col(key).str.starts_with(text)
        case ("contains", key, text):
            return pl.col(key).str.contains(text, literal=True)
        case ("given", key):
            return pl.col(key) != ""
        case ("blank", key):
            return pl.col(key) == ""
        case ("age", low, high):
            return pl.when(pl.col("date_of_birth") == "").then(False).otherwise(pl.col("age").is_between(low, high))


def sound(key):
    """Whether a value has its field's type; nothing for texts."""
    kind = TYPES[key]
    column = pl.col(key)
    if kind == "list":
        return column.is_not_null()
    if kind == "date":
        return pl.col(f"{key}:date").is_not_null()
    if kind == "nhs-number":
        number = column.cast(pl.Int64, strict=False)
        digits = [number // 10**place % 10 for place in range(9, -1, -1)]
        total = functools.reduce(operator.add, (digit * weight for digit, weight in zip(digits, range(10, 1, -1))))
        checks = ((11 - total % 11) % 11 == digits[9]) & (number % 1_111_111_111 != 0)
        return column.str.contains(SHAPES[kind][1]) & checks.fill_null(False)
    if kind in SHAPES:
        return column.str.contains(SHAPES[kind][1])
    return None


def outcome(key):
    """What a field comes to on a row: 0, or a finding."""
    blank = (pl.col(key) == "").fill_null(False)
    steps = []
    if MANDATORY[key] != ("never",):
        steps.append((blank & condition(APPLICABLE[key]) & condition(MANDATORY[key]), BLANK))
    steps.append((blank, 0))
    if APPLICABLE[key] != ("always",):
        steps.append((~condition(APPLICABLE[key]), FILLED_IN_VAIN))
    fits = sound(key)
    if fits is not None:
        steps.append((~fits, MISSHAPEN))
    chain = pl
    for when, then in steps:
        chain = chain.when(when).then(pl.lit(then, pl.UInt8))
    return chain.otherwise(pl.lit(0, pl.UInt8)).alias(f"{key}:found")


def main(source, out):
    rows = pl.scan_csv(source / "extract/events.csv", infer_schema=False, empty_string_is_null=False)
    rows = rows.with_row_index("row", 1)
    maps = {key: {local: label for label, local in local_codes(key).items()} | {"": ""} for key in LISTS}
    rows = rows.with_columns(
        *(pl.lit(text).alias(key) for key, text in FILLED.items()),
        *(pl.col(key).alias(f"{key}:local") for key in LISTS),
        *(
            pl.col(key).replace_strict(codes, default=None, return_dtype=pl.String)
            for key, codes in maps.items()
        ),
        *(
            pl.when(pl.col(key).str.len_bytes() == 10)
            .then(pl.col(key).str.to_date("%d/%m/%Y", strict=False))
            .alias(f"{key}:date")
            for key in DATES
        ),
    )
    born = pl.col("date_of_birth:date")
    year, month, day = PERIOD_END
    birthday_to_come = (born.dt.month() > month) | ((born.dt.month() == month) & (born.dt.day() > day))
    rows = rows.with_columns((year - born.dt.year() - birthday_to_come.cast(pl.Int32)).alias("age"))
    orders = [
        (pl.col(f"{later}:date") < pl.col(f"{earlier}:date")).fill_null(False).cast(pl.UInt8).alias(f"{rule}:found")
        for rule, _, _, later, earlier in ORDERS
    ]
    negative = pl.col("unit_cost").cast(pl.Float64, strict=False) < 0
    rows = rows.with_columns(
        *(outcome(key) for key in KEYS if key not in FILLED),
        *orders,
        negative.fill_null(False).cast(pl.UInt8).alias(f"{NEGATIVE[0]}:found"),
    )
    upload = rows.select(
        (pl.coalesce(key, f"{key}:local") if key in LISTS else pl.col(key)).alias(HEADERS[key]) for key in KEYS
    )
    words = pl.LazyFrame(
        [(f"{name}:found", value, *rest) for name, value, *rest in findings()],
        schema={"name": pl.String, "value": pl.UInt8, "field": pl.String, "rule": pl.String, "severity": pl.String, "status": pl.String},
        orient="row",
    )
    found = [f"{key}:found" for key in KEYS if key not in FILLED] + [f"{rule}:found" for rule in [*(each[0] for each in ORDERS), NEGATIVE[0]]]
    faults = (
        rows.filter(pl.any_horizontal(pl.col(found) != 0))
        .select("row", *found)
        .unpivot(found, index="row", variable_name="name", value_name="value")
        .filter(pl.col("value") != 0)
        .join(words, on=["name", "value"])
        .select("row", "field", "rule", "severity", "status")
    )
    sinks = [
        upload.sink_csv(out / "upload.csv", line_terminator="\r\n", lazy=True),
        faults.sink_csv(out / "findings.csv", line_terminator="\r\n", lazy=True),
    ]
    pl.collect_all(sinks, engine="streaming")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
