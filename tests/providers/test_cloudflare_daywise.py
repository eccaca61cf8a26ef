"""Sessions and recordings by day, and livestreams: joined, filled, held against their totals."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from asking import days
from cloudflare_asking import WEEK, asked, data, judged, kit, query, read, refusal, v4
from replies import says

from reportrunner.claim import sums_of, unmet
from reportrunner.errors import ProviderError
from reportrunner.flow import Refused, Reply
from reportrunner.table import Note, Rows
from reportrunner.window.span import WindowError

DAYWISE = kit("analytics.daywise")
STREAMS = kit("analytics.livestreams.daywise")
OVERALL = kit("analytics.livestreams.overall")
FIFTH, SIXTH, SEVENTH = (dt.date(2026, 1, day) for day in (5, 6, 7))
BODY = {
    "session_stats": {
        "sessions_count": 3,
        "sessions_minutes_consumed": 61.25,
        "day_stats": [
            {"day": "2026-01-07T00:00:00.000Z", "total_sessions": 1, "total_session_minutes": 20.25},
            {"day": "2026-01-05T00:00:00.000Z", "total_sessions": 2, "total_session_minutes": 41},
        ],
    },
    "recording_stats": {
        "recording_count": 1,
        "recording_minutes_consumed": 12.5,
        "day_stats": [{"day": "2026-01-06", "total_recordings": 1, "total_recording_minutes": 12.5}],
    },
}


def disagreements(found: Rows) -> list[str]:
    assert found.claim is not None
    names = [column.name for column in found.columns]
    return [note.message for note in unmet(found.claim, sums_of(found.claim, names, found.rows), len(found.rows))]


def test_two_lists_are_joined_on_the_day_and_filled_with_zeros() -> None:
    found = read(DAYWISE, data(BODY))
    assert found.rows == [
        (FIFTH, 2, Decimal(41), 0, 0),
        (SIXTH, 0, 0, 1, Decimal("12.5")),
        (SEVENTH, 1, Decimal("20.25"), 0, 0),
    ]
    assert found.notes == ()
    assert disagreements(found) == []


def test_totals_that_disagree_are_told() -> None:
    stats = {**BODY["session_stats"], "sessions_count": 4, "sessions_minutes_consumed": 61.3}
    (said,) = disagreements(read(DAYWISE, data({**BODY, "session_stats": stats})))
    assert "total_sessions: rows sum to 3, the total says 4" in said


def test_digits_beyond_the_scale_are_rounded_and_large_counts_exact() -> None:
    body = b'{"success": true, "data": {"session_stats": {"day_stats": [%s]}}}'
    text = b'{"day": "2026-01-05", "total_sessions": 9007199254740993, "total_session_minutes": 365.66666666666669}'
    rows = asked(DAYWISE).read((Reply(200, {}, body % text),))
    assert isinstance(rows, Rows)
    assert rows.rows[0][1] == 2**53 + 1
    assert rows.rows[0][2] == Decimal("365.666666666667")


@pytest.mark.parametrize(
    "body", [{"data": None}, data({}), data({"session_stats": None}), data({"recording_stats": {"day_stats": []}})]
)
def test_an_answer_without_days_is_empty_unless_that_is_ok(body: dict[str, object]) -> None:
    assert read(DAYWISE, body).rows == []
    assert [row[1:] for row in read({**DAYWISE, "empty": "ok"}, body).rows] == [(0, 0, 0, 0)] * 3


@pytest.mark.parametrize("keys", [DAYWISE, STREAMS])
def test_no_zeros_are_made_of_a_body_without_data(keys: dict[str, str]) -> None:
    assert read(keys, {"success": True}).rows == []
    with pytest.raises(ProviderError, match="has no data"):
        read({**keys, "empty": "ok"}, {"success": True})
    verdict = judged(keys, says(v4({})))
    assert isinstance(verdict, Refused)
    assert verdict.words == "the answer has no data: it has success, errors, messages, result"


def test_missing_counters_are_zero() -> None:
    found = read(DAYWISE, data({"session_stats": {"day_stats": [{"day": "2026-01-05"}]}}))
    assert found.rows[0] == (FIFTH, 0, 0, 0, 0)


def test_days_outside_the_window_are_dropped_and_told_and_taken_off_the_totals() -> None:
    days_ = [{"day": f"2026-01-0{day}", "total_sessions": 1} for day in (4, 5, 8)]
    found = read(DAYWISE, data({"session_stats": {"sessions_count": 3, "day_stats": days_}}))
    assert [row[1] for row in found.rows] == [1, 0, 0]
    said = "days came that 2026-01-05..2026-01-07 does not hold, and were dropped: 2026-01-04, 2026-01-08"
    assert found.notes == (Note("cloudflare.outside_window", said, ("2026-01-04", "2026-01-08")),)
    assert disagreements(found) == []


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ({"day": "2026-01-05T05:00:00Z"}, "is no day"),
        ({"day": 20260105}, "is no day"),
        ({}, "is no day"),
        ({"day": "2026-01-05", "total_sessions": 1.5}, "no integer"),
        ("2026-01-05", "is no object"),
    ],
)
def test_a_day_that_cannot_be_read_is_an_error(day: object, said: str) -> None:
    with pytest.raises(ProviderError, match=said):
        read(DAYWISE, data({"session_stats": {"day_stats": [day]}}))


def test_a_day_that_stands_twice_is_an_error() -> None:
    twice = [{"day": "2026-01-05"}, {"day": "2026-01-05T00:00:00Z"}]
    with pytest.raises(ProviderError, match="session_stats names 2026-01-05 twice"):
        read(DAYWISE, data({"session_stats": {"day_stats": twice}}))


@pytest.mark.parametrize("keys", [DAYWISE, STREAMS])
def test_a_window_that_ends_inside_a_day_is_refused(keys: dict[str, str]) -> None:
    with pytest.raises(WindowError, match="whole days only"):
        asked(keys, days("2026-01-05T00:00", "2026-01-05T12:00", "UTC"))


def test_days_are_those_of_the_window_in_its_own_zone() -> None:
    assert query(DAYWISE, days("2026-03-07", "2026-03-10")) == [
        ("start_date", "2026-03-07"),
        ("end_date", "2026-03-09"),
    ]
    assert query(OVERALL, days("2026-03-07", "2026-03-10")) == [
        ("start_time", "1772859600"),
        ("end_time", "1773115199"),
    ]


def test_a_column_may_have_another_type_and_there_are_no_others() -> None:
    found = read({**DAYWISE, "columns": {"total_sessions": "decimal"}}, data(BODY))
    assert found.columns[1].type == "decimal"
    said, hint = refusal({**DAYWISE, "columns": {"total_session": "decimal"}})
    assert 'did you mean "total_sessions"?' in said
    assert "total_recordings" in hint


def test_livestreams_by_day_are_filled_and_those_without_a_day_stay() -> None:
    listed = [
        {"date": "2026-01-06T00:00:00.000Z", "count": 4, "total_ingest_seconds": 531, "total_viewer_seconds": 116},
        {"date": None, "count": 1, "total_ingest_seconds": 10, "total_viewer_seconds": None},
        {"date": "2026-01-08", "count": 9},
    ]
    found = read(STREAMS, data(listed))
    assert found.rows == [(FIFTH, 0, 0, 0), (SIXTH, 4, 531, 116), (SEVENTH, 0, 0, 0), (None, 1, 10, 0)]
    assert [note.code for note in found.notes] == ["cloudflare.outside_window"]
    assert read(STREAMS, data([])).rows == []
    with pytest.raises(ProviderError, match="names 2026-01-06 twice"):
        read(STREAMS, data([listed[0], listed[0]]))


def test_livestreams_overall_are_one_row() -> None:
    assert read(OVERALL, data({"count": 4, "total_ingest_seconds": 531, "total_viewer_seconds": 116})).rows == [
        (4, 531, 116)
    ]
    assert read(OVERALL, data({})).rows == []
    assert read(OVERALL, data({"data": {"count": 9, "total_ingest_seconds": None}})).rows == [(9, 0, 0)]
    with pytest.raises(ProviderError, match="data is no object"):
        read(OVERALL, data([1]))
    for other in ({"livestreams": 9}, {"data": {"total": 9}}):
        with pytest.raises(ProviderError, match="data has none of count, total_ingest_seconds"):
            read(OVERALL, data(other))


def test_the_window_is_named_once() -> None:
    assert WEEK.whole_days
    assert refusal({**DAYWISE, "start_date": "2026-01-05"})[0] == "Extra inputs are not permitted"
