"""pysqlbridge, with two things that every SQL Server has and it has not.

`sp_describe_first_result_set` is answered from what the statement itself returns, and parameters may be of the type `date`.
All else is pysqlbridge's own.
"""

import datetime

from pysqlbridge.catalog import Catalog
from pysqlbridge.server import main
from pysqlbridge.tds.result import Bit, Column, DateTime, Float, Integer, NVarChar, Query, QueryResult

from pysqlbridge.tds import rpc

DATE = 0x28

answer = Catalog.answer
read_value = rpc._read_value


def value_or_date(payload, at, type_id):
    if type_id != DATE:
        return read_value(payload, at, type_id)
    length, days = payload[at], payload[at + 1 : at + 1 + payload[at]]
    first = datetime.date(1, 1, 1)
    value = (first + datetime.timedelta(days=int.from_bytes(days, "little"))).isoformat() if length else None
    return value, at + 1 + length


def described(column_type):
    if isinstance(column_type, NVarChar):
        return "nvarchar(max)" if column_type.is_max else "nvarchar(4000)"
    kinds = ((Bit, "bit"), (Integer, "int"), (Float, "float"), (DateTime, "datetime"))
    return next(name for kind, name in kinds if isinstance(column_type, kind))


def answer_or_describe(self, request, **options):
    if getattr(request, "procedure", None) != "sp_describe_first_result_set":
        return answer(self, request, **options)
    days = {"@period_start": "2025-10-01", "@period_end": "2026-09-30"}
    statement = Query(sql=request.parameters["@tsql"], parameters=days, session=request.session)
    columns = answer(self, statement, **options).columns
    shape = [Column("is_hidden", Bit()), Column("name", NVarChar(128)), Column("is_nullable", Bit())]
    shape.append(Column("system_type_name", NVarChar(256)))
    return QueryResult(shape, [[False, column.name, True, described(column.type)] for column in columns])


Catalog.answer = answer_or_describe
rpc._read_value = value_or_date

if __name__ == "__main__":
    main()
