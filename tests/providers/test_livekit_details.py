"""`sessions.get` and its parts against the sandbox's truth; one request per session, whatever is read of it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from livekit_asking import NOW, at, flow, judged, opened, read, truth
from pydantic import ValidationError
from replies import says, text

from reportrunner.errors import ProviderError
from reportrunner.flow import Done, Flow, Refused
from reportrunner.providers.livekit import PROVIDER
from reportrunner.sandbox.livekit_universe import MINUTE, Session
from reportrunner.table import ColumnType

GET = "sessions.get"
PARTS = ("", "#participants", "#connections", "#quality", "#publishBps")
BUSY = max(truth(), key=lambda one: sum(len(person.connections) for person in one.participants))


def of(part: str, one: Session = BUSY, **more: Any) -> Flow:
    return flow(f"{GET}{part}", id=one.session_id, **more)


def minutes(one: Session) -> int:
    stays = [stay for person in one.participants for stay in person.connections]
    return sum(-(-(stay.left - stay.joined) // MINUTE) for stay in stays)


def test_every_part_of_a_session_is_what_the_universe_knows_and_is_asked_once() -> None:
    with opened() as (made, sandbox):
        found = [made.landed(of(part)) for part in PARTS]
        assert [(record.action, record.parameter("id")) for record in sandbox.log] == [(GET, BUSY.session_id)]
    (row,), people, stays, quality, bits = found
    assert (row["roomId"], row["roomName"]) == (BUSY.session_id, BUSY.room)
    assert (row["startTime"], row["endTime"]) == (at(BUSY.start), at(BUSY.end))
    assert (row["bandwidth"], row["numParticipants"]) == (BUSY.billed, len(BUSY.participants))
    assert row["connectionMinutes"] == minutes(BUSY)
    assert len(people) == len(BUSY.participants)
    by_name = {str(one["participantIdentity"]): one for one in people}
    for person in BUSY.participants:
        mine = by_name[person.identity]
        micro = sum(stay.left - stay.joined for stay in person.connections)
        assert mine["connectedSeconds"] == Decimal(micro) / 1_000_000
        assert (mine["connections"], mine["openConnections"]) == (len(person.connections), 0)
        assert (mine["location"], mine["region"], mine["connectionTimeMs"]) == (*person.place, person.connect_ms)
        flags = ("cameraTrack", "microphoneTrack", "screenShareTrack", "screenShareAudio")
        assert tuple(mine[name] for name in flags) == person.sources
    told = {(one["participantId"], one["joinedAt"], one["leftAt"]) for one in stays}
    known = [stay for person in BUSY.participants for stay in person.connections]
    assert told == {(stay.participant_id, at(stay.joined), at(stay.left)) for stay in known}
    assert len(stays) > len(people)
    assert [one["value"] for one in sorted(quality, key=lambda one: one["timestamp"])] == list(BUSY.quality)
    assert [one["value"] for one in sorted(bits, key=lambda one: one["timestamp"])] == list(BUSY.bits)
    assert 0 in BUSY.quality


def test_a_session_that_runs_counts_what_is_over() -> None:
    now = at(BUSY.start) + dt.timedelta(minutes=9)
    with opened(now) as (made, _):
        (row,) = made.landed(of("", now=now))
        people, stays = made.landed(of("#participants", now=now)), made.landed(of("#connections", now=now))
    assert row["endTime"] is None
    assert 0 < row["connectionMinutes"] < minutes(BUSY)
    lasting = [one for one in stays if one["leftAt"] is None]
    assert lasting
    assert {one["connectedSeconds"] for one in lasting} == {None}
    assert sum(one["openConnections"] for one in people) == len(lasting)


def test_a_session_that_has_just_ended_has_no_participants_yet() -> None:
    now = at(BUSY.end) + dt.timedelta(minutes=1)
    with opened(now) as (made, _):
        assert [note.code for note in made.rows(of("", now=now)).notes] == ["livekit.details_pending"]
        assert made.rows(of("#participants", now=now)).rows == []
    later = NOW
    with opened(later) as (made, _):
        assert made.rows(of("")).notes == ()


def test_a_session_that_is_gone_is_told_among_many_and_an_error_alone() -> None:
    with opened(livekit_gone=BUSY.session_id) as (made, _):
        gone = made.rows(of("#quality", value=BUSY.session_id))
        assert (gone.rows, [note.code for note in gone.notes]) == ((), ["livekit.session_gone"])
        assert gone.notes[0].sample == (BUSY.session_id,)
        assert f"there is no session {BUSY.session_id}: HTTP 404 session not found" in str(made.error(of("")))


def test_the_parts_of_a_session_are_one_request_and_other_sessions_are_others() -> None:
    assert len({of(part).identity() for part in PARTS}) == 1
    assert of("").identity() != flow(GET, id="RM_other").identity()


def test_a_session_takes_no_window_and_needs_an_id() -> None:
    for keys in ({"id": "RM_a", "window": "days"}, {"id": " "}, {}):
        with pytest.raises(ValidationError):
            PROVIDER.endpoints[GET].parameters.model_validate({"source": "livekit", "endpoint": GET, **keys})


@pytest.mark.parametrize(
    "fields",
    [{"participants": {}}, {"participants": [1]}, {"participants": [{"sessions": "x"}]},
     {"participants": [{"sessions": [{"joinedAt": "soon"}]}]}],
)  # fmt: skip
def test_what_cannot_be_read_is_an_error_of_its_session(fields: dict[str, Any]) -> None:
    reply = says({"roomId": "RM_a", **fields})
    with pytest.raises(ProviderError, match="session RM_a"):
        flow(f"{GET}#participants", id="RM_a").read((reply,))


def test_a_404_is_whole_and_other_errors_are_not() -> None:
    step = flow(GET, id="RM_a").steps[0]
    assert step.judge(step.request, text("", 404)) == Done()
    assert step.judge(step.request, text("", 500)) != Done()


def test_the_answer_must_be_of_the_session_that_was_asked() -> None:
    for part in PARTS:
        one = flow(f"{GET}{part}", id="RM_b")
        said = "the answer is of session RM_a, and RM_b was asked"
        assert judged(one, says({"roomId": "RM_a"})) == Refused("unreadable", said)
        assert judged(one, says({"roomId": "RM_b"})) == Done()


def test_who_took_part_is_marked_personal() -> None:
    marked = {
        name: {column.name for column in endpoint.columns(flowless(name)) if column.personal}
        for name, endpoint in PROVIDER.endpoints.items()
    }
    assert marked == {
        "sessions.list": set(),
        "sessions.get": set(),
        "sessions.get#participants": {"participantIdentity", "participantName", "location"},
        "sessions.get#connections": {"participantIdentity", "participantId"},
        "sessions.get#quality": set(),
        "sessions.get#publishBps": set(),
    }


def flowless(name: str) -> Any:
    from livekit_asking import ask

    return (ask(name) if name == "sessions.list" else ask(name, id="RM_a")).parameters


def test_every_column_says_what_it_means() -> None:
    for name, endpoint in PROVIDER.endpoints.items():
        for column in endpoint.columns(flowless(name)):
            assert column.description
            assert column.source
            number = column.type in {ColumnType.INTEGER, ColumnType.DURATION}
            assert (column.additive is not None) == number, column.name


def test_rows_are_read_from_values() -> None:
    (row,) = read(flow(GET, id="RM_a"), says({"roomId": "RM_a", "connectionMinutes": "9007199254740993"}))
    assert row["connectionMinutes"] == 2**53 + 1
