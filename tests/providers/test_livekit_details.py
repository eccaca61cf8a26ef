"""`sessions.get` and its parts against the sandbox's truth; one request per session, whatever is read of it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from livekit_asking import NOW, at, codes, flow, judged, opened, read, truth
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


NINE, TEN, ELEVEN = (f"2026-11-13T{hour:02}:00:00Z" for hour in (9, 10, 11))
WHOLE = {"joinedAt": NINE, "leftAt": TEN}
BACKWARDS = {"joinedAt": ELEVEN, "leftAt": TEN}
UNBEGUN = {"leftAt": TEN}
OPEN = {"joinedAt": NINE}


@pytest.mark.parametrize(
    ("stays", "seconds", "lasting", "told"),
    [
        ([WHOLE], 3600, 0, []),
        ([OPEN], 0, 1, []),
        ([BACKWARDS], None, 0, ["livekit.untimed"]),
        ([UNBEGUN], None, 0, ["livekit.untimed"]),
        ([WHOLE, BACKWARDS, UNBEGUN, OPEN], 3600, 1, ["livekit.untimed"]),
        ([BACKWARDS, OPEN], None, 1, ["livekit.untimed"]),
        ([{"joinedAt": TEN, "leftAt": TEN}], 0, 0, []),
        ([], None, 0, []),
    ],
)
def test_a_connection_whose_length_cannot_be_told_is_in_no_sum(
    stays: list[dict[str, str]], seconds: int | None, lasting: int, told: list[str]
) -> None:
    answer = says({"roomId": "RM_a", "participants": [{"sessions": stays}]})
    people, every = flow(f"{GET}#participants", id="RM_a"), flow(f"{GET}#connections", id="RM_a")
    (row,) = read(people, answer)
    assert (row["connectedSeconds"], row["openConnections"], row["connections"]) == (seconds, lasting, len(stays))
    lengths = [3600 if stay is WHOLE else 0 if stay.get("joinedAt") == TEN else None for stay in stays]
    assert [one["connectedSeconds"] for one in read(every, answer)] == lengths
    assert codes(people, answer) == codes(every, answer) == told
    assert codes(flow(f"{GET}#quality", id="RM_a"), answer) == []
    assert all(note.sample == ("RM_a",) for note in people.read((answer,)).notes)


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


@pytest.mark.parametrize("value", [12.5, "12.5"])
@pytest.mark.parametrize(
    ("part", "column", "fields"),
    [
        ("", "connectionMinutes", lambda value: {"connectionMinutes": value}),
        ("#quality", "value", lambda value: {"quality": [{"value": value}]}),
        ("#publishBps", "value", lambda value: {"publishBps": [{"value": value}]}),
    ],
)
def test_a_fraction_is_taken_where_the_job_says_decimal(part: str, column: str, fields: Any, value: object) -> None:
    answer = says({"roomId": "RM_a", **fields(value)})
    with pytest.raises(ProviderError) as refused:
        flow(f"{GET}{part}", id="RM_a").read((answer,))
    assert str(refused.value).endswith(
        f'session RM_a, column "{column}": "12.5" is no integer;'
        f' write columns = {{ {column} = "decimal" }} to take fractions'
    )
    (row,) = read(flow(f"{GET}{part}", id="RM_a", columns={column: "decimal"}), answer)
    assert row[column] == Decimal("12.5")


def test_a_value_that_is_no_number_is_told_without_a_way_to_take_it() -> None:
    with pytest.raises(ProviderError) as refused:
        flow(GET, id="RM_a").read((says({"roomId": "RM_a", "connectionMinutes": "many"}),))
    assert str(refused.value).endswith('column "connectionMinutes": "many" is no integer')


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
