#!/usr/bin/env python3
"""Makes the work of the benchmark: an extract in local codes, and the mapping that leads it to Release 1.

    make_input.py ROWS FOLDER [--all-faulty]

FOLDER then holds `extract/events.csv` (50 columns, named by field keys, in template order), `mapping/` (26 value maps) and
`agent.toml`. In the normal mix one row in fifty has a fault, which may show on other rows of the person too; the others are
clean by every rule of the check. With `--all-faulty` every row has five. Nobody in it exists: NHS numbers come from the range
kept for tests, postcodes from an area that was never allocated.
"""

import argparse
import csv
import datetime
import pathlib
import random

from national import LISTS, RELEASE, local_codes

PERIOD = (datetime.date(2025, 10, 1), datetime.date(2026, 9, 30))
KEYS = [field["key"] for field in RELEASE["field"]]
AT = {key: place for place, key in enumerate(KEYS)}
FILLED_BY_AGENT = KEYS[:3]

FIRST = "Ada Aled Amir Bronwen Carys Dafydd Edith Farah George Hélène Ines Jarek Kwame Leila Mair Nia Owen Priya Zoë".split()
LAST = "Ahmed Baker Clarke Davies Evans Fraser Green Hughes Iqbal Jones Khan O'Brien Núñez Patel Quinn Shah Taylor".split()
TOWNS = "Ashcombe Birchwell Coldbrook Dunmere Eastleigh Fernholt Greybridge Holmfield Inglewood Kingsmead".split()
PLACES = ["Medical Centre", "Surgery", "Health Centre", "Family Practice"]
WORDS = (
    "support at home with washing and dressing twice a day, review of equipment, carer breakdown, hospital discharge "
    "pathway one, conversation about what matters, falls risk, short stay, bed and hoist, meals, key safe, telecare"
).split(", ")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("rows", type=int)
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("--all-faulty", action="store_true")
    arguments = arguments.parse_args()
    write_mapping(arguments.folder / "mapping")
    write_agent(arguments.folder / "agent.toml")
    extract = arguments.folder / "extract"
    extract.mkdir(parents=True, exist_ok=True)
    chance = random.Random(20261123)
    with open(extract / "events.csv", "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(KEYS)
        out.writerows(rows(arguments.rows, chance, arguments.all_faulty))


def rows(count, chance, all_faulty):
    numbers = nhs_numbers()
    # Up to eight events of each, in any order: rows of one person lie far apart.
    people, with_event = count // 8 + 1, count - count // 50
    everybody = [
        Person(number, next(numbers), len(range(number, with_event, people)), chance) for number in range(people)
    ]
    users = [person for person in everybody if person.client == "Service User"]
    for person in everybody:
        person.link(users, chance)
    turns = [everybody[number % people] if number < with_event else None for number in range(count)]
    chance.shuffle(turns)
    for number, person in enumerate(turns):
        if person:
            row = person.event(number, chance)
        else:
            person = Person(people + number, next(numbers), 0, chance, "Carer known by association")
            person.link(users, chance)
            row = person.row
        if all_faulty:
            for fault in FIVE:
                fault(row, chance)
        elif chance.random() < 0.02:
            chance.choice(FIVE + OTHERS)(row, chance)
        yield row


class Person:
    """One of the people, whose rows do not contradict one another, and whose events follow one another as they should."""

    def __init__(self, number, nhs_number, events, chance, client=None):
        pick = chance.choice
        self.client = client or chance.choices(["Service User", "Carer"], [87, 13])[0]
        self.died = chance.random() < 0.03
        self.kinds = chance.choices(KINDS, [30, 18, 38, 14], k=events)
        self.events = 0
        user = self.client == "Service User"
        settings = LONG_TERM if user else CARERS
        self.setting = settings[pick(list(settings))]
        born = datetime.date(1930, 1, 1) + datetime.timedelta(days=int(chance.random() * 28_000))
        cells = {
            "la_code": "503",
            "reporting_period_start_date": portal(PERIOD[0]),
            "reporting_period_end_date": portal(PERIOD[1]),
            "nhs_number": nhs_number,
            "la_person_unique_identifier": f"P{number:07}",
            "first_name": pick(FIRST),
            "last_name": pick(LAST),
            "gp_practice_name": f"{pick(TOWNS)} {pick(PLACES)}",
            "gp_practice_code": f"Y{number % 90_000 + 10_000}",
            "date_of_birth": portal(born),
            "date_of_death": portal(PERIOD[1] - datetime.timedelta(days=number % 8)) if self.died else "",
            "client_type": code("client_type", self.client),
            "postcode": f"YA{number % 20 + 1} {number % 9}{pick('ABDEFGH')}{pick('JLNPQRS')}",
            **{key: some(key, chance) for key in PERSON_LISTS},
            "primary_support_reason": code("primary_support_reason", pick(REASONS) if user else CARERS_REASON),
            "client_funding_status": code("client_funding_status", pick(FUNDING)) if user else "",
        }
        if not user:
            cells |= dict.fromkeys(USERS_ONLY, "")
        self.row = [cells.get(key, "") for key in KEYS]

    def link(self, users, chance):
        """Links a carer to a service user of another age."""
        if self.client == "Service User":
            return
        own = self.row[AT["date_of_birth"]]
        cared_for = next(one for one in iter(lambda: chance.choice(users), None) if one.row[AT["date_of_birth"]] != own)
        self.row[AT["number_of_adults_being_cared_for"]] = "1"
        self.row[AT["adult_1_linked_person_id"]] = cared_for.row[AT["la_person_unique_identifier"]]
        self.row[AT["total_hours_caring_per_week"]] = some("total_hours_caring_per_week", chance)

    def event(self, number, chance):
        """A row with the person's next event, which starts some six weeks after the last one did."""
        kind, *following = self.kinds[self.events : self.events + 2]
        is_assessed = kind == "Request" and following == ["Assessment"]
        start = PERIOD[0] + datetime.timedelta(days=44 * self.events + int(chance.random() * 20))
        end = start + datetime.timedelta(days=int(chance.random() * 30) + (35 if is_assessed else 0))
        self.events += 1
        words = chance.choices(WORDS, k=6)
        cells = {
            "event_type": code("event_type", kind),
            "event_reference": f"{kind[:3].upper()}-{number:08}",
            "event_start_date": portal(start),
            "event_end_date": portal(end),
            "event_description": (", " if chance.random() < 0.1 else " - ").join(words),
            "event_outcome": code("event_outcome", chance.choice(OUTCOMES)),
        }
        if kind == "Request":
            cells["route_of_access"] = some("route_of_access", chance)
            if is_assessed:
                cells["event_outcome"] = code("event_outcome", "Progress to Assessment")
        elif kind == "Assessment":
            cells |= {key: some(key, chance) for key in ("assessment_type", "eligible_needs_identified", "method_of_assessment")}
            if cells["assessment_type"] == code("assessment_type", "Financial Assessment"):
                cells["event_outcome"] = ""
        elif kind == "Review":
            cells |= {key: some(key, chance) for key in ("review_reason", "review_outcomes_achieved", "method_of_review")}
        else:
            cells |= self.service(number, chance)
        row = list(self.row)
        for key, text in cells.items():
            row[AT[key]] = text
        return row

    def service(self, number, chance):
        short = self.client == "Service User" and chance.random() < 0.3
        service_type, component = chance.choice(SHORT_TERM if short else self.setting)
        if component == "Direct Payment":
            paid = "Direct Payment"
        else:
            paid = "CASSR Commissioned Support" if "Care" in service_type else chance.choice(DELIVERY)
        cost, frequency, units = chance.choice(COSTS)
        cells = {
            "service_type": code("service_type", service_type),
            "service_component": code("service_component", component),
            "delivery_mechanism": code("delivery_mechanism", paid),
            "provider_cqc_location_name": f"{chance.choice(TOWNS)} Care and Support Ltd",
            "provider_cqc_location_id": f"1-{100_000_000 + number % 800_000_000}",
            "unit_cost": f"{chance.random() * cost:.2f}",
            "cost_frequency": code("cost_frequency", frequency),
            "planned_units_per_week": f"{chance.random() * units:.2f}",
        }
        if not short and not self.died and chance.random() < 0.8:
            cells |= {"event_end_date": "", "event_outcome": code("event_outcome", "Provision of service")}
        elif service_type == "Short Term Support: ST-Max":
            cells["event_outcome"] = code("event_outcome", "Service ended as planned")
        return cells


def portal(day):
    return f"{day.day:02}/{day.month:02}/{day.year}"


def nhs_numbers():
    """The valid numbers of the test range, in order."""
    for number in range(1_000_000):
        stem = f"999{number:06}"
        check = 11 - sum(int(digit) * weight for digit, weight in zip(stem, range(10, 1, -1))) % 11
        if check != 10 and len(set(stem)) > 1:
            yield stem + str(check % 11)


CODES = {key: local_codes(key) for key in LISTS}
CHOICES = {key: list(codes.values()) for key, codes in CODES.items()}


def code(key, label):
    """The local code of a national label."""
    return CODES[key][label]


def some(key, chance):
    """Any local code of a field."""
    choices = CHOICES[key]
    return choices[int(chance.random() * len(choices))]


PERSON_LISTS = [key for key in LISTS if AT["gender"] <= AT[key] < AT["client_funding_status"] and key != "client_type"]
USERS_ONLY = ["autism_spectrum_disorder", "visual_impairment", "hearing_impairment", "dementia"]
FUNDING = LISTS["client_funding_status"][:3]
DELIVERY = LISTS["delivery_mechanism"][1:3]
KINDS = ["Request", "Assessment", "Service", "Review"]
CARERS_REASON = "Social Support: Support to Carer"
REASONS = [reason for reason in LISTS["primary_support_reason"] if reason != CARERS_REASON]
# Outcomes that ask nothing of other rows.
OUTCOMES = [
    outcome
    for outcome in LISTS["event_outcome"]
    if outcome not in ("Progress to Assessment", "Provision of service", "NFA - Deceased")
]
# The most of a cost, its frequency, and the most of its units.
COSTS = [(1500, "Weekly", 1), (1500, "Weekly", 1), (30, "Hourly", 30)]


def pairings(start):
    """Pairs of type and component whose service type starts so, by service type."""
    by_type = {}
    for pair in RELEASE["pairing"]:
        if pair["service_type"].startswith(start):
            by_type.setdefault(pair["service_type"], []).append((pair["service_type"], pair["service_component"]))
    return by_type


LONG_TERM, CARERS = pairings("Long Term"), pairings("Carer")
SHORT_TERM = [pair for pairs in pairings("Short Term").values() for pair in pairs]


def put(key, *texts):
    """A fault: one of these texts in a field."""

    def fault(row, chance):
        row[AT[key]] = texts[int(chance.random() * len(texts))]

    return fault


def wrong_check_digit(row, chance):
    number = row[AT["nhs_number"]]
    row[AT["nhs_number"]] = number[:9] + str((int(number[9]) + 1 + int(chance.random() * 8)) % 10)


def ends_before_it_starts(row, chance):
    row[AT["event_end_date"]], row[AT["event_start_date"]] = portal(PERIOD[0]), portal(PERIOD[0] + datetime.timedelta(days=9))


FIVE = [
    put("ethnicity", "X9", "NEW01", "Z"),
    put("date_of_birth", "31/02/1950", "1950-02-03", "3 Feb 1950"),
    wrong_check_digit,
    put("postcode", "YA1 IAA", "ya1 1aa", "NFA"),
    put("gender", ""),
]
OTHERS = [
    put("unit_cost", "£1,250.00", "-12.00"),
    put("gp_practice_code", "K81003001"),
    put("provider_cqc_location_id", "1-12"),
    put("service_type", "ST99", CHOICES["service_type"][0]),
    put("number_of_adults_being_cared_for", "two"),
    put("nhs_number", "1111111111", "999 000 001"),
    put("client_type", "", "CT9"),
    put("event_type", "ET9"),
    put("date_of_death", "01/01/1920", "04/10/2025"),
    put("first_name", ""),
    ends_before_it_starts,
]


def write_mapping(folder):
    (folder / "values").mkdir(parents=True, exist_ok=True)
    lines = ["version = 1", 'name = "Benchmark"', 'release = "release-1"', 'unmapped = "error"', ""]
    for key, codes in CODES.items():
        lines += [f"[maps.{key}]", f'file = "values/{key}.csv"', ""]
        with open(folder / "values" / f"{key}.csv", "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("local", "national"), *((local, label) for label, local in codes.items())])
    lines += ["[query.events]", 'file = "events.csv"', 'source = "extract"', 'key = "event_reference"', "", "[query.events.fields]"]
    for field in RELEASE["field"]:
        key = field["key"]
        if key in FILLED_BY_AGENT:
            continue
        extra = f', map = "{key}"' if key in CODES else ', date = "dd/mm/yyyy"' if field["type"] == "date" else ""
        lines.append(f'{key} = {{ column = "{key}"{extra} }}')
    (folder / "mapping.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_agent(path):
    path.write_text(
        "\n".join(
            [
                "version = 1",
                "[council]",
                'name = "Benchmark"',
                'la_code = "503"',
                "[[submission]]",
                'name = "benchmark"',
                'mapping = "mapping"',
                "allow_test_nhs_numbers = true",
                "[submission.source.extract]",
                'type = "csv"',
                'folder = "extract"',
                "",
            ]
        ),
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
