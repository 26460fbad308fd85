"""The same work in DuckDB: with_duckdb.py INPUT OUT."""

import pathlib
import sys

import duckdb
from national import APPLICABLE, BLANK, FIELDS, FILLED, FILLED_IN_VAIN, HEADERS, KEYS, LISTS, MANDATORY, MISSHAPEN
from national import NEGATIVE, ORDERS, PERIOD_END, SHAPES, findings, local_codes

TYPES = {field["key"]: field["type"] for field in FIELDS}
DATES = [key for key in KEYS if TYPES[key] == "date" and key not in FILLED]


def text(value):
    return "'" + value.replace("'", "''") + "'"


def condition(tree):
    """A condition over the columns, NULL where it cannot be told."""
    match tree:
        case ("always",):
            return "true"
        case ("never",):
            return "false"
        case ("not", inner):
            return f"NOT {condition(inner)}"
        case ("and" | "or" as word, left, right):
            return f"({condition(left)} {word} {condition(right)})"
        case ("is", key, label):
            return f"({key} = {text(label)})"
        case ("in", key, labels):
            return f"({key} IN ({', '.join(map(text, labels))}))"
        case ("starts", key, label):
            return f"starts_with({key}, {text(label)})"
        case ("contains", key, label):
            return f"contains({key}, {text(label)})"
        case ("given", key):
            return f"({key} <> '')"
        case ("blank", key):
            return f"({key} = '')"
        case ("age", low, high):
            return f"CASE WHEN date_of_birth = '' THEN false ELSE age BETWEEN {low} AND {high} END"


def sound(key):
    """Whether a value has its field's type; nothing for texts."""
    kind = TYPES[key]
    if kind == "list":
        return f"{key} IS NOT NULL"
    if kind == "date":
        return f"{key}_date IS NOT NULL"
    if kind == "nhs-number":
        number = f"TRY_CAST({key} AS BIGINT)"
        total = " + ".join(f"{number} // {10**place} % 10 * {place + 1}" for place in range(9, 0, -1))
        checks = f"(11 - ({total}) % 11) % 11 = {number} % 10 AND {number} % 1111111111 <> 0"
        return f"CASE WHEN regexp_full_match({key}, '[0-9]{{10}}') THEN {checks} ELSE false END"
    if kind in SHAPES:
        return f"regexp_full_match({key}, {text(SHAPES[kind][1].strip('^$'))})"
    return None


def outcome(key):
    """What a field comes to on a row: 0, or a finding."""
    steps = []
    if MANDATORY[key] != ("never",):
        steps.append((f"{key} = '' AND {condition(APPLICABLE[key])} AND {condition(MANDATORY[key])}", BLANK))
    steps.append((f"{key} = ''", 0))
    if APPLICABLE[key] != ("always",):
        steps.append((f"NOT {condition(APPLICABLE[key])}", FILLED_IN_VAIN))
    fits = sound(key)
    if fits is not None:
        steps.append((f"NOT ({fits})", MISSHAPEN))
    return "CASE " + " ".join(f"WHEN {when} THEN {then}" for when, then in steps) + f" ELSE 0 END::UTINYINT AS {key}"


def main(source, out):
    db = duckdb.connect(config={"threads": 2})
    extract = text(str(source / "extract/events.csv"))
    columns = "{" + ", ".join(f"{key}: 'VARCHAR'" for key in KEYS) + "}"
    for key in LISTS:
        db.execute(f"CREATE TABLE map_{key} (local VARCHAR, label VARCHAR)")
        db.executemany(f"INSERT INTO map_{key} VALUES (?, ?)", [("", ""), *((local, label) for label, local in local_codes(key).items())])
    mapped = ", ".join(
        f"map_{key}.label AS {key}, extract.{key} AS {key}_local" if key in LISTS
        else f"{text(FILLED[key])} AS {key}" if key in FILLED
        else f"CASE WHEN strlen(extract.{key}) = 10 THEN try_strptime(extract.{key}, '%d/%m/%Y')::DATE END AS {key}_date, extract.{key}" if key in DATES
        else f"extract.{key}"
        for key in KEYS
    )
    joins = " ".join(f"LEFT JOIN map_{key} ON map_{key}.local = extract.{key}" for key in LISTS)
    year, month, day = PERIOD_END
    age = f"date_sub('year', date_of_birth_date, DATE '{year}-{month:02}-{day:02}') AS age"
    db.execute(f"""
        CREATE TEMP TABLE mapped AS
        SELECT row_number() OVER () AS row, {mapped}
        FROM read_csv({extract}, header = true, auto_detect = false, delim = ',', quote = '"', escape = '"', columns = {columns}, force_not_null = {KEYS}) AS extract {joins}""")
    upload = ", ".join(f'coalesce({key}, {key}_local) AS "{HEADERS[key]}"' if key in LISTS else f'{key} AS "{HEADERS[key]}"' for key in KEYS)
    db.execute(f"COPY (SELECT {upload} FROM mapped ORDER BY rowid) TO {text(str(out / 'upload.csv'))} (HEADER)")
    outcomes = ", ".join(
        [outcome(key) for key in KEYS if key not in FILLED]
        + [f"coalesce({later}_date < {earlier}_date, false)::UTINYINT AS {rule}" for rule, _, _, later, earlier in ORDERS]
        + [f"coalesce(TRY_CAST(unit_cost AS DOUBLE) < 0, false)::UTINYINT AS {NEGATIVE[0]}"]
    )
    db.execute("CREATE TABLE words (name VARCHAR, value UTINYINT, field VARCHAR, rule VARCHAR, severity VARCHAR, status VARCHAR)")
    db.executemany("INSERT INTO words VALUES (?, ?, ?, ?, ?, ?)", list(findings()))
    db.execute(f"""
        COPY (
            SELECT row, field, rule, severity, status
            FROM (UNPIVOT (SELECT row, {outcomes} FROM (SELECT *, {age} FROM mapped)) ON COLUMNS(* EXCLUDE row) INTO NAME name VALUE value)
            JOIN words USING (name, value)
        ) TO {text(str(out / 'findings.csv'))} (HEADER)""")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
