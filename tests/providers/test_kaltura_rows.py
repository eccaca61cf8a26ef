"""Pages and slices of a table, read into one set of rows (kaltura.md §5.1, §5.5)."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
from asking import WEEK, days, flow, table
from questions import SERIES
from replies import says, total
from replies import table as page

from reportrunner.errors import ProviderError
from reportrunner.flow import Reply
from reportrunner.providers.kaltura.catalogue import columns
from reportrunner.providers.kaltura.rows import merged
from reportrunner.table import Note, Rows
from reportrunner.window import Window

KNOWN = columns(("name", "full_name", "count_plays", "sum_time_viewed", "avg_time_viewed"))
AUTUMN = days("2026-10-26", "2026-11-09")
DAYS = {**SERIES, "dst": "split", "select": ["date_id", "count_plays"]}


def read(keys: dict[str, object], parts: list[tuple[str, object]], window: Window = WEEK) -> Rows:
    """What the reader of such a dataset makes of these documents, each with the part it answers."""
    replies: tuple[Reply, ...] = tuple(replace(says(document), part=part) for part, document in parts)
    found = flow(keys, window).read(replies)
    assert isinstance(found, Rows)
    return found


def test_rows_of_one_key_are_added_up_and_keep_their_last_text() -> None:
    rows = [
        ("ana", "Ana B", 1, Decimal("0.5"), Decimal(1)),
        ("bo", "Bo", 7, None, None),
        ("ana", "Ana Berg", 2, Decimal("0.25"), Decimal(3)),
        ("bo", None, None, Decimal(4), Decimal(5)),
    ]
    assert merged(rows, KNOWN, ("name",)) == [
        ("ana", "Ana Berg", 3, Decimal("0.75"), Decimal(3)),
        ("bo", "Bo", 7, Decimal(4), Decimal(5)),
    ]


def test_rows_without_a_key_are_one() -> None:
    assert merged([(1,), (2,)], columns(("count_plays",)), ()) == [(3,)]
    assert merged([], KNOWN, ("name",)) == []


def test_halves_of_a_table_become_one_row_per_key() -> None:
    keys = table(large="split", select=["name", "count_plays"])
    found = read(keys, [("00", page(["ana|1", "bo|2"])), ("01", page(["bo|3", "cy|4"]))])
    assert found.rows == [("ana", 1), ("bo", 5), ("cy", 4)]


def test_buckets_of_slices_stand_side_by_side_and_a_spilled_one_is_one_row() -> None:
    names = "date_id|count_plays"
    found = read(
        DAYS,
        [
            ("000", page(["20261026|1", "20261031|2"], names)),
            ("001", page(["20261101|3", "20261102|4"], names)),
            ("002", page(["20261102|5"], names)),
        ],
        AUTUMN,
    )
    assert found.rows == [
        (dt.date(2026, 10, 26), 1),
        (dt.date(2026, 10, 31), 2),
        (dt.date(2026, 11, 1), 7),
        (dt.date(2026, 11, 2), 5),
    ]


def test_a_part_of_a_series_without_buckets_is_told() -> None:
    names = "date_id|count_plays"
    silent = {"objectType": "KalturaReportTable", "header": names, "data": "", "totalCount": 0}
    found = read(DAYS, [("000", page(["20261026|1"], names)), ("001", silent), ("002", silent)], AUTUMN)
    said = "2 of 3 parts of the window came without a bucket, although empty ones were asked for"
    assert found.notes == (Note("row_count", said),)
    assert read(DAYS, [(f"00{n}", silent) for n in range(3)], AUTUMN).notes == ()


def test_a_spilled_bucket_may_be_the_last_of_its_window_and_need_not_be_labelled() -> None:
    until = days("2026-10-26", "2026-11-02")
    parts: list[tuple[str, object]] = [
        ("000", page(["20261026|1"], "date_id|count_plays")),
        ("001", page(["20261101|3", "20261102|4"], "date_id|count_plays")),
    ]
    assert read(DAYS, parts, until).rows == [(dt.date(2026, 10, 26), 1), (dt.date(2026, 11, 1), 7)]
    assert read({**DAYS, "select": ["count_plays"]}, parts, until).rows == [(1,), (7,)]


def test_hours_of_both_offsets_are_different_instants() -> None:
    names = "date_id|count_plays"
    parts: list[tuple[str, object]] = [("000", page(["2026110101|1"], names)), ("001", page(["2026110101|2"], names))]
    found = read({**DAYS, "interval": "hours"}, parts, AUTUMN)
    assert found.rows == [
        (dt.datetime(2026, 11, 1, 5, tzinfo=dt.UTC), 1),
        (dt.datetime(2026, 11, 1, 6, tzinfo=dt.UTC), 2),
    ]


def test_a_bucket_outside_the_window_is_an_error() -> None:
    with pytest.raises(ProviderError, match="labelled 2026-11-16, which is outside the window"):
        read({**SERIES, "select": ["date_id", "count_plays"]}, [("0", page(["20261116|1"], "date_id|count_plays"))])


def test_the_total_that_came_along_is_the_claim() -> None:
    keys = table(select=["name", "count_plays"])
    found = read(keys, [("0", page(["ana|1", "bo|2"])), ("total", total("count_plays|unique_videos", "4|9"))])
    assert found.claim is not None
    assert ([column.name for column in found.claim.columns], found.claim.totals) == (["count_plays"], (4,))
    assert found.claim.rows is None
    assert read(keys, [("0", page(["ana|1"]))]).claim is None


def test_a_column_that_is_not_wanted_is_not_spoken_of_and_an_unknown_one_is() -> None:
    found = read(table(select=["count_plays"]), [("0", page(["ana|1|2"], "name|count_plays|new_one"))])
    assert [note.code for note in found.notes] == ["unexpected_column"]
    assert "new_one" in found.notes[0].message
