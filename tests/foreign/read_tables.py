"""Clients that know nothing of this project read the test server's tables, and compare with what it says it serves.

    python read_tables.py EXAMPLE

EXAMPLE is the built `examples/tds_server`. Each table read by each client is a check; the last line counts them. A
client that is not installed ends the run: the caller says whether that is a reason to skip.
"""

import datetime
import decimal
import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import uuid

import pymssql
import pytds

# What no text holds, so that cells and rows can be told apart whatever is in them.
CELL, ROW = "\x1f", "\x1e\n"


def same(told, value, kind):
    """Whether a client's value is what the server says; `told` is its text."""
    if told is None or value is None:
        return told is value
    name = kind.split("(")[0]
    scale = int(re.search(r"\((?:\d+,)?(\d+)\)", kind).group(1)) if "(" in kind and "max" not in kind else 0
    if name in ("bit", "tinyint", "smallint", "int", "bigint"):
        return int(told) == int(value)
    if name in ("decimal", "numeric", "money", "smallmoney"):
        return decimal.Decimal(told) == decimal.Decimal(value)
    if name == "real":
        return struct.pack("<f", float(told)) == struct.pack("<f", float(value))
    if name == "float":
        return struct.pack("<d", float(told)) == struct.pack("<d", float(value))
    if name in ("binary", "varbinary", "image"):
        return told == (value.hex() if isinstance(value, bytes) else value.lower().removeprefix("0x"))
    if name == "uniqueidentifier":
        return uuid.UUID(told) == uuid.UUID(str(value))
    if name in ("date", "time", "datetime", "smalldatetime", "datetime2", "datetimeoffset"):
        return moment(told, name) == (value if not isinstance(value, str) else as_told(value, told, name))
    return told == value


def moment(told, name):
    """The server's text as Python has it, to the microsecond."""
    told = re.sub(r"(\.\d{6})\d+", r"\1", told)
    if name == "date":
        return datetime.date.fromisoformat(told)
    if name == "time":
        return datetime.time.fromisoformat(told)
    fraction = ".%f" if "." in told else ""
    if name == "datetimeoffset":
        return datetime.datetime.strptime(told, f"%Y-%m-%d %H:%M:%S{fraction} %z")
    return datetime.datetime.strptime(told, f"%Y-%m-%d %H:%M:%S{fraction}")


def as_told(text, told, name):
    """FreeTDS's programs write moments to the millisecond or to the minute: the server's value where so much agrees."""
    if iso := re.fullmatch(r"(\d+)(-\d\d-\d\d .*)", text):
        printed, kept = datetime.datetime.fromisoformat(f"{int(iso[1]):04}{iso[2]}"), 1_000
    else:
        month, day, year, clock = text.split()
        text = f"{month} {day} {int(year):04} {clock}"
        printed, kept = datetime.datetime.strptime(text, "%b %d %Y %I:%M%p"), 60_000_000
    expected = moment(told, name)
    if name == "date":
        return expected if printed == datetime.datetime.combine(expected, datetime.time()) else printed
    if name == "time":
        comparable = datetime.datetime.combine(datetime.date(1900, 1, 1), expected)
    else:
        comparable = expected.replace(tzinfo=None)
    since_midnight = comparable - comparable.replace(hour=0, minute=0, second=0, microsecond=0)
    comparable -= since_midnight % datetime.timedelta(microseconds=kept)
    return expected if printed == comparable else printed


class Clients:
    """Ways to read a table."""

    def __init__(self, folder):
        self.folder = folder
        self.server = json.loads((folder / "server.json").read_text())
        (folder / "freetds.conf").write_text(
            f"""[global]
tds version = 7.4
text size = 64512000
client charset = UTF-8
[TEST]
host = localhost
port = {self.server["port"]}
encryption = require
ca file = {folder / "authority.pem"}
check certificate hostname = yes
"""
        )
        os.environ["FREETDSCONF"] = str(folder / "freetds.conf")

    def python_tds(self, table):
        server = self.server
        with pytds.connect(
            "localhost",
            port=server["port"],
            user=server["user"],
            password=server["password"],
            database=server["database"],
            cafile=str(self.folder / "authority.pem"),
            # It looks at the names in the certificate by a function that pyOpenSSL no longer has.
            validate_host=False,
            timeout=60,
            login_timeout=20,
        ) as connection, connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {table}")
            return [list(row) for row in cursor.fetchall()]

    def pymssql(self, table):
        server = self.server
        connection = pymssql.connect(
            server="localhost",
            port=server["port"],
            tds_version="7.4",
            encryption="require",
            user=server["user"],
            password=server["password"],
            database=server["database"],
            timeout=60,
            login_timeout=20,
        )
        with connection, connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {table}")
            return [list(row) for row in cursor.fetchall()]

    def tsql(self, table):
        command = ["tsql", "-S", "TEST", "-U", self.server["user"], "-P", self.server["password"]]
        command += ["-D", self.server["database"], "-t", CELL, "-r", ROW, "-o", "fhq"]
        ended = subprocess.run(
            command, input=f"SELECT * FROM {table}\ngo\n".encode(), capture_output=True, timeout=60, check=True
        )
        return self.cells(ended.stdout.decode(), "NULL")

    def freebcp(self, table):
        out = self.folder / f"{table}.bcp"
        command = ["freebcp", f"{self.server['database']}..{table}", "out", str(out), "-S", "TEST", "-c", "-t", CELL]
        command += ["-r", ROW, "-U", self.server["user"], "-P", self.server["password"]]
        subprocess.run(command, capture_output=True, timeout=60, check=True)
        # An empty text is written as NUL, as bcp does, because nothing stands for NULL.
        rows = self.cells(out.read_bytes().decode(), "")
        return [["" if cell == "\0" else cell for cell in row] for row in rows]

    @staticmethod
    def cells(text, null):
        rows = text.split(ROW)
        assert rows.pop() == "", "the last row has no end"
        return [[None if cell == null else cell for cell in row.split(CELL)] for row in rows]


def differences(table, rows):
    if len(rows) != len(table["rows"]):
        return [f"{len(table['rows'])} rows were served, {len(rows)} read"]
    found = []
    for number, (told, read) in enumerate(zip(table["rows"], rows), 1):
        if len(told) != len(read):
            return [f"row {number} has {len(read)} cells"]
        for (name, kind), expected, value in zip(table["columns"], told, read):
            try:
                agrees = same(expected, value, kind)
            except (ValueError, decimal.InvalidOperation) as error:
                agrees = False
                found.append(str(error))
            if not agrees:
                found.append(f"row {number}, {name} {kind}: {expected!r:.60} was served, {value!r:.60} read")
    return found


def main(example):
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        server = subprocess.Popen([example, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        with server:
            assert server.stdout.readline().startswith("listening"), "the server does not start"
            served = json.loads((folder / "served.json").read_text())
            clients = Clients(folder)
            for client in (clients.python_tds, clients.pymssql, clients.tsql, clients.freebcp):
                for name, table in served.items():
                    try:
                        found = differences(table, client(name))
                    except Exception as error:  # whatever a client does, it is one failed check
                        found = [f"{type(error).__name__}: {error}"]
                    if found:
                        failed += 1
                        print(f"FAILED  {client.__name__} {name}", *found[:8], sep="\n        ")
                    else:
                        passed += 1
            server.stdin.close()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
