"""CSV: bytes, guard, quoting."""

from __future__ import annotations

import csv
import datetime as dt
import io
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sample_report import report

from reportrunner.errors import InvalidError
from reportrunner.formats import FORMATS
from reportrunner.formats.common import Writing
from reportrunner.report import DatasetView, Report
from reportrunner.table import Column, ColumnType, Value
from reportrunner.templating.renderer import Renderer

T = ColumnType


def written(types: dict[str, T], rows: list[tuple[Value, ...]], **options: object) -> str:
    made = DatasetView("d", "", tuple(Column(n, t) for n, t in types.items()), tuple(rows), len(rows))
    return document(replace(report(), datasets={"d": made}), dataset="d", **options).decode()


def document(made: Report, **options: object) -> bytes:
    form = FORMATS["csv"]
    chosen = form.options.model_validate({"format": "csv", **options})
    return form.write(made, chosen, Writing("out", "out.csv", Renderer({}))).whole()


def test_types() -> None:
    columns = {"s": T.STRING, "i": T.INTEGER, "d": T.DECIMAL, "r": T.RATIO, "b": T.BOOLEAN, "day": T.DATE}
    columns |= {"at": T.TIMESTAMP, "for": T.DURATION}
    zone = dt.timezone(dt.timedelta(hours=-5))
    instant = dt.datetime(2026, 11, 16, 9, 0, 0, 500_000, tzinfo=zone)
    rows: list[tuple[Value, ...]] = [
        ("Zoë", 2**60, Decimal("1E+3"), Decimal("0.500"), True, dt.date(2026, 1, 2), instant, Decimal("1.50")),
        ("", -1, Decimal("-0.0"), Decimal("1E-7"), False, None, instant.replace(microsecond=0), Decimal(0)),
        (None,) * 8,
    ]
    assert written(columns, rows) == (
        "s,i,d,r,b,day,at,for\n"
        "Zoë,1152921504606846976,1000,0.5,true,2026-01-02,2026-11-16T14:00:00.500000Z,1.5\n"
        '"",-1,0,0.0000001,false,,2026-11-16T14:00:00Z,0\n'
        ",,,,,,,\n"
    )


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_text_cannot_become_a_formula(sign: str) -> None:
    text = written({"s": T.STRING, "n": T.INTEGER}, [(f"{sign}1", -1), ("plain", 1)])
    assert next(csv.reader(io.StringIO(text.partition("\n")[2], newline=""))) == [f"'{sign}1", "-1"]


def test_headings_are_guarded_too() -> None:
    text = written({"s": T.STRING, "n": T.INTEGER}, [], columns={"label": {"s": "=1+1", "n": "a,b"}})
    assert text == '\'=1+1,"a,b"\n'


def test_columns_are_chosen_and_labelled() -> None:
    columns = {"a": T.STRING, "b": T.INTEGER, "c": T.INTEGER}
    text = written(columns, [("x", 1, 2)], columns={"select": ["c", "a"], "label": {"c": "Plays"}})
    assert text == "Plays,a\n2,x\n"


def test_unknown_column() -> None:
    with pytest.raises(InvalidError, match='no column "mangr"; did you mean "manager"'):
        document(report(), dataset="overdue", columns={"select": ["mangr"]})


def test_bom_and_empty() -> None:
    assert (
        document(replace(report(), datasets=dict(report().datasets)), dataset="polls", bom=True)[:4] == b"\xef\xbb\xbfp"
    )
    assert written({"a": T.STRING}, []) == "a\n"
    assert written({"a": T.STRING}, [(None,), ("x",)]) == 'a\n""\nx\n'


def test_sandbox_leaves_no_mark_in_pure_data() -> None:
    assert document(report(sandbox=True), dataset="overdue") == document(report(), dataset="overdue")


def test_unknown_keys_are_errors() -> None:
    with pytest.raises(ValidationError):
        FORMATS["csv"].options.model_validate({"format": "csv", "dataset": "d", "delimiter": ";"})


@given(st.lists(st.tuples(st.text(), st.text(alphabet='a,"\n\r=;| ', max_size=5), st.none() | st.text()), max_size=6))
def test_any_reader_reads_what_we_wrote(rows: list[tuple[Value, ...]]) -> None:
    text = written({"a": T.STRING, "b": T.STRING, "c": T.STRING}, rows)
    read = list(csv.reader(io.StringIO(text, newline="")))[1:]
    plain = [[f"'{cell}" if str(cell or "")[:1] in FIRST else cell or "" for cell in row] for row in rows]
    assert read == plain


FIRST = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
