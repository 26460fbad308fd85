"""What the release file says, for the programs that the agent is compared with.

Conditions are read into expressions over a small set of operations, so that each program can build them in its own
idiom from one reading.
"""

import pathlib
import re
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
RELEASE = tomllib.loads((ROOT / "config/releases/release-1.toml").read_text(encoding="utf-8"))
FIELDS = RELEASE["field"]
KEYS = [field["key"] for field in FIELDS]
HEADERS = {field["key"]: field["header"] for field in FIELDS}
VALUES = {each["name"]: [value["text"] for value in each["value"]] for each in RELEASE["list"]}
# The labels of each of the 26 coded fields.
LISTS = {field["key"]: VALUES[field["list"]] for field in FIELDS if field["type"] == "list"}


def local_codes(key):
    """Local codes of a field's labels, as a case system would have them: `ET01`, `ET02` …"""
    initials = "".join(word[0] for word in key.split("_")[:2]).upper()
    return {label: f"{initials}{number:02}" for number, label in enumerate(LISTS[key], 1)}


def parse(condition):
    """A condition as nested tuples: ("and", a, b), ("not", a), ("is", field, text), ("blank", field), …"""
    tokens = re.findall(r'"[^"]*"|\w+|[()\[\],]', condition)

    def take(*expected):
        token = tokens.pop(0)
        assert not expected or token in expected, (token, expected)
        return token

    def text():
        return take()[1:-1]

    def either():
        left = both()
        while tokens and tokens[0] == "or":
            take()
            left = ("or", left, both())
        return left

    def both():
        left = one()
        while tokens and tokens[0] == "and":
            take()
            left = ("and", left, one())
        return left

    def one():
        token = take()
        if token == "not":
            return ("not", one())
        if token == "(":
            inner = either()
            take(")")
            return inner
        if token in ("always", "never"):
            return (token,)
        if token == "age_at_period_end":
            take("between")
            low = int(take())
            take("and")
            return ("age", low, int(take()))
        word = take("is", "in", "starts", "contains")
        if word == "in":
            take("[")
            texts = [text()]
            while take(",", "]") == ",":
                texts.append(text())
            return ("in", token, texts)
        if word == "is" and tokens[0] in ("blank", "given"):
            return (take(), token)
        return (word, token, text())

    parsed = either()
    assert not tokens, tokens
    return parsed


# For each field, when it applies and when it must be given.
APPLICABLE = {field["key"]: parse(field["applicable"]["when"]) for field in FIELDS}
MANDATORY = {field["key"]: parse(field["mandatory"]["when"]) for field in FIELDS}

# What both programs look for in a field, by its type: rule, and the pattern of a sound value.
SHAPES = {
    "list": ("L002", None),
    "date": ("T001", None),
    "nhs-number": ("T002", r"^[0-9]{10}$"),
    "postcode": (
        "T003",
        r"^(ZZ99 ?[0-9][A-Z]{2}|([A-PR-UWYZ][0-9][0-9ABCDEFGHJKPSTUW]?"
        r"|[A-PR-UWYZ][A-HK-Y][0-9][0-9ABEHMNPRVWXY]?) ?[0-9][ABD-HJLNP-UW-Z]{2})$",
    ),
    "decimal": ("T004", r"^-?([0-9]{1,16}\.?[0-9]{0,38}|\.[0-9]{1,38})$"),
    "integer": ("T005", r"^[0-9]{1,9}$"),
    "gp-practice": ("T006", r"^[A-Z][0-9]{5}$"),
    "cqc-location": ("T007", r"^1-[0-9]{6,11}$"),
}
# Columns that the agent fills in, and so do the programs.
FILLED = dict(zip(KEYS[:3], ("503", "01/10/2025", "30/09/2026")))
PERIOD_END = (2026, 9, 30)
# Rules over two dates: the rule, its severity, the field it is found at, and which must not lie before which.
ORDERS = [
    ("D001", "ERROR", "event_end_date", "event_end_date", "event_start_date"),
    ("D002", "QUERY", "date_of_birth", "event_start_date", "date_of_birth"),
    ("D003", "QUERY", "date_of_death", "date_of_death", "date_of_birth"),
    ("D004", "ERROR", "date_of_death", "date_of_death", "event_start_date"),
]
NEGATIVE = ("S001", "QUERY", "unit_cost")
BLANK, FILLED_IN_VAIN, MISSHAPEN = 1, 2, 3


def findings():
    """For each outcome that is a finding, by the name and the value of its column: field header, rule, severity, status."""
    for field in FIELDS:
        key, header = field["key"], field["header"]
        certain = field["mandatory"]["confidence"] == "CONFIRMED"
        blank = ("ERROR", "Failed: Blank (Mandatory)") if certain else ("QUERY", "Passed: Blank (Not Mandatory)")
        yield key, BLANK, header, "M001", *blank
        yield key, FILLED_IN_VAIN, header, "X001", "QUERY", "Passed: Valid"
        if field["type"] in SHAPES:
            sound = field["type"] == "list" or field.get("format", {"confidence": "CONFIRMED"})["confidence"] == "CONFIRMED"
            worse = ("ERROR", "Failed: Invalid") if sound else ("QUERY", "Passed: Valid")
            yield key, MISSHAPEN, header, SHAPES[field["type"]][0], *worse
    for rule, severity, key, *_ in [*ORDERS, NEGATIVE]:
        yield rule, 1, HEADERS[key], rule, severity, "Passed: Valid"


RULES = {rule for _, _, _, rule, _, _ in findings()}
