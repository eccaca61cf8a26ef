"""Answers of a rest source as typed rows: exact values, columns that are there, and what stands in their place."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import zipfile
from decimal import Decimal
from typing import Any

import pytest
from replies import says, text
from rests import THINGS, flow, judged, rows_of, values

from reportrunner.errors import ProviderError
from reportrunner.flow import Again, Done, Refused, Reply
from reportrunner.providers.rest import packed
from reportrunner.table import Rows


def things(columns: str, response: str = 'format = "json", rows = "$.data"', more: str = "") -> str:
    return (
        THINGS.replace('{ id = "integer" }', f"{{ {columns} }}").replace('format = "json", rows = "$.data"', response)
        + more
    )


def read(definition: str, *replies: Reply) -> Rows:
    return rows_of(flow(definition), *replies)


def fault(definition: str, reply: Reply) -> str:
    one = flow(definition)
    with pytest.raises(ProviderError) as caught:
        one.read((reply,)) if isinstance(judged(one, reply), Done) else None
    assert caught.value.kind == "unreadable"
    return str(caught.value)


UTC = dt.UTC
CELLS: list[tuple[str, str, Any]] = [
    ('"integer"', "9007199254740993", 2**53 + 1),
    ('"integer"', "36893488147419103232", 2**65),
    ('"integer"', '"12"', 12),
    ('"integer"', "1e2", 100),
    ('"decimal"', "0.1", Decimal("0.1")),
    ('"decimal"', "12345678901234567.25", Decimal("12345678901234567.25")),
    ('"string"', "12345678901234567.25", "12345678901234567.25"),
    ('"string"', '{"b":[1.10,null],"a":true}', '{"a":true,"b":[1.10,null]}'),
    ('"string"', '""', ""),
    ('"integer"', '""', None),
    ('"integer"', "null", None),
    ('{ type = "integer", null = ["n/a"] }', '"n/a"', None),
    ('{ type = "string", null = ["-"] }', '"-"', None),
    ('"boolean"', "true", True),
    ('"boolean"', '"false"', False),
    ('"date"', '"2026-11-16"', dt.date(2026, 11, 16)),
    ('{ type = "date", form = "%d.%m.%Y" }', '"16.11.2026"', dt.date(2026, 11, 16)),
    ('"timestamp"', '"2026-11-16T01:00:00+02:00"', dt.datetime(2026, 11, 15, 23, tzinfo=UTC)),
    ('{ type = "timestamp", form = "unix s" }', "1700000000", dt.datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
    ('{ type = "timestamp", form = "unix s" }', "-1.5", dt.datetime(1969, 12, 31, 23, 59, 58, 500000, tzinfo=UTC)),
    ('{ type = "timestamp", form = "unix ms" }', '"1700000000001"', dt.datetime(2023, 11, 14, 22, 13, 20, 1000, UTC)),
    ('{ type = "timestamp", form = "%Y%m%d %HZ" }', '"20261116 09Z"', dt.datetime(2026, 11, 16, 9, tzinfo=UTC)),
    ('{ type = "integer", from = "$.x.y" }', '{"y":3}', 3),
    ('{ type = "integer", from = "$.x[0]" }', "[7,8]", 7),
    ('{ type = "integer", from = "$.x[-1:]" }', "[7,8]", 8),
]


@pytest.mark.parametrize(("column", "cell", "value"), CELLS)
def test_a_cell_is_what_its_column_says(column: str, cell: str, value: Any) -> None:
    found = read(things(f"x = {column}"), text(f'{{"data":[{{"x":{cell}}}]}}'))
    assert values(found) == [(value,)]
    assert isinstance(found.rows[0][0], type(value))


WRONG_CELLS = [
    ('"timestamp"', "1700000000", 'if it counts from 1970, write form = "unix s"'),
    ('"timestamp"', "1700000000001", 'write form = "unix ms"'),
    ('"integer"', "1.5", 'row 1, column "x"'),
    ('"integer"', "true", "true is no integer"),
    ('"integer"', "[1]", "[1] is no integer"),
    ('"integer"', "1e999999999", "exponent beyond all columns"),
    ('"boolean"', '"maybe"', "neither true nor false"),
    ('"timestamp"', '"2026-11-16T01:00:00"', "no timestamp with offset"),
    ('{ type = "timestamp", form = "unix s" }', '"soon"', "is no unix s of any day"),
    ('{ type = "timestamp", form = "unix s" }', "1e50", "is no unix s of any day"),
    ('{ type = "integer", from = "$.x[*]" }', "[7,8]", "finds 2 values, and a cell holds one"),
]


@pytest.mark.parametrize(("column", "cell", "words"), WRONG_CELLS)
def test_a_cell_of_another_type_is_an_error_that_names_it(column: str, cell: str, words: str) -> None:
    assert words in fault(things(f"x = {column}"), text(f'{{"data":[{{"x":{cell}}}]}}'))


def test_a_column_that_no_row_has_is_an_error_and_one_that_some_lack_is_null() -> None:
    definition = things('id = "integer", amount = "integer"')
    assert values(read(definition, says({"data": [{"id": 1}, {"id": 2, "amount": 3}]}))) == [(1, None), (2, 3)]
    message = fault(definition, says({"data": [{"id": 1, "amont": 2}]}))
    assert 'no row of the answer has "amount" (at amount); did you mean "amont"?' in message
    optional = things('id = "integer", amount = { type = "integer", optional = true }')
    assert values(read(optional, says({"data": [{"id": 1}]}))) == [(1, None)]
    assert values(read(definition, says({"data": []}))) == []


def test_rows_that_are_no_objects_are_told_and_can_be_read() -> None:
    message = fault(things('id = "integer"'), says({"data": [1, 2]}))
    assert 'each row is a number and no object: write from = "$" for the row itself' in message
    assert values(read(things('id = { type = "integer", from = "$" }'), says({"data": [1, 2]}))) == [(1,), (2,)]


def test_a_column_that_nothing_declares_is_dropped_with_a_warning_unless_said() -> None:
    answer = says({"data": [{"id": 1, "new": 2, "nested": {"a": 1}}]})
    (new, nested) = read(THINGS, answer).notes
    assert (new.code, nested.code) == ("unexpected_column", "unexpected_column")
    assert "'new'" in new.message
    assert read(THINGS + 'others = "drop"\n', answer).notes == ()


BODIES = [
    ({"items": []}, "the answer has no $.data, where its rows are; it has items"),
    ([], "the answer has no $.data, where its rows are; it is a list"),
    ({"data": "x"}, "no list of rows"),
    ({"data": 3}, "no list of rows"),
]


@pytest.mark.parametrize(("document", "words"), BODIES)
def test_an_answer_without_its_list_is_no_empty_list(document: object, words: str) -> None:
    assert words in fault(THINGS, says(document))


def test_rows_may_be_an_object_or_lists_inside_lists() -> None:
    assert values(read(THINGS, says({"data": {"id": 7}}))) == [(7,)]
    assert values(read(THINGS, says({"data": None}))) == []
    inner = THINGS.replace('"$.data"', '"$.groups[*].things"')
    assert values(read(inner, says({"groups": [{"things": [{"id": 1}]}, {"things": [{"id": 2}]}]}))) == [(1,), (2,)]


@pytest.mark.parametrize("body", ["", "<html>", '{"data":[', '{"data":[NaN]}', b'{"data":"\xff"}', "[" * 100_000])
def test_what_is_no_json_is_an_error(body: str | bytes) -> None:
    assert "the answer is no JSON" in fault(THINGS, text(body))


NDJSON = things('id = "integer"', 'format = "ndjson"')


def test_a_broken_line_is_named_by_its_number() -> None:
    assert values(read(NDJSON, text('{"id":1}\n\n{"id":2}\n'))) == [(1,), (2,)]
    assert "line 3 is no JSON: {" in fault(NDJSON, text('{"id":1}\n\n{"id":\n'))
    assert "line 2 is no JSON object: 3" in fault(NDJSON, text('{"id":1}\n3'))


CSV = things('id = { type = "integer", from = "Id" }, name = "string"', 'format = "csv", delimiter = ";"')


def test_delimited_text_is_found_by_its_names() -> None:
    found = read(CSV, text('\ufeffname;ID;more\r\n"a;b";1;x\r\n;2;y\r\n'))
    assert values(found) == [(1, "a;b"), (2, "")]
    assert [note.code for note in found.notes] == ["unexpected_column"]


WRONG_TEXT = [
    ("id;nam\n1;a\n", "no column name"),
    ("id;name\n1\n", "row 1 has 1 fields where the header has 2"),
    ("id;name\nx;a\n", 'column "id": "x" is no integer'),
    ("id;name;ID\n1;a;2\n", "more than once"),
    ("", "no line of names"),
    ("<html></html>", "no delimited text"),
    ('{"error":"x"}', "no delimited text"),
    ('id;name\n1;"a\n', "no delimited text"),
    (b"id;name\n1;\xff\n", "byte 10 of the answer is not utf-8"),
]


@pytest.mark.parametrize(("body", "words"), WRONG_TEXT)
def test_delimited_text_that_is_wrong(body: str | bytes, words: str) -> None:
    assert words in fault(CSV, text(body))


def test_other_encodings_are_read_as_they_are_declared() -> None:
    definition = CSV.replace('delimiter = ";"', 'delimiter = ";", encoding = "latin-1"')
    assert values(read(definition, text("id;name\n1;Zoë\n".encode("latin-1")))) == [(1, "Zoë")]


INSIDE = things(
    'id = "integer", name = "string"', 'format = "delimited", text = "$.data", header = "$.header", row_end = ";"'
)


def test_delimited_text_inside_json() -> None:
    assert values(read(INSIDE, says({"header": "id,name", "data": "1,a;2,b;"}))) == [(1, "a"), (2, "b")]
    assert "there is no text at $.data" in fault(INSIDE, says({"header": "id,name"}))
    assert "row 2 has 3 fields" in fault(INSIDE, says({"header": "id,name", "data": "1,a;2,b,c;"}))
    lines = INSIDE.replace(', header = "$.header", row_end = ";"', "")
    assert values(read(lines, says({"data": 'id,name\n1,"a,b"\n'}))) == [(1, "a,b")]


def zipped(**files: str) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(name.replace("_", "."), body)
    return whole.getvalue()


def test_files_are_unpacked() -> None:
    body = "id;name\n1;a\n"
    one = CSV.replace('"csv",', '"csv", gzip = true,')
    halves = gzip.compress(body[:9].encode()) + gzip.compress(body[9:].encode())
    assert values(read(one, text(gzip.compress(body.encode())))) == [(1, "a")]
    assert values(read(one, text(halves))) == [(1, "a")]
    alone = CSV.replace('"csv",', '"csv", zip = true,')
    named = CSV.replace('"csv",', '"csv", zip = "b.csv",')
    assert values(read(alone, text(zipped(a_csv=body)))) == [(1, "a")]
    assert values(read(named, text(zipped(a_csv="", b_csv=body)))) == [(1, "a")]
    assert "holds 2 files" in fault(alone, text(zipped(a_csv="", b_csv=body)))
    assert 'no file "b.csv"; did you mean "bb.csv"?' in fault(named, text(zipped(bb_csv=body)))
    for broken in (one, alone):
        assert "the body is no" in fault(broken, text(body))
    assert "ends before its end" in fault(one, text(gzip.compress(body.encode())[:-9]))


def test_a_small_file_cannot_fill_the_memory() -> None:
    bomb = gzip.compress(b"0" * 1_000_000)
    for unpack, body in ((packed.gunzip, bomb), (lambda b, n: packed.unzip(b, "", n), zipped(a_csv="0" * 1_000_000))):
        with pytest.raises(ProviderError, match="unpacks to more than 1,000 bytes"):
            unpack(body, 1_000)


ERRORS = (
    THINGS
    + """
errors = { code = "$.error.code", message = "$.error.message" }
retry  = { codes = ["busy"], limited_codes = ["slow"], statuses = [409], limited = [403] }
"""
)
ANSWERS = [
    (says({"error": {"code": "no_such", "message": "not here"}, "data": []}), Refused("refused", "no_such: not here")),
    (says({"error": {"code": "busy"}}), Again("failed", "busy")),
    (says({"error": {"code": "slow", "message": "m"}}), Again("limited", "slow: m")),
    (says({"error": None, "data": []}), Done()),
    (says({"error": {"code": "no_such", "message": "m"}}, 400), Refused("refused", "HTTP 400: no_such: m")),
    (says({"error": {"code": "busy"}}, 400), Again("failed", "busy")),
    (says({}, 409), Again("failed", "HTTP 409")),
    (says({}, 403), Again("limited", "HTTP 403")),
    (says({}, 401), Again("session", "HTTP 401: {}")),
    (says({}, 429), Again("limited", "429 Too Many Requests")),
    (says({}, 503), Again("failed", "HTTP 503")),
    (Reply(fault="cut"), Again("failed", "cut")),
]


@pytest.mark.parametrize(("reply", "verdict"), ANSWERS)
def test_an_error_is_found_where_the_definition_says(reply: Reply, verdict: object) -> None:
    assert judged(flow(ERRORS), reply) == verdict


def test_where_a_word_says_that_all_is_well_its_absence_is_an_error() -> None:
    definition = THINGS + 'errors = { code = "$.status", ok = ["success", 0], message = "$.note" }\n'
    assert judged(flow(definition), says({"status": "success", "data": []})) == Done()
    assert judged(flow(definition), says({"status": 0, "data": []})) == Done()
    others: list[object] = [{"data": []}, {"status": False, "data": []}, {"status": "error", "note": "n", "data": []}]
    for document in others:
        assert isinstance(judged(flow(definition), says(document)), Refused)
