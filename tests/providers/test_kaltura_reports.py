"""The Reports Microservice: generate, poll, serve; every word it may say (kaltura.md §11)."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from asking import POLLS, flow
from pydantic import ValidationError
from replies import ANY, says, text

from reportrunner.errors import ProviderError
from reportrunner.flow import Again, Done, Refused, Reply, SessionKey, fill_json, show
from reportrunner.providers.kaltura_reports.judging import (
    FORGOTTEN,
    HEAD,
    PRIVILEGE_HINT,
    judge_file,
    judge_generate,
    judge_poll,
    judge_serve,
)
from reportrunner.providers.kaltura_reports.reading import read_csv
from reportrunner.table import Column, ColumnType

JUDGES = (judge_generate, judge_poll, judge_serve)
COLUMNS = (Column("user_id", ColumnType.STRING), Column("answers", ColumnType.INTEGER))


def rows(body: str | bytes) -> list[tuple[Any, ...]]:
    reply = text(body)
    assert judge_serve(ANY, reply) == Done()
    return list(read_csv((reply,), COLUMNS).rows)


# --- what is asked -------------------------------------------------------------------------------------------


def test_the_flow_is_generate_poll_serve_under_one_session() -> None:
    made = flow(POLLS)
    assert [step.name for step in made.steps] == ["generate", "poll", "serve"]
    assert (made.session, made.kind) == (
        SessionKey("kaltura", ("virtualeventid:4711",)),
        "kaltura_reports.pollsActivity",
    )
    bodies = [fill_json(step.request.json, str) for step in made.steps]
    assert bodies == [
        {
            "reportName": "pollsActivity",
            "reportParameters": {
                "entries_ids": ["1_gdpr1"],
                "virtual_event_ids": ["4711"],
                "from_date_id": "2026-11-09",
                "to_date_id": "2026-11-15",
            },
        },
        {"sessionId": "<capture:sessionId>", "statusOnly": True},
        {"sessionId": "<capture:sessionId>"},
    ]
    assert {show(step.request.path) for step in made.steps} == {"/api/v1/report/generate", "/api/v1/report/serve"}
    assert {show(step.request.headers[0][1]) for step in made.steps} == {"Bearer <session:kaltura>"}


def test_generate_is_not_repeatable_unless_the_job_says_so() -> None:
    assert [step.repeatable for step in flow(POLLS).steps] == [False, True, True]
    assert [step.repeatable for step in flow({**POLLS, "poll": {"regenerate": True}}).steps] == [True, True, True]


def test_the_job_decides_how_long_and_how_often_to_look() -> None:
    usual, asked = (flow({**POLLS, "poll": poll}) for poll in ({}, {"every": "3s", "timeout": "2h"}))
    for made, every, timeout in (
        (usual, None, dt.timedelta(minutes=20)),
        (asked, dt.timedelta(seconds=3), dt.timedelta(hours=2)),
    ):
        poll = made.steps[1].poll
        assert poll is not None
        assert (poll.every, poll.timeout) == (every, timeout)
        assert made.deadline > poll.timeout


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        ({"entries_ids": ["1_a"]}, "virtual_event_ids"),
        ({"entries_ids": [], "virtual_event_ids": ["1"]}, "at least 1"),
        ({"entries_ids": [""], "virtual_event_ids": ["1"]}, "at least 1"),
        ({"entries_ids": ["1_a"], "virtual_event_ids": [""]}, "should match pattern"),
        ({"entries_ids": ["1_a"], "virtual_event_ids": ["1,edit:*"]}, "should match pattern"),
        ({"entries_ids": ["1_a"], "virtual_event_ids": ["1/2"]}, "should match pattern"),
        ({"entries_ids": ["1_a"], "virtual_event_ids": ["1"], "from_date_id": "2026-11-09"}, "from_date_id"),
        ({"entry_ids": ["1_a"], "virtual_event_ids": ["1"]}, "entry_ids"),
    ],
)
def test_what_cannot_be_asked_is_refused(filters: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        flow({**POLLS, "filters": filters})


# --- what it may answer --------------------------------------------------------------------------------------


@pytest.mark.parametrize("judge", JUDGES)
@pytest.mark.parametrize("status", [401, 403])
def test_an_unwelcome_session_is_renewed_and_the_privilege_is_named(judge: Any, status: int) -> None:
    verdict = judge(ANY, says({"message": "Invalid KS: EXPIRED"}, status))
    assert verdict == Again("session", f'HTTP {status}: {{"message": "Invalid KS: EXPIRED"}} ({PRIVILEGE_HINT})')


@pytest.mark.parametrize("judge", JUDGES)
def test_statuses_and_faults_mean_what_they_mean_everywhere(judge: Any) -> None:
    assert judge(ANY, text("", 429)) == Again("limited", "429 Too Many Requests")
    assert judge(ANY, text("", 503)) == Again("failed", "HTTP 503")
    assert judge(ANY, Reply(fault="cut")) == Again("failed", "cut")
    assert judge(ANY, says({"message": "entries_ids"}, 422)).words == 'HTTP 422: {"message": "entries_ids"}'
    assert judge(ANY, text("", 302)).kind == "refused"


@pytest.mark.parametrize("judge", [judge_poll, judge_serve])
@pytest.mark.parametrize("status", [404, 410])
def test_a_report_that_is_no_longer_known_is_made_again(judge: Any, status: int) -> None:
    words = f'HTTP {status}: {{"message": "No such report session"}}'
    assert judge(ANY, says({"message": "No such report session"}, status)) == Again("stale", f"{words}; {FORGOTTEN}")


@pytest.mark.parametrize("judge", [judge_poll, judge_serve])
def test_a_report_that_may_be_no_longer_known_says_what_to_do(judge: Any) -> None:
    words = 'HTTP 400: {"message": "No such report session"}'
    assert judge(ANY, says({"message": "No such report session"}, 400)) == Refused("refused", words, FORGOTTEN)


@pytest.mark.parametrize("status", [400, 404, 410])
def test_generate_names_no_report_that_could_be_forgotten(status: int) -> None:
    words = f'HTTP {status}: {{"message": "No such report session"}}'
    assert judge_generate(ANY, says({"message": "No such report session"}, status)) == Refused("refused", words)


def test_generate_gives_a_handle() -> None:
    assert judge_generate(ANY, says({"sessionId": "abc", "more": 1})) == Done({"sessionId": "abc"})
    assert judge_generate(ANY, says({"sessionId": "abc"}, 202)) == Done({"sessionId": "abc"})


@pytest.mark.parametrize(
    "body", ["", "{}", '{"sessionId":""}', '{"sessionId":7}', '{"sessionId":null}', "[]", '"abc"', "<html>", "{"]
)
def test_generate_without_a_handle_is_unreadable_and_never_repeated(body: str) -> None:
    verdict = judge_generate(ANY, text(body))
    assert isinstance(verdict, Refused)
    assert verdict.words == f"generate gave no sessionId: {body}"
    assert verdict.kind == "unreadable"


@pytest.mark.parametrize("word", ["pending", "in_progress", "IN_PROGRESS", "Pending"])
def test_words_that_mean_wait(word: str) -> None:
    assert judge_poll(ANY, says({"status": word})) == Again("working", word)


@pytest.mark.parametrize("word", ["completed", "COMPLETED", " Completed\n"])
def test_words_that_mean_ready(word: str) -> None:
    assert judge_poll(ANY, says({"status": word})) == Done()


@pytest.mark.parametrize("word", ["failed", "error", "cancelled", "complete", "in progress", "done", "OK"])
def test_a_word_that_is_not_known_ends_the_wait_and_is_shown(word: str) -> None:
    verdict = judge_poll(ANY, says({"status": word, "message": "out of memory"}))
    assert isinstance(verdict, Refused)
    assert verdict.kind == "failed"
    assert verdict.words.startswith(f'the report ended with status "{word}": ')
    assert "out of memory" in verdict.words


def test_an_endless_word_is_trimmed() -> None:
    verdict = judge_poll(ANY, says({"status": "x" * 9_000}))
    assert isinstance(verdict, Refused)
    assert len(verdict.words) < 400


def test_half_a_surrogate_pair_is_no_bug_of_ours() -> None:
    assert getattr(judge_generate(ANY, says({"sessionId": "\ud800"})), "kind", "") == "unreadable"
    verdict = judge_poll(ANY, says({"status": "\ud800\n"}))
    assert isinstance(verdict, Refused)
    assert verdict.words.isprintable()


@pytest.mark.parametrize(
    "document", [{}, {"status": None}, {"status": 3}, {"status": ""}, {"message": "no"}, [], "completed", 1]
)
def test_a_poll_without_a_status_is_unreadable(document: object) -> None:
    verdict = judge_poll(ANY, says(document))
    assert verdict == Refused("unreadable", f"the poll gave no status: {json.dumps(document)}")


@pytest.mark.parametrize("body", ["", "<html>bad gateway</html>", '{"status":'])
def test_a_poll_that_is_no_json_is_asked_again(body: str) -> None:
    verdict = judge_poll(ANY, text(body))
    assert isinstance(verdict, Again)
    assert verdict.why == "failed"


def test_a_file_that_is_not_ready_after_all_is_asked_for_again() -> None:
    for word in ("pending", "IN_PROGRESS", " Pending\n"):
        assert judge_serve(ANY, says({"status": word})) == Again(
            "failed", "the file is not ready although the poll said so"
        )


@pytest.mark.parametrize(
    "body", ['{"status": "completed"}', '{"message": "gone"}', "[]", '[{"user_id": "ana"}]', '{"status": "fai']
)
def test_json_instead_of_csv_is_unreadable(body: str) -> None:
    assert judge_serve(ANY, text(body)) == Refused("unreadable", f"JSON instead of CSV: {body}")


@pytest.mark.parametrize("word", ["failed", "cancelled", "Error"])
def test_a_report_that_failed_after_all_says_so(word: str) -> None:
    verdict = judge_serve(ANY, says({"status": word, "message": "out of memory"}))
    assert isinstance(verdict, Refused)
    assert (verdict.kind, verdict.words.split(": ")[0]) == ("failed", f'the report ended with status "{word}"')
    assert "out of memory" in verdict.words


def test_a_file_is_judged_by_its_beginning() -> None:
    assert judge_file(b"user_id,answers\n" + b"ana,1\n" * 9_000) == Done()
    cut = json.dumps({"message": "x" * 9_000}).encode()[:HEAD]
    assert getattr(judge_file(b"\xef\xbb\xbf" + cut), "kind", "") == "unreadable"
    assert judge_file(b"[id],name\n1,a\n") == Done()
    assert judge_serve(ANY, text(b" " * HEAD + b"user_id\n")) == Refused("unreadable", "an empty file came back")


@pytest.mark.parametrize("body", ["<html>bad gateway</html>", "\n<!doctype html>", "<?xml version='1.0'?>"])
def test_a_page_instead_of_csv_may_pass(body: str) -> None:
    assert judge_serve(ANY, text(body)) == Again("failed", f"no CSV: {body.strip()}")


@pytest.mark.parametrize("body", ["", " ", "\r\n", "\ufeff", "\ufeff\r\n\r\n"])
def test_an_empty_file_is_unreadable(body: str) -> None:
    assert judge_serve(ANY, text(body)) == Refused("unreadable", "an empty file came back")


# --- how the file is read ------------------------------------------------------------------------------------


@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_mark_line_ends_and_blank_lines_leave_no_trace(bom: str, end: str, last: bool) -> None:
    body = f"{bom}Answers,USER_ID{end}1,ana{end}{end},bo" + (end if last else "")
    assert rows(body) == [("ana", 1), ("bo", None)]


def test_quoted_cells_keep_commas_quotes_and_lines() -> None:
    assert rows('user_id,answers\n"a, ""b""\r\nc",2\n') == [('a, "b"\r\nc', 2)]


def test_a_file_with_a_header_only_is_empty() -> None:
    assert rows("user_id,answers\n") == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('user_id,answers\n"ana,1\n', "the file is no CSV: unexpected end of data"),
        ('user_id,answers\n"ana"x,1\n', "the file is no CSV: "),
        (f"user_id,answers\n{'x' * 200_000},1\n", "the file is no CSV: field larger"),
        ("user_id,answers\nana\n", "row 1 has 1 fields where the header has 2"),
        ("user_id,answers\nana,1,\n", "row 1 has 3 fields where the header has 2"),
        ("user_id;answers\nana;1\n", "the answer has no column user_id, answers; it has user_id;answers"),
        ("user_id,answers\nana,some\n", 'row 1, column "answers": "some" is no integer'),
        ("user_id,answers,answers\nana,1,2\n", "the header names answers more than once"),
        (b"user_id,answers\n\xe9,1\n", "byte 16 of the file is not UTF-8"),
        ("Service temporarily unavailable", "the answer has no column user_id, answers"),
    ],
)
def test_what_does_not_fit_is_never_landed(body: str | bytes, words: str) -> None:
    with pytest.raises(ProviderError) as caught:
        rows(body)
    assert words in str(caught.value)
    assert caught.value.kind == "unreadable"
