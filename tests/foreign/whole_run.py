"""One run of the agent, from a server that nobody here wrote to a package: pysqlbridge over TLS, with an SQL login.

    python whole_run.py AGENT

AGENT is the built `cld-agent`. The last line counts the checks.
"""

import csv
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
PASSWORD = "not a real one"
TRUSTED = "the bridge makes its certificate when it starts"
PEOPLE = [
    ("E-1", "9990000018", "1", "Siân", "Ó Néill", "15/03/1950", "04/11/2025", "Ynys 5RJ"),
    ("E-2", "9990000026", "2", "Łucja", "Wright", "01/12/1961", "30/09/2026", "YA13 5RJ"),
    ("E-3", "9990000034", "3", "Ann; \"Annie\"", "O'Brien", "29/02/1940", "31/12/2025", ""),
    ("E-4", "9990000042", "4", "Bo", "Li", "07/07/1977", "01/10/2026", "YA1 1AA"),
]
# What the agent fills in by itself, and what the view holds: the other headers, blank where nothing is known.
FILLED = ("LA Code", "Reporting Period Start Date", "Reporting Period End Date")
RELEASE = tomllib.loads((HERE.parents[1] / "config" / "releases" / "release-1.toml").read_text())
HEADERS = [field["header"] for field in RELEASE["field"] if field["header"] not in FILLED]
COLUMNS = {
    "Event Reference": 0,
    "NHS Number": 1,
    "LA Person Unique Identifier": 2,
    "First Name": 3,
    "Last Name": 4,
    "Date of Birth": 5,
    "Event Start Date": 6,
    "Postcode": 7,
}
CONFIGURATION = """version = 1
[agent]
data_dir = "data"
[council]
name = "Demo Council (fictional)"
la_code = "999"
[[submission]]
name = "quarterly"
mapping = "mapping"
allow_test_nhs_numbers = true
[submission.source.warehouse]
type = "sqlserver"
host = "localhost"
port = {port}
database = "master"
login = "sql"
user = "reader"
password = {{ env = "CLD_TEST_PASSWORD" }}
trust_any_certificate = "{trusted}"
without_snapshot = "read-committed"
"""
MAPPING = """version = 1
name = "A view with the national headers"
release = "release-1"
[query.events]
file = "sql/events.sql"
source = "warehouse"
key = "Event Reference"
by_name = true
"""
# The bridge types a column by its values; what is text in the council's view is text here.
QUERY = """SELECT {columns}
FROM events
WHERE [started] <= :period_end  -- as yyyy-mm-dd
ORDER BY [Event Reference]
"""


def write(folder, port):
    with open(folder / "events.csv", "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow([*(f"c{place}" for place in range(len(HEADERS))), "started"])
        for person in PEOPLE:
            started = person[COLUMNS["Event Start Date"]]
            iso = "-".join(reversed(started.split("/")))
            known = {column: person[place] for column, place in COLUMNS.items()} | {"Event Type": "Request"}
            # What is still open does not belong into the file.
            known["Event End Date"] = known["Event Start Date"]
            out.writerow([*(known.get(header, "") for header in HEADERS), iso])
    tables = {"logins": [{"user": "reader", "password": PASSWORD}], "tables": [{"name": "events", "csv": "events.csv"}]}
    (folder / "bridge.json").write_text(json.dumps(tables))
    (folder / "agent.toml").write_text(CONFIGURATION.format(port=port, trusted=TRUSTED))
    (folder / "mapping" / "sql").mkdir(parents=True)
    (folder / "mapping" / "mapping.toml").write_text(MAPPING)
    # The bridge takes a dot in a column's name for an end of a table's.
    columns = ", ".join(f"c{place} AS [{header}]" for place, header in enumerate(HEADERS))
    (folder / "mapping" / "sql" / "events.sql").write_text(QUERY.format(columns=columns))


def listening(port, server):
    for _ in range(300):
        if server.poll() is not None:
            return False
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.1)
    return False


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main(agent):
    passed = failed = 0

    def check(name, found, wanted):
        nonlocal passed, failed
        if found == wanted:
            passed += 1
        else:
            failed += 1
            print(f"FAILED  {name}: {found!r} instead of {wanted!r}")

    with tempfile.TemporaryDirectory() as folder:
        folder, port = pathlib.Path(folder), free_port()
        write(folder, port)
        command = [sys.executable, HERE / "bridge.py", "--port", str(port), "--config", folder / "bridge.json"]
        with open(folder / "bridge.log", "w") as log, subprocess.Popen(command, stderr=log, stdout=log) as server:
            try:
                check("the bridge listens", listening(port, server), True)
                order = [agent, "run", "--config", str(folder / "agent.toml"), "--as-of", "2026-10-20T06:00:00Z"]
                order += ["--period", "2025-10-01_2026-09-30"]

                def run(password):
                    environment = {**os.environ, "CLD_TEST_PASSWORD": password}
                    return subprocess.run(order, env=environment, capture_output=True, text=True, timeout=120)

                refused = run("another")
                check("exit code of a wrong password", refused.returncode, 24)
                check("its number is told", "18456" in refused.stderr, True)
                ended = run(PASSWORD)
                # Four rows are no council's quarter: they are packed, and held.
                check("exit code of a run", ended.returncode in (0, 3), True)
                uploads = list(folder.glob("data/**/ASC-CLD_*.csv"))
                check("one upload file", len(uploads), 1)
                if uploads:
                    with open(uploads[0], encoding="cp1252", newline="") as file:
                        rows = list(csv.DictReader(file))
                    wanted = [person for person in PEOPLE if person[0] != "E-4"]
                    check("rows of the period", [row["Event Reference"] for row in rows], [row[0] for row in wanted])
                    for row, person in zip(rows, wanted):
                        for column in ("NHS Number", "Date of Birth", "Event Start Date", "Last Name"):
                            check(f"{column} of {person[0]}", row[column], person[COLUMNS[column]])
                    source = json.loads((uploads[0].parent / "manifest.json").read_text())["sources"][0]
                    check("the isolation is told", source["isolation"].startswith("READ COMMITTED"), True)
                    trusted = f"Any certificate of the server is trusted: {TRUSTED}."
                    check("the exception of trust is told by its reason", trusted in source["notes"], True)
                if failed:
                    print(refused.stderr, ended.stdout, ended.stderr, sep="\n")
                    print((folder / "bridge.log").read_text()[-3000:])
            finally:
                server.terminate()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
