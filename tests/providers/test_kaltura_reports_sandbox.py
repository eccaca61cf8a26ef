"""Every report of the microservice through the executor, on the sandbox: what is landed equals the universe's truth."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from asking import POLLS, WEEK, Bench, bench, flow

from reportrunner.flow import Flow
from reportrunner.sandbox import Faults, First, Sandbox
from reportrunner.sandbox.big_registration import REGISTRATION_COLUMNS, big_row
from reportrunner.sandbox.conversations import Message, downloads, messages
from reportrunner.sandbox.people import people
from reportrunner.sandbox.polls import poll_answers
from reportrunner.sandbox.universe import events
from reportrunner.sandbox.virtual_events import VIRTUAL_EVENTS, app_guid, came, registrations
from reportrunner.table import Bulk, Rows

ENTRIES = frozenset(["1_gdpr1", "1_town1"])
START, END = (int(datetime(2026, 11, day, tzinfo=UTC).timestamp()) for day in (9, 16))
TEXTS = dict.fromkeys(("virtual_event_id", "entry_id", "user_id", "email", "name", "message_id", "message"), "string")
TYPES: Mapping[str, str] = {
    **TEXTS,
    **dict.fromkeys(("sent_at", "acted_at", "first_message_at", "downloaded_at", "started_at"), "timestamp"),
    **dict.fromkeys(("group_messages", "private_messages", "plays", "seconds", "registrations"), "integer"),
    **dict.fromkeys(("answered_at", "registered_at"), "timestamp"),
    "deleted": "boolean",
}
OneRow = dict[str, Any]


@contextmanager
def opened(**faults: Any) -> Iterator[tuple[Bench, Sandbox]]:
    with Sandbox(clock=time.time, faults=Faults(**faults)) as sandbox, bench(sandbox.base_url, workers=8) as made:
        yield made, sandbox


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def declared(rows: list[OneRow]) -> dict[str, str]:
    """The columns that a job would declare to read such rows."""
    return {name: TYPES.get(name, "string") for name in rows[0]}


def chat(name: str, columns: Mapping[str, str], *event_ids: str) -> Flow:
    """A report on the week, at those events."""
    keys = {
        "source": "kaltura_reports",
        "endpoint": name,
        "filters": {"entries_ids": sorted(ENTRIES), "virtual_event_ids": list(event_ids)},
        "privileges": [f"virtualeventid:{'/'.join(event_ids)}"],
        "columns": dict(columns),
    }
    return flow(keys)


def of_message(one: Message) -> OneRow:
    return {
        "message_id": one.message_id,
        "virtual_event_id": one.event_id,
        "entry_id": one.entry_id,
        "user_id": one.sender.user_id,
        "name": one.sender.name,
    }


def activity(said: list[Message]) -> list[OneRow]:
    counts = Counter((one.event_id, one.sender.user_id, one.room == "private") for one in said)
    first: dict[tuple[str, str], int] = {}
    for one in said:
        who = (one.event_id, one.sender.user_id)
        first[who] = min(first.get(who, one.sent_at), one.sent_at)
    return [
        {
            "virtual_event_id": event_id,
            "user_id": user_id,
            "email": people()[user_id].email,
            "group_messages": counts[event_id, user_id, False],
            "private_messages": counts[event_id, user_id, True],
            "first_message_at": at(moment),
        }
        for (event_id, user_id), moment in first.items()
    ]


def truth(name: str, *event_ids: str) -> list[OneRow]:
    """What the report must say of the week at those events."""
    said = messages(event_ids, ENTRIES, START, END)
    shown = {one.message_id: {"message": one.text, "sent_at": at(one.sent_at)} for one in said}
    if name == "pollsActivity":
        return [
            {
                **{key: getattr(one, key) for key in ("poll_id", "poll_question", "entry_id", "user_id", "answer")},
                "answered_at": at(one.answered_at),
            }
            for one in poll_answers(ENTRIES, START, END, event_ids)
        ]
    if name == "chatUserActivity":
        return activity(said)
    if name == "chatModeration":
        return [
            {
                "message_id": one.message_id,
                "action": one.action,
                "moderator_id": one.moderator_id,
                "acted_at": at(one.acted_at),
            }
            for one in said
            if one.action
        ]
    if name == "groupChatTranscripts":
        kept = [one for one in said if (one.room, one.action == "message_deleted") == ("group", False)]
        return [{**of_message(one), **shown[one.message_id]} for one in kept]
    if name == "privateTranscripts":
        kept = [one for one in said if one.room == "private"]
        return [{**of_message(one), "to_user_id": one.to_user_id, **shown[one.message_id]} for one in kept]
    kept = [one for one in said if one.room in ("group", "moderators")]
    return [
        {**of_message(one), "room": one.room, **shown[one.message_id], "deleted": one.action == "message_deleted"}
        for one in kept
    ]


def same(found: list[OneRow], wanted: list[OneRow]) -> None:
    """Nothing is missing, nothing is more, whatever the order."""
    assert wanted
    assert sorted(found, key=repr) == sorted(wanted, key=repr)


CHATS = (
    *("pollsActivity", "chatUserActivity", "moderatorTranscripts"),
    *("chatModeration", "groupChatTranscripts", "privateTranscripts"),
)


@pytest.mark.parametrize("name", CHATS)
@pytest.mark.parametrize("event_ids", [("4711",), ("4805", "4817")])
def test_chat_reports_equal_the_truth(name: str, event_ids: tuple[str, ...]) -> None:
    wanted = truth(name, *event_ids)
    with opened(polls_before_ready=2) as (made, sandbox):
        same(made.landed(chat(name, declared(wanted), *event_ids)), wanted)
        assert [sandbox.count(f"reports.{action}") for action in ("generate", "status", "serve")] == [1, 3, 1]


def test_texts_that_break_naive_readers_arrive_whole() -> None:
    with opened() as (made, _):
        rows = made.landed(chat("moderatorTranscripts", {"message": "string"}, "4711"))
    found = {row["message"] for row in rows}
    assert {"First point\nSecond point", 'He said "no", didn\'t he?', "=1+1", "質問があります"} <= found


def registration(event_id: str, columns: Mapping[str, str]) -> Flow:
    keys = {"source": "kaltura_reports", "endpoint": "registration", "filters": {"appGuid": app_guid(event_id)}}
    return flow({**keys, "columns": dict(columns)}, None)


@pytest.mark.parametrize("event_id", ["4711", "4840"])
def test_registrations_equal_the_truth(event_id: str) -> None:
    wanted = [
        {
            "registration_id": one.registration_id,
            "user_id": one.person.user_id,
            "first_name": one.person.first_name,
            "last_name": one.person.last_name,
            "company": one.person.company,
            "status": one.status,
            "registered_at": at(one.registered_at),
        }
        for one in registrations(event_id)
    ]
    with opened() as (made, _):
        same(made.landed(registration(event_id, declared(wanted))), wanted)


def test_registrations_of_any_number_are_read_whole() -> None:
    columns = {name: TYPES.get(name, "string") for name in REGISTRATION_COLUMNS}
    with opened(export_rows=20_001) as (made, _):
        found = made.landed(registration("4711", columns))
    assert len(found) == 20_001
    told = [(*list(row.values())[:-1], row["registered_at"].strftime("%Y-%m-%dT%H:%M:%SZ")) for row in found]
    assert told == [big_row(number) for number in range(20_001)]


def test_a_large_file_is_read_in_place_and_a_small_one_is_not() -> None:
    for rows, kind in ((10, Rows), (20_001, Bulk)):
        with opened(export_rows=rows) as (made, _):
            assert isinstance(made.answer(registration("4711", {"user_id": "string"})), kind)


def test_attachments_equal_the_truth() -> None:
    wanted = [
        {
            "virtual_event_id": one.event_id,
            "attachment_id": one.attachment_id,
            "attachment_title": one.attachment_title,
            "user_id": one.person.user_id,
            "downloaded_at": at(one.downloaded_at),
        }
        for one in downloads(["4711", "4802"], ENTRIES, START, END)
    ]
    filters = {"entries_ids": sorted(ENTRIES), "virtual_event_ids": ["4711", "4802"]}
    keys = {"source": "kaltura_reports", "endpoint": "attachment", "filters": filters, "columns": declared(wanted)}
    with opened() as (made, _):
        same(made.landed(flow(keys)), wanted)


def test_enrichment_counts_the_plays_of_exactly_the_window() -> None:
    plays = [play for play in events(None, WEEK.start_unix, WEEK.end_unix) if play.user_id in people()]
    seconds: Counter[tuple[str, str]] = Counter()
    for play in plays:
        seconds[play.user_id, play.entry_id] += play.watched
    counts = Counter((play.user_id, play.entry_id) for play in plays)
    wanted = [
        {
            "user_id": user_id,
            "entry_id": entry_id,
            "plays": number,
            "seconds": seconds[user_id, entry_id],
            "last_name": people()[user_id].last_name,
        }
        for (user_id, entry_id), number in counts.items()
    ]
    filters = {"taskType": "sessionViewership"}
    keys = {"source": "kaltura_reports", "endpoint": "reportsEnrichment", "filters": filters}
    with opened() as (made, _):
        same(made.landed(flow({**keys, "columns": declared(wanted)})), wanted)


def free(name: str, columns: Mapping[str, str], params: Mapping[str, Any]) -> Flow:
    keys = {"source": "kaltura_reports", "endpoint": "report", "name": name, "params": dict(params)}
    return flow({**keys, "columns": dict(columns)}, None)


def test_reports_without_a_model_equal_the_truth() -> None:
    overview = [
        {"virtual_event_id": event_id, "app_guid": app_guid(event_id), "registrations": len(registrations(event_id))}
        for event_id in VIRTUAL_EVENTS
    ]
    attended = [
        {"user_id": play.user_id, "entry_id": play.entry_id, "seconds": play.watched, "started_at": at(play.at)}
        for play in events(None, START, END)
        if play.watched >= 600 and came("4812", play.user_id)
    ]
    params = {
        "virtual_event_ids": ["4812"],
        "days": {"from_date_id": "2026-11-09", "to_date_id": "2026-11-15"},
        "options": {"minimum_seconds": 600},
    }
    with opened() as (made, _):
        same(made.landed(free("eventOverview", declared(overview), {})), overview)
        same(made.landed(free("sessionAttendance", declared(attended), params)), attended)


# --- many at once, and what goes wrong ------------------------------------------------------------------------


def test_forty_events_from_one_source_each_under_its_own_session() -> None:
    event_ids = VIRTUAL_EVENTS[1:]
    assert len(event_ids) == 40
    names = {event_id: chat("pollsActivity", {"poll_id": "string"}, event_id) for event_id in event_ids}
    with opened() as (made, sandbox):
        ended = made.run(*names.values())
        assert sandbox.count("session.start") == 40
        assert sandbox.count("reports.generate") == 40
        told = repr(made.notices) + repr(made.executor.sent)
    found = {}
    for one in ended:
        assert one.answer is not None
        assert isinstance(one.answer.rows, Rows)
        assert one.flow.session is not None
        found[one.flow.session.privileges[0].partition(":")[2]] = Counter(str(row[0]) for row in one.answer.rows.rows)
    assert found == {e: Counter(row["poll_id"] for row in truth("pollsActivity", e)) for e in event_ids}
    assert len({tuple(sorted(counts.items())) for counts in found.values()}) == 40
    assert "Bearer" not in told


@pytest.mark.parametrize("calls", [1, 2, 3])
def test_a_session_that_expires_between_or_amid_polls_is_renewed_and_nothing_is_generated_twice(calls: int) -> None:
    wanted = truth("privateTranscripts", "4711")
    with opened(expire_session_after=calls, polls_before_ready=2) as (made, sandbox):
        same(made.landed(chat("privateTranscripts", declared(wanted), "4711")), wanted)
        assert (sandbox.count("session.start"), sandbox.count("reports.generate")) == (2, 1)


@pytest.mark.parametrize(
    ("faults", "words"),
    [
        (
            {"generate_fails": First(1)},
            'the report ended with status "failed": {"status": "failed", "message": "The rep',
        ),
        ({"unknown_status": "archived"}, 'the report ended with status "archived"'),
    ],
)
@pytest.mark.parametrize("name", ["registration", "report"])
def test_a_report_that_fails_says_why(faults: dict[str, Any], words: str, name: str) -> None:
    asked = (
        registration("4711", {"a": "string"}) if name == "registration" else free("eventOverview", {"a": "string"}, {})
    )
    with opened(**faults) as (made, sandbox):
        (ended,) = made.run(asked)
        assert sandbox.count("reports.generate") == 1
    assert words in str(ended.error)


def test_what_the_service_refuses_is_told_in_its_words() -> None:
    with opened() as (made, sandbox):
        (unknown,) = made.run(free("noSuchReport", {"a": "string"}, {}))
        (wrong,) = made.run(free("eventOverview", {"a": "string"}, {"surprise": 1}))
        assert sandbox.count("reports.status") == 0
    assert "refused with 400: HTTP 400: " in str(unknown.error)
    assert "Unknown report noSuchReport" in str(unknown.error)
    assert "refused with 422: HTTP 422: " in str(wrong.error)
    assert "surprise is not known" in str(wrong.error)


def test_a_file_cut_amid_its_body_is_asked_for_again() -> None:
    with opened(export_rows=15_000, cut_body=First(1, "reports.serve")) as (made, sandbox):
        assert len(made.landed(registration("4711", {"user_id": "string"}))) == 15_000
        assert sandbox.count("reports.serve") == 2


def test_a_report_over_polls_answers_only_for_who_came() -> None:
    with opened() as (made, _):
        rows = made.landed(flow({**POLLS, "filters": {"entries_ids": ["1_gdpr1"], "virtual_event_ids": ["4711"]}}))
    assert {row["poll_id"].partition("-")[0] for row in rows} == {"4711"}
    for event_id in ("4803", "4821"):
        assert {one.user_id for one in poll_answers(ENTRIES, START, END, [event_id])} <= {
            one.person.user_id for one in registrations(event_id) if one.status == "attended"
        }
