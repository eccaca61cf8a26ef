"""Kaltura's answers: what each code means, what is no answer at all, and how its strings become typed rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from asking import WEEK
from replies import ANY, PAST_THE_END, exception, says, table, text, total

from reportrunner.errors import ProviderError
from reportrunner.flow import Again, Done, Refused, Reply, Request, Verdict
from reportrunner.providers.kaltura import wire
from reportrunner.providers.kaltura.buckets import Slice
from reportrunner.providers.kaltura.catalogue import columns
from reportrunner.providers.kaltura.paging import TableJudge
from reportrunner.providers.kaltura.rows import Sliced, TableReader
from reportrunner.table import Column, ColumnType, Note, Rows

TABLE = TableJudge("USER_TOP_CONTENT", "error", "narrow the window")
JUDGES = (TABLE, wire.judge_total, wire.judge_csv)
RETRYABLE = (
    "INTERNAL_SERVERL_ERROR INTERNAL_DATABASE_ERROR DRUID_QUERY_TIMED_OUT SEARCH_ENGINE_QUERY_FAILED LOCK_TIMED_OUT"
    " LIVE_REPORTS_WS_FAILURE"
).split()
FINAL = [
    *(
        "MISSING_KS SERVICE_FORBIDDEN SERVICE_DOES_NOT_EXISTS ACTION_DOES_NOT_EXISTS SERVICE_NOT_SPECIFIED"
        " ACTION_NOT_SPECIFIED MISSING_MANDATORY_PARAMETER INVALID_ENUM_VALUE PROPERTY_VALIDATION_CANNOT_BE_NULL"
        " SEARCH_TOO_GENERAL REPORT_NOT_FOUND REPORT_NOT_PUBLIC REPORT_PARAMETER_MISSING INVALID_REPORT_ITEMS_GROUP"
        " PARTNER_ACCESS_FORBIDDEN ENTRY_ID_NOT_FOUND START_SESSION_ERROR APP_TOKEN_ID_NOT_FOUND APP_TOKEN_NOT_ACTIVE"
        " APP_TOKEN_EXPIRED INVALID_APP_TOKEN_HASH FEATURE_FORBIDDEN QUERY_EXCEEDED_MAX_MATCHES_ALLOWED"
        " ANALYTICS_UNSUPPORTED_QUERY"
    ).split(),
    "EMPTY SEARCH TERM IS NOT ALLOWED",
    "CRITERIA EXCEEDED MAX MATCHES ALLOWED",
    "MISSING MANDATORY PARAMETER RELATED OBJECT TYPE",
    "A CODE THAT NOBODY KNOWS",
    "",
]
COLUMNS = columns(("name", "count_plays"))
Judge = Callable[[Request, Reply], Verdict]


def page(number: int, wave: int) -> Request:
    return wire.turn_page(ANY, number, wave)


def table_of(*documents: object, wanted: tuple[Column, ...] = COLUMNS) -> list[tuple[Any, ...]]:
    return list(read_table([says(document) for document in documents], wanted).rows)


def read_table(pages: list[Reply], wanted: tuple[Column, ...]) -> Rows:
    """Read pages of one slice, without a total beside them."""
    sliced = Sliced(Slice(WEEK, 300), wanted)
    names = tuple(column.name for column in wanted)
    reader = TableReader(wanted, names, (sliced,), WEEK, (), (), buckets=False, quiz=False, counted=False)
    return reader(tuple(replace(page, part="0") for page in pages))


def csv_of(body: str | bytes, wanted: tuple[Column, ...] = COLUMNS) -> list[tuple[Any, ...]]:
    return list(wire.read_csv([text(body)], wanted).rows)


# --- what an error code means (kaltura.md §2) ----------------------------------------------------------------


@pytest.mark.parametrize("judge", JUDGES)
@pytest.mark.parametrize("code", RETRYABLE)
def test_codes_that_may_pass(judge: Judge, code: str) -> None:
    assert judge(ANY, says(exception(code))) == Again("failed", f"{code}: words of the server")


@pytest.mark.parametrize("judge", JUDGES)
def test_a_rate_limit_pauses_at_least_ten_seconds(judge: Judge) -> None:
    args = {"ACTION_NAME": "getTable", "SERVICE_NAME": "report"}
    verdict = judge(ANY, says(exception("ACTION_BLOCKED", "blocked", args)))
    assert verdict == Again("limited", "ACTION_BLOCKED: blocked", dt.timedelta(seconds=10))


@pytest.mark.parametrize("judge", JUDGES)
@pytest.mark.parametrize("ksid", ["EXPIRED", "LOGOUT", "EXCEEDED_ACTIONS_LIMIT", "INVALID_USER", "djJ8MTAwNDJ8"])
def test_every_invalid_session_asks_for_a_new_one(judge: Judge, ksid: str) -> None:
    args = {"KSID": ksid, "ERR_CODE": "-1", "ERR_DESC": "INVALID_STR"}
    verdict = judge(ANY, says(exception("INVALID_KS", f'Invalid KS "{ksid}"', args)))
    assert verdict == Again("session", f'INVALID_KS: Invalid KS "{ksid}"')


@pytest.mark.parametrize("judge", JUDGES)
@pytest.mark.parametrize("code", FINAL)
def test_codes_that_are_final(judge: Judge, code: str) -> None:
    verdict = judge(ANY, says(exception(code)))
    assert isinstance(verdict, Refused)
    assert (verdict.kind, verdict.words) == ("refused", f"{code}: words of the server")


def test_what_can_be_done_about_an_error_is_said() -> None:
    hints = {code: wire.classify(code, "") for code in ("START_SESSION_ERROR", "MISSING_KS")}
    assert [getattr(verdict, "hint", None) for verdict in hints.values()] == [
        "check the source's partner and admin_secret",
        "",
    ]


@pytest.mark.parametrize("judge", JUDGES)
@pytest.mark.parametrize("args", [[], {}, None, {"PARAM_NAME": "pager"}, "none", 7])
def test_the_arguments_of_an_error_may_be_anything(judge: Judge, args: object) -> None:
    document = {**exception("MISSING_KS"), "args": args}
    assert judge(ANY, says(document)) == Refused("refused", "MISSING_KS: words of the server")


@pytest.mark.parametrize("judge", JUDGES)
@pytest.mark.parametrize(
    "document",
    [
        [exception("DRUID_QUERY_TIMED_OUT")],
        [total("a", "1"), exception("DRUID_QUERY_TIMED_OUT")],
        [[], [exception("DRUID_QUERY_TIMED_OUT")], "text", None],
    ],
)
def test_an_exception_is_seen_in_every_place_of_a_list(judge: Judge, document: object) -> None:
    assert judge(ANY, says(document)) == Again("failed", "DRUID_QUERY_TIMED_OUT: words of the server")


def test_words_of_a_server_come_on_one_line_and_bounded() -> None:
    verdict = wire.classify("X", "one\r\n\x1b[31mtwo\x00 " + "é" * 9_000)
    assert isinstance(verdict, Refused)
    assert verdict.words.startswith("X: one [31mtwo é")
    assert len(verdict.words) == 500
    assert verdict.words.isprintable()


def test_half_a_surrogate_pair_is_no_bug_of_ours() -> None:
    words = '{"code":"X\\ud800","message":"\\udfff!","objectType":"KalturaAPIException"}'
    assert wire.judge_total(ANY, text(words)) == Refused("refused", "X?: ?!")
    for row, header in (("ana|\ud800", "name|count_plays"), ("ana|1", "name|\ud800")):
        with pytest.raises(ProviderError) as caught:
            table_of(table([row], header=header))
        assert str(caught.value).isprintable()


# --- what is no answer at all --------------------------------------------------------------------------------


@pytest.mark.parametrize("judge", [TABLE, wire.judge_total])
@pytest.mark.parametrize(
    "body",
    ["", " ", "<html><body>Bad gateway</body></html>", "Internal Server Error", '{"header":', b"\xff", "[" * 9999],
)
def test_what_is_no_json_may_pass(judge: Judge, body: str | bytes) -> None:
    verdict = judge(ANY, text(body))
    assert isinstance(verdict, Again)
    assert verdict.why == "failed"
    assert verdict.words.startswith("the answer is no JSON: ")
    assert verdict.words != "the answer is no JSON: "


@pytest.mark.parametrize("judge", JUDGES)
@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 520])
def test_a_server_in_trouble_is_asked_again(judge: Judge, status: int) -> None:
    assert judge(ANY, text("<html>", status)) == Again("failed", f"HTTP {status}")


@pytest.mark.parametrize("judge", JUDGES)
def test_too_many_requests_pause_the_account(judge: Judge) -> None:
    assert judge(ANY, text("slow down", 429)) == Again("limited", "429 Too Many Requests")


@pytest.mark.parametrize("judge", JUDGES)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed(judge: Judge, status: int) -> None:
    verdict = judge(ANY, text("", status, location="https://elsewhere.example"))
    words = f"HTTP {status}: a redirect to https://elsewhere.example, which is never followed"
    assert verdict == Refused("refused", words, "check base_url")


@pytest.mark.parametrize("judge", JUDGES)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_refusal_by_status_is_final_even_with_a_good_body(judge: Judge, status: int) -> None:
    verdict = judge(ANY, says(table(["ana|1"]), status))
    assert isinstance(verdict, Refused)
    assert verdict.words.startswith(f"HTTP {status}: ")


@pytest.mark.parametrize("judge", JUDGES)
def test_a_part_of_an_answer_is_none(judge: Judge) -> None:
    verdict = judge(ANY, text("name,count_plays\nana,1\n", 206))
    assert isinstance(verdict, Refused)
    assert verdict.kind == "unreadable"


@pytest.mark.parametrize("judge", JUDGES)
@pytest.mark.parametrize("fault", ["cut", "timeout", "connect: refused", "too large"])
def test_a_fault_of_the_network_may_pass(judge: Judge, fault: str) -> None:
    assert judge(ANY, Reply(fault=fault, body=b'{"objectType":"KalturaReportTable"}')) == Again("failed", fault)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"message": "maintenance"},
        {"header": "name|count_plays", "data": "ana|1;"},
        {"error": {"code": "X"}},
        {**table(["ana|1"]), "objectType": "KalturaReportGraph"},
        total("name|count_plays", "ana|1"),
        [],
        [table(["ana|1"])],
        "KalturaReportTable",
        None,
        True,
        17,
    ],
)
def test_only_a_table_is_read_as_a_table(document: object) -> None:
    verdict = TABLE(ANY, says(document))
    assert isinstance(verdict, Refused)
    assert verdict.kind == "unreadable"
    assert verdict.words.startswith("the answer is no KalturaReportTable: ")


@pytest.mark.parametrize("document", [{}, table(["ana|1"]), PAST_THE_END, [], "x", None, False, 0])
def test_only_a_total_is_read_as_a_total(document: object) -> None:
    verdict = wire.judge_total(ANY, says(document))
    assert isinstance(verdict, Refused)
    assert verdict.words.startswith("the answer is no KalturaReportTotal: ")


@pytest.mark.parametrize("judge", [TABLE, wire.judge_total])
@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"header": "name|count_plays", "totalCount": 3}, "has a header but no data"),
        ({"header": "name|count_plays", "data": None}, "has a header but no data"),
        ({"data": "ana|1;"}, "has data but no header"),
        ({"header": "", "data": "ana|1;"}, "has data but no header"),
        ({"header": 7, "data": "ana|1;"}, "are not texts"),
        ({"header": "name", "data": ["ana"]}, "are not texts"),
        ({"header": ["name"], "data": ""}, "are not texts"),
    ],
)
def test_header_and_data_come_together(judge: Judge, fields: dict[str, object], words: str) -> None:
    kind = "KalturaReportTable" if judge is TABLE else "KalturaReportTotal"
    verdict = judge(ANY, says({**fields, "objectType": kind}))
    assert isinstance(verdict, Refused)
    assert verdict.kind == "unreadable"
    assert words in verdict.words


@pytest.mark.parametrize("fields", [{}, {"header": ""}, {"header": "", "data": ""}, {"header": None, "data": None}])
def test_a_total_without_header_is_unreadable(fields: dict[str, object]) -> None:
    verdict = wire.judge_total(ANY, says({**fields, "objectType": "KalturaReportTotal"}))
    assert verdict == Refused("unreadable", "the total has no header")


# --- tables (kaltura.md §5.1, §5.3) --------------------------------------------------------------------------


def test_every_row_ends_in_a_semicolon_and_the_last_makes_no_phantom() -> None:
    assert table_of(table(["ana|1", "bo|2"])) == [("ana", 1), ("bo", 2)]


def test_a_table_that_ends_inside_a_row_is_unreadable() -> None:
    document = {**table([]), "data": "ana|12;bo|1"}
    verdict = TABLE(ANY, says(document))
    assert verdict == Refused("unreadable", "page 1 ends inside a row: every row ends in a semicolon")


def test_a_row_of_one_empty_column_is_a_row() -> None:
    document = table(["", "x", ""], header="name")
    assert TABLE(ANY, says(document)) == Done()
    assert table_of(document, wanted=columns(("name",))) == [("",), ("x",), ("",)]


@pytest.mark.parametrize(
    "document",
    [PAST_THE_END, {**table([]), "totalCount": 0}, {"header": None, "data": None, **PAST_THE_END}],
    ids=["by dimension", "time series", "nulls"],
)
def test_empty_answers_keep_the_columns(document: object) -> None:
    assert TABLE(ANY, says(document)) == Done()
    found = read_table([says(document)], COLUMNS)
    assert (found.columns, list(found.rows), found.notes) == (COLUMNS, [], ())


def test_columns_are_found_by_name_in_any_case_and_order() -> None:
    assert table_of(table(["1|ana"], header=" Count_Plays |NAME")) == [("ana", 1)]


def test_a_column_that_nobody_declares_is_dropped_and_told_once() -> None:
    pages = [says(table([f"{n}|ana|9" for n in range(500)], header="count_plays|name|count_new"))] * 2
    found = read_table(pages, COLUMNS)
    said = "the answer has a column 'count_new' that nothing declares; it was dropped"
    assert found.notes == (Note("unexpected_column", said),)
    assert found.rows[3] == ("ana", 3)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (table(["ana"], header="name"), "page 1: the answer has no column count_plays; it has name"),
        (table(["ana|1|2"]), "page 1: row 1 has 3 fields where the header has 2"),
        (table(["ana|1", "bo"]), "page 1: row 2 has 1 fields where the header has 2"),
        (table(["ana|1", ""]), "page 1: row 2 has 1 fields where the header has 2"),
        (table(["ana|1|2"], header="name|count_plays|count_plays"), "the header names count_plays more than once"),
        (table(["ana|1|2"], header="name|count_plays|COUNT_PLAYS"), "the header names count_plays more than once"),
        (table(["ana|1", "bo|many"]), 'page 1: row 2, column "count_plays": "many" is no integer'),
        (table(["ana|1.5"]), '"1.5" is no integer'),
        (table(["ana|1 2"]), '"1 2" is no integer'),
        (table(["ana|١٢"]), '"١٢" is no integer'),
        (table(["ana|NaN"]), '"NaN" is no integer'),
        (table(["ana|0x10"]), '"0x10" is no integer'),
    ],
)
def test_what_does_not_fit_is_never_landed(document: object, words: str) -> None:
    with pytest.raises(ProviderError) as caught:
        table_of(document)
    assert words in str(caught.value)
    assert caught.value.kind == "unreadable"


@pytest.mark.parametrize("bad", ["NaN", "INF", "-", "1,5", "12 min", "1_000", "--1", "1e9999"])
def test_a_number_that_is_none_is_never_landed(bad: str) -> None:
    wanted = columns(("name", "sum_time_viewed"))
    with pytest.raises(ProviderError, match='row 1, column "sum_time_viewed"'):
        table_of(table([f"ana|{bad}"], header="name|sum_time_viewed"), wanted=wanted)


def test_numbers_are_read_as_the_server_writes_them() -> None:
    wanted = columns(("name", "count_plays", "sum_time_viewed", "avg_completion_rate"))
    row = "ana|9007199254740993|1.0E-5|0.33333333333333"
    document = table([row, "bo|||", "cy|0|0|0"], header="|".join(column.name for column in wanted))
    assert table_of(document, wanted=wanted) == [
        ("ana", 2**53 + 1, Decimal("0.00001"), Decimal("0.33333333333333")),
        ("bo", None, None, None),
        ("cy", 0, 0, 0),
    ]


def test_names_keep_every_character_that_the_wire_kept() -> None:
    names = ['Sinéad "Shay" Murphy', "=Max Muster", "山田\n花子", " two  blanks ", "\u2028", "tab\there"]
    assert [row[0] for row in table_of(table([f"{name}|1" for name in names]))] == names


def test_unix_seconds_become_instants() -> None:
    wanted = columns(("name", "created_at"))
    document = table(["ana|1795000000", "bo|", "cy|0"], header="name|created_at")
    at = [row[1] for row in table_of(document, wanted=wanted)]
    assert at == [dt.datetime(2026, 11, 18, 11, 6, 40, tzinfo=dt.UTC), None, dt.datetime(1970, 1, 1, tzinfo=dt.UTC)]


@pytest.mark.parametrize("bad", ["soon", "1_795_000_000", " 17", "1.5", "99999999999999999999", "1795000000000"])
def test_what_are_no_unix_seconds_is_never_landed(bad: str) -> None:
    with pytest.raises(ProviderError, match="created_at"):
        table_of(table([f"ana|{bad}"], header="name|created_at"), wanted=columns(("name", "created_at")))


def test_a_job_may_read_unix_seconds_as_a_number() -> None:
    wanted = (Column("created_at", ColumnType.INTEGER, "unix s"),)
    assert table_of(table(["1795000000"], header="created_at"), wanted=wanted) == [(1_795_000_000,)]


# --- pages (kaltura.md §4.1) ---------------------------------------------------------------------------------

FULL = says(table(f"u{n}|1" for n in range(500)))
SHORT = says(table(f"u{n}|1" for n in range(499)))


def test_pages_are_read_in_the_order_they_are_given() -> None:
    first, second = (table(f"{name}{n}|{n}" for n in range(500)) for name in "ab")
    found = table_of(first, second, table(["c|1"]), PAST_THE_END)
    assert [row[0] for row in found] == [f"a{n}" for n in range(500)] + [f"b{n}" for n in range(500)] + ["c"]


def test_rows_behind_a_short_page_are_an_error() -> None:
    with pytest.raises(ProviderError, match="page 2 is short although page 3 has rows"):
        read_table([FULL, SHORT, FULL], COLUMNS)
    with pytest.raises(ProviderError, match="page 1 is short although page 3 has rows"):
        read_table([says(PAST_THE_END), says(PAST_THE_END), SHORT], COLUMNS)


def test_each_page_is_read_by_its_own_header() -> None:
    pages = [FULL, says(table(["1|ana"], header="count_plays|name"))]
    assert read_table(pages, COLUMNS).rows[-1] == ("ana", 1)


# --- totals (kaltura.md §5.2) --------------------------------------------------------------------------------

TOTALS = columns(("count_plays", "sum_time_viewed", "avg_completion_rate", "unique_known_users"))


def total_of(header: str, data: str, wanted: tuple[Column, ...] = TOTALS) -> list[tuple[Any, ...]]:
    document = total(header, data)
    assert wire.judge_total(ANY, says(document)) == Done()
    return list(wire.read_total([says(document)], wanted).rows)


HEADER = "count_plays|sum_time_viewed|avg_completion_rate|unique_known_users"


def test_a_total_is_one_row_by_name() -> None:
    assert total_of(HEADER, "41|12.75|0.5|7") == [(41, Decimal("12.75"), Decimal("0.5"), 7)]
    assert total_of("unique_known_users|count_plays", "7|41", columns(("count_plays",))) == [(41,)]


def test_a_total_of_delimiters_only_is_null_and_not_zero() -> None:
    assert total_of(HEADER, "|||") == [(None, None, None, None)]
    assert total_of("count_plays", "", TOTALS[:1]) == [(None,)]


@pytest.mark.parametrize("data", ["", "41|12.75|0.5", "41|12.75|0.5|7|", "41|12.75|0.5|7;", "41;12.75|0.5|7"])
def test_a_total_of_another_width_is_unreadable(data: str) -> None:
    with pytest.raises(ProviderError) as caught:
        total_of(HEADER, data)
    assert caught.value.kind == "unreadable"
