"""Custom reports as CSV: what is asked, what is no CSV, and how the file without quoting is read (kaltura.md §7.2)."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from asking import WEEK, ask, days, flow
from pydantic import ValidationError
from questions import hint
from replies import ANY, exception, says, table, text

from reportrunner.errors import ProviderError
from reportrunner.flow import Again, Done, Refused, Verdict
from reportrunner.providers.kaltura import wire
from reportrunner.providers.kaltura.catalogue import custom_reports
from reportrunner.table import Column, ColumnType, Rows
from reportrunner.window import Window
from reportrunner.window.span import WindowError

BOM = "\ufeff"
COLUMNS = (Column("user_id", ColumnType.STRING), Column("play", ColumnType.INTEGER))
KEYS: dict[str, Any] = {"source": "kaltura", "endpoint": "report.getCsvFromStringParams", "id": 3007}


def judged(body: str | bytes, status: int = 200, **headers: str) -> Verdict:
    return wire.judge_csv(ANY, text(body, status, **headers))


def read(body: str | bytes, *wanted: Column) -> list[tuple[Any, ...]]:
    reply = text(body)
    assert wire.judge_csv(ANY, reply) == Done()
    return list(wire.read_csv([reply], wanted or COLUMNS).rows)


def form(keys: dict[str, Any], window: Window | None = WEEK) -> dict[str, str]:
    request = flow({**KEYS, **keys}, window).steps[0].request
    return {name: str(value) for name, value in request.form or ()}


# --- what is asked -------------------------------------------------------------------------------------------


def test_days_with_one_offset_are_a_choice_where_there_are_days() -> None:
    autumn = days("2026-10-26", "2026-11-02")
    sent = form({"params": {"entries_ids": ["1_a"]}, "dst": "one-offset"}, autumn)["params"]
    assert sent == "entries_ids=1_a;from_date_id=20261026;timezone_offset=240;to_date_id=20261101"
    dated = {"from_date_id": "20261026", "to_date_id": "20261101", "timezone_offset": 240}
    assert hint({**KEYS, "dst": "one-offset", "params": dated}, None) == "remove dst"
    assert hint({**KEYS, "id": 3009, "window": "week", "dst": "one-offset"}) == "remove dst"


def test_the_span_that_one_offset_asks_is_what_is_covered() -> None:
    autumn = ask({**KEYS, "window": "week", "dst": "one-offset"}, days("2026-10-26", "2026-11-02"))
    covered = autumn.endpoint.covers(autumn)
    assert covered is not None
    assert covered.end.isoformat() == "2026-11-01T23:00:00-05:00"
    assert autumn.window is not None
    assert autumn.endpoint.covers(replace(autumn, parameters=ask(KEYS, WEEK).parameters)) == autumn.window


def test_the_window_fills_days_and_offset() -> None:
    sent = form({"params": {"entries_ids": ["1_a", "1_b"]}})
    assert sent["params"] == "entries_ids=1_a,1_b;from_date_id=20261109;timezone_offset=300;to_date_id=20261115"
    assert (sent["id"], sent["format"], sent["ks"]) == ("3007", "1", "<session:kaltura>")


def test_the_offset_has_the_sign_of_utc_minus_local() -> None:
    offsets = {
        zone: form({}, days("2026-07-06", "2026-07-13", zone))["params"].split(";")[1]
        for zone in ("America/New_York", "Asia/Jerusalem", "Asia/Kolkata", "UTC")
    }
    assert offsets == {
        "America/New_York": "timezone_offset=240",
        "Asia/Jerusalem": "timezone_offset=-180",
        "Asia/Kolkata": "timezone_offset=-330",
        "UTC": "timezone_offset=0",
    }


def test_an_unknown_report_is_asked_as_the_job_says() -> None:
    keys = {"id": 9999, "params": {"virtualeventid": 4711, "from_date": "1795000000"}, "columns": {"email": "string"}}
    assert form(keys, None)["params"] == "from_date=1795000000;virtualeventid=4711"


@pytest.mark.parametrize("number", [3009, 3010, 4021, 6000, 6001, 6002])
def test_a_window_of_instants_is_written_in_seconds_and_may_end_inside_a_day(number: int) -> None:
    params = {"user_id": "ana"} if number == 3010 else {}
    sent = form({"id": number, "params": params}, days("2026-10-26", "2026-11-09T12:00"))["params"].split(";")
    assert sent[:2] == ["from_date=1792987200", "to_date=1794243599"]
    assert sent[2:] == ["user_id=ana"] * len(params)


@pytest.mark.parametrize("number", [3006, 3008])
def test_siblings_of_the_known_report_take_the_same_window(number: int) -> None:
    sent = form({"id": number})["params"]
    assert sent == "from_date_id=20261109;timezone_offset=300;to_date_id=20261115"


def test_a_report_that_is_only_mentioned_takes_no_window() -> None:
    with pytest.raises(ValidationError, match="which parameters of custom report 3030 hold the dates is not known"):
        ask({**KEYS, "id": 3030})
    keys = {"id": 3030, "params": {"from_date_id": "20261109"}, "columns": {"email": "string"}}
    assert form(keys, None)["params"] == "from_date_id=20261109"


@pytest.mark.parametrize("number", [3006, 3007, 3008, 3009, 4021])
def test_dates_are_taken_in_either_spelling(number: int) -> None:
    for names in (("from_date", "to_date"), ("from_date_id", "to_date_id")):
        made = form({"id": number, "params": dict.fromkeys(names, "1")}, None)
        assert made["params"] == f"{names[0]}=1;{names[1]}=1"


def test_a_word_for_how_dates_are_written_is_no_parameter() -> None:
    assert "day_id=1" in form({"params": {"day_id": 1}})["params"]


def test_the_text_of_the_wire_is_answered_with_the_table_that_says_it() -> None:
    given = {**KEYS, "id": 6000, "params": "from_date=1;to_date=2"}
    assert hint(given) == 'write params = { from_date = "1", to_date = "2" }'


def test_excluded_fields_are_sent_and_not_expected() -> None:
    made = ask({**KEYS, "excludedFields": ["email", "company"]})
    names = [column.name for column in made.endpoint.columns(made.parameters)]
    assert form({"excludedFields": ["email", "company"]})["excludedFields"] == "email,company"
    assert {"email", "company"} & set(names) == set()
    assert len(names) == 8


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"params": {"entries_ids": "1_a;1_b"}}, "which separate on the wire"),
        ({"params": {"a=b": "1"}}, "which separate on the wire"),
        ({"params": {"entries_ids": ["1_a,1_b"]}}, "contains a comma, which separates values"),
        ({"params": {"entries_ids": ["1_a", ""]}}, "has a value that is empty"),
        ({"params": {"entries_ids": [" "]}}, "has a value that is empty"),
        ({"params": {"entries_ids": []}}, "params.entries_ids is empty"),
        ({"params": {"from_date_id": "20261109"}}, "params.from_date_id is filled by the window"),
        ({"params": {"timezone_offset": 300}}, "params.timezone_offset is filled by the window"),
        ({"id": 9999}, "which parameters of custom report 9999 hold the dates is not known"),
        ({"id": 0}, "greater than 0"),
    ],
)
def test_what_cannot_be_asked_is_refused(keys: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ask({**KEYS, **keys})
    assert words in str(caught.value)


def test_a_known_report_needs_dates() -> None:
    with pytest.raises(ValidationError, match="custom report 3007 needs dates"):
        ask(KEYS, None)


def test_a_window_inside_a_day_or_over_a_change_of_offset_is_refused() -> None:
    with pytest.raises(WindowError, match="custom report 3007 knows whole days only"):
        flow(KEYS, days("2026-11-09", "2026-11-09T12:00"))
    with pytest.raises(WindowError, match="changes inside"):
        flow(KEYS, days("2026-10-26", "2026-11-09"))


# --- what is no CSV ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", ["", BOM, "\n", "  \r\n", BOM + "\n"])
def test_an_empty_file_is_an_error_with_the_servers_reason(body: str) -> None:
    told = "exiting on error REPORT_NOT_PUBLIC - no"
    verdict = judged(body, x_kaltura_app=told)
    assert isinstance(verdict, Refused)
    assert (verdict.kind, verdict.words) == ("refused", f"an empty file came back: {told}")
    assert judged(body) == Refused(
        "refused", "an empty file came back: no reason given", "check the report's id and its parameters"
    )


@pytest.mark.parametrize("spelling", ["error-{}", "error- {}", "Error-{}"])
@pytest.mark.parametrize("body", ["", "user_id,play\nana,1\n"])
def test_the_code_in_a_header_decides_whatever_the_body_says(spelling: str, body: str) -> None:
    found = {
        code: judged(body, x_kaltura=spelling.format(code), x_kaltura_app=f"exiting on error {code} - because")
        for code in ("REPORT_NOT_FOUND", "INTERNAL_DATABASE_ERROR", "INVALID_KS", "ACTION_BLOCKED")
    }
    assert [type(verdict).__name__ for verdict in found.values()] == ["Refused", "Again", "Again", "Again"]
    assert [getattr(verdict, "why", "") for verdict in found.values()] == ["", "failed", "session", "limited"]
    assert all(code in getattr(verdict, "words", "") for code, verdict in found.items())


def test_a_cached_answer_is_an_answer() -> None:
    assert judged("user_id,play\nana,1\n", x_kaltura="cached-dispatcher,cache_v3-1") == Done()


@pytest.mark.parametrize("start", ["", BOM, "\n ", BOM + " "])
def test_an_exception_in_place_of_the_file_is_classified(start: str) -> None:
    body = says(exception("DRUID_QUERY_TIMED_OUT")).body.decode()
    assert judged(start + body) == Again("failed", "DRUID_QUERY_TIMED_OUT: words of the server")
    xml = (
        '<?xml version="1.0" encoding="utf-8"?><xml><result><error><code>INVALID_KS</code><message>gone</message>'
        "<objectType>KalturaAPIException</objectType><args></args></error></result></xml>"
    )
    assert judged(start + xml) == Again("session", "INVALID_KS: gone")


@pytest.mark.parametrize("body", ["{}", "[]", '{"code":"X"}', '{"objectType":"KalturaReportTable"}', "null", "true"])
def test_json_instead_of_csv_is_unreadable(body: str) -> None:
    assert judged(body) == Refused("unreadable", f"JSON instead of CSV: {body}")
    assert judged(says(table(["a|1"])).body).__class__ is Refused


def test_json_that_was_cut_is_no_csv() -> None:
    assert judged('{"code":"INVALID_KS","mess') == Refused("unreadable", 'no CSV: {"code":"INVALID_KS","mess')


@pytest.mark.parametrize("body", ["<html>", "<!DOCTYPE html>", "<!doctype html>", "<HTML>", "<xml>", "<?xml ?>"])
def test_a_page_instead_of_csv_may_pass(body: str) -> None:
    assert judged(body + "\n") == Again("failed", f"no CSV: {body}")


def test_a_file_without_its_last_line_feed_was_cut() -> None:
    verdict = judged("user_id,play\nana,12\nbo,1")
    assert verdict == Refused("truncated", "the file ends inside a row: every row ends in a line feed")


def test_a_hundred_thousand_rows_mean_that_rows_are_missing() -> None:
    head, row = "user_id,play\n", "ana,1\n"
    assert judged(head + row * 99_999) == Done()
    verdict = judged(head + row * 100_000)
    assert isinstance(verdict, Refused)
    assert (verdict.kind, verdict.words[:22]) == ("truncated", "100,000 rows came back")


def test_almost_a_hundred_thousand_rows_are_read() -> None:
    found = read(BOM + "play,user_id\n" + "".join(f"{n},u{n}\n" for n in range(99_999)))
    assert (len(found), found[0], found[-1]) == (99_999, ("u0", 0), ("u99998", 99_998))


# --- how the file is read ------------------------------------------------------------------------------------


@pytest.mark.parametrize("bom", ["", BOM])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_mark_and_line_ends_leave_no_trace(bom: str, end: str) -> None:
    assert read(f"{bom}USER_ID,play{end}ana,1{end}bo,{end}") == [("ana", 1), ("bo", None)]


def test_a_file_with_a_header_only_is_empty() -> None:
    assert read(BOM + "user_id,play\n") == []


def test_nothing_is_quoted_and_nothing_is_a_formula() -> None:
    body = 'user_id,play\n"ana",1\n=cmd|x,2\n\u2028 é;,3\n'
    assert read(body) == [('"ana"', 1), ("=cmd|x", 2), ("\u2028 é;", 3)]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("user_id,play\nana\nberg,1\n", "row 1 has 1 fields where the header has 2"),
        ("user_id,play\nana,1,2\n", "row 1 has 3 fields where the header has 2"),
        ("user_id,play\nana,1\n\n", "row 2 has 1 fields where the header has 2"),
        ("user_id\nana\n", "the answer has no column play; it has user_id"),
        ("Internal Server Error\n", "the answer has no column user_id, play"),
        ("user_id,play,play\nana,1,2\n", "the header names play more than once"),
        ("user_id,play\nana,lots\n", 'row 1, column "play": "lots" is no integer'),
        ("user_id;play\nana;1\n", "the answer has no column user_id, play"),
        (b"user_id,play\nan\xe9,1\n", "byte 15 of the file is not UTF-8"),
        (b"\xff\xfeu\x00\n", "byte 0 of the file is not UTF-8"),
    ],
)
def test_what_does_not_fit_is_never_landed(body: str | bytes, words: str) -> None:
    with pytest.raises(ProviderError) as caught:
        read(body)
    assert words in str(caught.value)
    assert caught.value.kind == "unreadable"


def test_the_known_report_is_read_with_its_types() -> None:
    head = "user_id,email,entry_id,entry_name,media_type,view_time,play,first_name,last_name,company"
    body = f"{BOM}{head}\nana,ana@example.org,1_a,GDPR basics,Video,12.75,3,Ana,Berg,Example Corp\n"
    ((*texts, view_time, play, _, _, _),) = read(body, *custom_reports()[3007].columns)
    assert texts == ["ana", "ana@example.org", "1_a", "GDPR basics", "Video"]
    assert (view_time, play) == (Decimal("12.75"), 3)
    personal = {column.name for column in custom_reports()[3007].columns if column.personal}
    assert personal == {"user_id", "email", "first_name", "last_name", "company"}


def test_a_given_type_wins_over_the_catalogues() -> None:
    made = flow({**KEYS, "columns": {"view_time": "integer", "extra": "date"}})
    head = "user_id,email,entry_id,entry_name,media_type,view_time,play,first_name,last_name,company,extra"
    found = made.read((text(f"{head}\na,,,,,12,3,,,,2026-11-16\n"),))
    assert isinstance(found, Rows)
    row = dict(zip([column.name for column in found.columns], found.rows[0], strict=True))
    assert (row["view_time"], row["extra"]) == (12, dt.date(2026, 11, 16))
