"""JSON values as cells, and the three ways in which one product writes time."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from asking import days
from hypothesis import given
from hypothesis import strategies as st

from reportrunner.json_cell import canonical, json_cell
from reportrunner.providers.cloudflare.cells import is_denied, without_secrets
from reportrunner.providers.cloudflare.times import as_days, as_moments, as_span, as_unix, days_of, read_day
from reportrunner.table import ColumnType as Kind
from reportrunner.table import Value


@pytest.mark.parametrize(
    ("raw", "kind", "value"),
    [
        (None, Kind.INTEGER, None),
        (2**53 + 1, Kind.INTEGER, 2**53 + 1),
        (Decimal("12.0"), Kind.INTEGER, 12),
        ("118", Kind.INTEGER, 118),
        (41, Kind.DECIMAL, Decimal(41)),
        (Decimal("365.66666666666669"), Kind.DECIMAL, Decimal("365.666666666667")),
        ("false", Kind.BOOLEAN, False),
        (True, Kind.BOOLEAN, True),
        (1, Kind.BOOLEAN, True),
        ({"b": [Decimal("1.50"), None], "a": "é"}, Kind.STRING, '{"a":"é","b":[1.50,null]}'),
        (5, Kind.STRING, "5"),
        ("2026-01-05T10:51:08.039Z", Kind.TIMESTAMP, dt.datetime(2026, 1, 5, 10, 51, 8, 39000, dt.UTC)),
    ],
)
def test_a_value_as_its_column_has_it(raw: object, kind: Kind, value: Value) -> None:
    assert json_cell(raw, kind) == value


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (True, Kind.INTEGER),
        ([1], Kind.INTEGER),
        (Decimal("1.5"), Kind.INTEGER),
        (10**39, Kind.INTEGER),
        ("2026-01-05T10:51:08", Kind.TIMESTAMP),
    ],
)
def test_a_value_that_its_column_cannot_have(raw: object, kind: Kind) -> None:
    with pytest.raises(ValueError):
        json_cell(raw, kind)


def test_what_opens_something_is_taken_out_however_deep() -> None:
    value = {"a": [{"stream_key": "k", "b": {"download_url": "u", "c": 1}}], "download_url_expiry": "2026"}
    assert without_secrets(value) == {"a": [{"b": {"c": 1}}], "download_url_expiry": "2026"}
    assert [name for name in ("stream_key", "livestream.stream_key", "chat_download_url") if not is_denied(name)] == []
    assert canonical(without_secrets(value)) == '{"a":[{"b":{"c":1}}],"download_url_expiry":"2026"}'


@pytest.mark.parametrize(
    ("name", "denied"),
    [
        ("summaryDownloadUrl", True),
        ("summaryDownloadURL", True),
        ("streamKey", True),
        ("STREAM-KEY", True),
        ("download_urls", True),
        ("downloadUrl.href", True),
        ("storageConfig", True),
        ("summaryDownloadUrlExpiry", False),
        ("download_url_expiry", False),
        ("playback_url", False),
        ("key", False),
    ],
)
def test_what_opens_something_is_known_in_any_spelling(name: str, denied: bool) -> None:
    assert is_denied(name) is denied


def test_a_window_in_three_forms() -> None:
    march = days("2026-03-07", "2026-03-10")  # clocks change on the 8th
    assert as_days(march) == ("2026-03-07", "2026-03-09")
    assert as_unix(march) == ("1772859600", "1773115199")
    assert as_moments(march) == ("2026-03-07T05:00:00Z", "2026-03-10T03:59:59.999Z")
    assert as_span(march) == ("2026-03-07T05:00:00Z", "2026-03-10T04:00:00Z")
    assert days_of(march) == [dt.date(2026, 3, day) for day in (7, 8, 9)]


@given(
    st.dates(dt.date(1990, 1, 1), dt.date(2100, 1, 1)),
    st.sampled_from(["", "T00:00:00Z", "T00:00:00.000Z", " 00:00:00", "T00:00:00+02:00"]),
)
def test_a_day_is_read_bare_or_at_midnight(day: dt.date, rest: str) -> None:
    assert read_day(day.isoformat() + rest) == day


@pytest.mark.parametrize(
    "text", ["", "2026-1-5", "2026-02-30", "2026-01-05T00:00:01Z", "2026-01-05T00:00:00.001Z", 5, None]
)
def test_what_is_no_day(text: object) -> None:
    with pytest.raises(ValueError):
        read_day(text)
