"""What LiveKit's service says and what its guide says: livekit.md §2 to §5 and §7, a test per rule.

`livekit_mutations.toml` has what each test was seen to fail for.
"""

from __future__ import annotations

import datetime as dt
import tomllib
import warnings
from decimal import Decimal
from typing import Any

import jwt
import pytest
from asking import days
from livekit_asking import (
    NOW,
    PROJECT,
    SOURCE,
    WINDOW,
    at,
    codes,
    flow,
    judged,
    opened,
    read,
    source,
    truth,
)
from projects import ROOT
from pydantic import ValidationError
from replies import says, text

from reportrunner.fill import fill
from reportrunner.flow import Again, Done, More, Refused, Reply, SessionKey, show
from reportrunner.providers.livekit import PROVIDER
from reportrunner.providers.livekit.session import mint
from reportrunner.window.span import WindowError

BEGAN = "2026-11-13T09:00:00Z"
DETAILS = {"roomId": "RM_a", "startTime": BEGAN}
GET = "sessions.get"


def listed(**fields: Any) -> dict[str, Any]:
    """The row of a session in the list."""
    (row,) = read(flow(), says({"sessions": [{"sessionId": "RM_a", "createdAt": BEGAN, **fields}]}))
    return row


def of(part: str = "", **fields: Any) -> list[dict[str, Any]]:
    """The rows of a part of a session's details."""
    return read(flow(f"{GET}{part}", id="RM_a"), says({**DETAILS, **fields}))


def page(*ids: str) -> Reply:
    return says({"sessions": [{"sessionId": name, "createdAt": BEGAN} for name in ids]})


def ids(**faults: Any) -> list[str]:
    """What a list lands from a sandbox with these faults."""
    with opened(**faults) as (made, _):
        return [str(row["sessionId"]) for row in made.landed(flow())]


TRUTH = sorted(one.session_id for one in truth())


# --- the list and its pages (§2) -----------------------------------------------------------------------------------


def test_l2_01_the_first_page_is_0() -> None:
    request = flow().steps[0].request
    assert dict(request.query)["page"] == "0"
    turned = judged(flow(), page("RM_a"))
    assert isinstance(turned, More)
    assert [dict(one.query)["page"] for one in turned.requests] == ["1"]
    assert sorted(ids()) == TRUTH


def test_l2_02_a_short_page_is_not_the_last_one() -> None:
    assert isinstance(judged(flow(limit=100), page("RM_a")), More)
    assert judged(flow(), page()) == Done()
    assert sorted(ids(livekit_cap=7)) == TRUTH


def test_l2_03_sessions_that_move_between_pages_are_landed_once() -> None:
    first, again = page("RM_a", "RM_b"), page("RM_b", "RM_c")
    assert [row["sessionId"] for row in read(flow(), first, again, page())] == ["RM_a", "RM_b", "RM_c"]
    older = says({"sessions": [{"sessionId": "RM_a", "createdAt": BEGAN, "numParticipants": 1}]})
    newer = says({"sessions": [{"sessionId": "RM_a", "createdAt": BEGAN, "numParticipants": 2}]})
    (row,) = read(flow(), older, newer, page())
    assert row["numParticipants"] == 2
    assert sorted(ids(livekit_arrivals=3, livekit_cap=7)) == TRUTH


def test_l2_04_a_page_without_a_new_session_ends_the_list_and_is_told() -> None:
    turned = judged(flow(), page("RM_a", "RM_b"))
    assert isinstance(turned, More)
    (second,) = turned.requests
    judge = flow().steps[0].judge
    assert judge(second, page("RM_b", "RM_a")) == Done()
    assert isinstance(judge(second, page("RM_b", "RM_c")), More)
    assert codes(flow(), page("RM_a", "RM_b"), page("RM_b", "RM_a")) == ["livekit.repeated_page"]
    assert codes(flow(), page("RM_a", "RM_b"), page()) == []


def test_l2_05_a_start_eight_days_back_is_refused_with_the_earliest_day() -> None:
    with pytest.raises(WindowError) as refused:
        flow(window=days("2026-11-08", "2026-11-10"))
    assert "the window begins on 2026-11-08, and the earliest day that surely passes is 2026-11-10" in str(
        refused.value
    )
    assert "write from = 2026-11-10" in str(refused.value)
    assert dict(flow(window=days("2026-11-10", "2026-11-12")).steps[0].request.query)["start"] == "2026-11-10"


def test_l2_06_what_began_outside_the_window_is_dropped() -> None:
    moments = [
        "2026-11-12T04:59:59.999999Z",
        "2026-11-12T05:00:00Z",
        "2026-11-15T04:59:59.999Z",
        "2026-11-15T05:00:00Z",
    ]
    sessions = [{"sessionId": f"RM_{n}", "createdAt": moment} for n, moment in enumerate(moments)]
    assert [row["sessionId"] for row in read(flow(), says({"sessions": sessions}))] == ["RM_1", "RM_2"]


# --- wire types (§3) -----------------------------------------------------------------------------------------------


def test_l3_01_snake_case_is_an_error_and_no_zeros() -> None:
    for document in (
        {"sessions": [{"sessionId": "RM_a", "num_participants": 4}]},
        {"sessions": [{"session_id": "RM_a"}]},
        {"sessions": [{"sessionId": "RM_a", "connection_counts": {"attempts": 4}}]},
    ):
        verdict = judged(flow(), says(document))
        assert isinstance(verdict, Refused)
        assert "would read as zero" in verdict.words
    verdict = judged(flow(GET, id="RM_a"), says({**DETAILS, "participants": [{"joined_at": BEGAN}]}))
    assert isinstance(verdict, Refused)
    assert 'writes "joined_at" for joinedAt' in verdict.words
    named = {"sessions": [{"sessionId": "RM_a", "roomName": '"room_id": 5', "createdAt": BEGAN}]}
    assert isinstance(judged(flow(), says(named)), More)


@pytest.mark.parametrize("number", [2**53 + 1, 2**63 - 1, 9007199254740993])
def test_l3_02_64_bit_integers_are_texts_and_exact(number: int) -> None:
    row = listed(bandwidthIn=str(number), bandwidthOut=str(number))
    assert (row["bandwidthIn"], row["bandwidthOut"]) == (number, number)
    assert of(bandwidth=str(number))[0]["bandwidth"] == number
    assert of("#publishBps", publishBps=[{"value": str(number)}])[0]["value"] == number


def test_l3_03_32_bit_integers_are_numbers() -> None:
    row = listed(numParticipants=4, numActiveParticipants="3", connectionCounts={"attempts": 5, "success": "4"})
    assert [row[name] for name in ("numParticipants", "numActiveParticipants", "attempts", "success")] == [4, 3, 5, 4]
    assert of(connectionMinutes=71)[0]["connectionMinutes"] == 71


@pytest.mark.parametrize(
    ("written", "micro"),
    [("09:00:00Z", 0), ("09:00:00.5Z", 500_000), ("09:00:00.123456Z", 123_456), ("09:00:00.123456789Z", 123_456)],
)
def test_l3_04_timestamps_have_0_to_9_digits_and_are_cut_to_microseconds(written: str, micro: int) -> None:
    assert listed(createdAt=f"2026-11-13T{written}")["createdAt"] == dt.datetime(2026, 11, 13, 9, 0, 0, micro, dt.UTC)


def test_l3_05_a_timestamp_may_be_the_message_itself() -> None:
    row = listed(endedAt={"seconds": "1794562200", "nanos": 250_000_999}, lastActive={"seconds": 1794562200})
    assert row["endedAt"] == dt.datetime(2026, 11, 13, 9, 30, 0, 250_000, dt.UTC)
    assert row["lastActive"] == dt.datetime(2026, 11, 13, 9, 30, tzinfo=dt.UTC)


def test_l3_06_a_number_that_is_left_out_is_0() -> None:
    row = listed()
    numbers = ("bandwidthIn", "bandwidthOut", "numParticipants", "numActiveParticipants")
    assert [row[name] for name in numbers] == [0, 0, 0, 0]
    assert of("#quality", quality=[{"timestamp": BEGAN}])[0]["value"] == 0


def test_l3_07_a_truth_value_that_is_left_out_is_false() -> None:
    (row,) = of("#participants", participants=[{"publishedSources": {"cameraTrack": True}}])
    names = ("cameraTrack", "microphoneTrack", "screenShareTrack", "screenShareAudio")
    assert [row[name] for name in names] == [True, False, False, False]


def test_l3_08_a_text_that_is_left_out_is_empty() -> None:
    assert listed()["roomName"] == ""
    assert of("#participants", participants=[{}])[0]["location"] == ""


def test_l3_09_a_list_that_is_left_out_is_empty() -> None:
    assert [of(part) for part in ("#participants", "#connections", "#quality", "#publishBps")] == [[]] * 4
    assert of("#participants", participants=[{}])[0]["connections"] == 0


def test_l3_10_counts_without_their_object_are_0() -> None:
    assert [listed()["attempts"], listed(connectionCounts={})["success"]] == [0, 0]


def test_l3_11_a_moment_that_is_left_out_has_not_come() -> None:
    assert listed()["endedAt"] is None
    assert of()[0]["endTime"] is None
    (row,) = of("#connections", participants=[{"sessions": [{"participantId": "PA_a", "joinedAt": BEGAN}]}])
    assert (row["leftAt"], row["connectedSeconds"]) == (None, None)


@pytest.mark.parametrize(
    ("form", "word"),
    [(0, "never started"), (1, "active"), ("1", "active"), (2, "ended"), ("2", "ended"), ("ENDED", "ended"),
     ("EGRESS_ACTIVE", "active"), ("EGRESS_NEVER_STARTED", "never started"), ("EGRESS_INACTIVE", "EGRESS_INACTIVE"),
     (7, "7"), (None, "never started")],
)  # fmt: skip
def test_l3_12_egress_is_a_number_its_digits_or_a_name(form: object, word: str) -> None:
    assert listed(egress=form)["egress"] == word


def test_l3_13_nothing_but_the_id_is_required() -> None:
    (row,) = read(flow(), says({"sessions": [{"sessionId": "RM_a"}]}))
    assert row["createdAt"] is None
    assert codes(flow(), says({"sessions": [{"sessionId": "RM_a"}]})) == ["livekit.undated"]
    assert judged(flow(GET, id="RM_a"), says({"roomId": "RM_a"})) == Done()
    for one, document in ((flow(), {"sessions": [{"roomName": "x"}]}), (flow(GET, id="RM_a"), {"roomName": "x"})):
        verdict = judged(one, says(document))
        assert isinstance(verdict, Refused)
        assert verdict.kind == "unreadable"


def test_l3_14_a_participants_time_is_the_sum_over_the_connections() -> None:
    stays = [
        {"participantId": "PA_a", "joinedAt": BEGAN, "leftAt": "2026-11-13T09:10:00.500Z"},
        {"participantId": "PA_b", "joinedAt": "2026-11-13T10:00:00Z", "leftAt": "2026-11-13T10:01:00Z"},
        {"participantId": "PA_c", "joinedAt": "2026-11-13T11:00:00Z"},
    ]
    whole = {"joinedAt": BEGAN, "leftAt": "2026-11-13T12:00:00Z", "sessions": stays}
    (row,) = of("#participants", participants=[whole])
    assert row["connectedSeconds"] == Decimal("660.5")
    assert (row["connections"], row["openConnections"]) == (3, 1)
    (unknown,) = of("#participants", participants=[{"joinedAt": BEGAN, "leftAt": "2026-11-13T12:00:00Z"}])
    assert unknown["connectedSeconds"] is None


def test_l3_15_details_have_times_and_bytes_of_their_own() -> None:
    (row,) = of(endTime="2026-11-13T10:00:00Z", bandwidth="70", createdAt="2020-01-01T00:00:00Z", bandwidthIn="1")
    assert row["startTime"] == dt.datetime(2026, 11, 13, 9, tzinfo=dt.UTC)
    assert row["endTime"] == dt.datetime(2026, 11, 13, 10, tzinfo=dt.UTC)
    assert row["bandwidth"] == 70


@pytest.mark.parametrize("document", [{}, {"sessions": None}, {"sessions": []}])
def test_l3_16_sessions_that_are_left_out_are_none(document: object) -> None:
    assert judged(flow(), says(document)) == Done()
    assert read(flow(), says(document)) == []
    wrong = judged(flow(), says({"rooms": [{"sid": "RM_a"}]}))
    assert isinstance(wrong, Refused)
    assert "the answer has no sessions, but rooms" in wrong.words


@pytest.mark.parametrize(
    "document",
    [{"error": "x"}, {"code": "unauthenticated", "msg": "no permissions"}, {"sessions": None, "msg": "x"}, {"next": 2}],
)
def test_an_answer_with_other_keys_and_no_sessions_is_no_empty_list(document: dict[str, object]) -> None:
    wrong = judged(flow(), says(document))
    assert isinstance(wrong, Refused)
    assert wrong.kind == "unreadable"
    assert wrong.words.startswith(
        f"the answer has no sessions, but {', '.join(sorted(set(document) - {'sessions'}))}: "
    )


# --- tokens and errors (§4, §5) ------------------------------------------------------------------------------------


def claims(secret: str = "s" * 32) -> dict[str, Any]:
    values = {"api_key": "APIkey", "api_secret": secret}
    made = mint(SOURCE, SessionKey("livekit"), values.__getitem__, NOW, bytes)
    options: Any = {"verify_exp": False, "verify_nbf": False}
    return dict(jwt.decode(made.session, secret.encode(), algorithms=["HS256"], options=options))


def test_l4_01_the_one_grant_is_room_list_in_camel_case_inside_video() -> None:
    assert claims()["video"] == {"roomList": True}
    assert sorted(claims()) == ["exp", "iss", "nbf", "sub", "video"]
    assert ids() != []


@pytest.mark.parametrize("secret", ["s" * 32, "\u00fcber-geheim\u2713" * 4, "c2VjcmV0IHRoYXQgbG9va3MgbGlrZSBiYXNlNjQ="])
def test_l4_02_the_secret_is_taken_as_its_bytes(secret: str) -> None:
    assert claims(secret)["iss"] == "APIkey"


def test_l4_03_a_short_secret_works_without_a_word() -> None:
    values = {"api_key": "APIkey", "api_secret": "short"}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = mint(SOURCE, SessionKey("livekit"), values.__getitem__, NOW, bytes)
    assert made.session.count(".") == 2


@pytest.mark.parametrize("status", [401, 403])
def test_l5_01_the_plan_is_told_from_the_key(status: int) -> None:
    plan = judged(flow(), text("Analytics API requires a SCALE\nplan or higher", status))
    assert isinstance(plan, Refused)
    assert "not the key" in plan.hint
    key = judged(flow(), text("invalid token: the issuer is not the key", status))
    assert isinstance(key, Again)
    assert key.why == "session"
    assert "check api_key and api_secret" in key.words


def test_l5_02_a_listed_session_may_be_gone() -> None:
    gone = text("session not found", 404)
    one = flow(GET, id="RM_a", value="RM_a")
    assert judged(one, gone) == Done()
    assert read(one, gone) == []
    assert codes(one, gone) == ["livekit.session_gone"]


def test_l5_03_an_error_is_text_and_cut() -> None:
    verdict = judged(flow(), text("no\nsuch day " + "x" * 900, 400))
    assert isinstance(verdict, Refused)
    assert verdict.words.startswith("HTTP 400: no such day xxx")
    assert len(verdict.words) < 230


def test_l5_04_details_without_participants_yet_are_told() -> None:
    early = says({**DETAILS, "endTime": "2026-11-13T10:00:00Z", "numParticipants": 3})
    for part in ("", "#participants", "#connections"):
        assert codes(flow(f"{GET}{part}", id="RM_a"), early) == ["livekit.details_pending"]
    assert codes(flow(GET, id="RM_a"), says(DETAILS)) == []
    assert codes(flow(GET, id="RM_a"), says({**DETAILS, "endTime": "2026-11-13T10:00:00Z"})) == []


@pytest.mark.parametrize(
    ("ended", "counted", "told"),
    [
        ("2026-11-16T11:00:00.000001Z", None, True),
        ("2026-11-16T11:00:00Z", None, False),
        ("2026-11-16T11:59:59Z", 0, True),
        ("2026-11-16T10:00:00Z", "0", False),
        ("2026-11-16T10:00:00Z", "2", True),
        (None, None, False),
    ],
)
def test_a_session_that_counts_nobody_is_pending_for_an_hour_after_its_end(
    ended: str | None, counted: object, told: bool
) -> None:
    answer = says({**DETAILS, "endTime": ended, "numParticipants": counted})
    assert dt.datetime(2026, 11, 16, 12, tzinfo=dt.UTC) == NOW
    assert codes(flow(GET, id="RM_a"), answer) == ["livekit.details_pending"] * told


# --- where guide and source disagree (§7) --------------------------------------------------------------------------


def test_l7_01_both_readings_of_end_give_the_same_sessions() -> None:
    query = dict(flow().steps[0].request.query)
    assert (query["start"], query["end"]) == ("2026-11-12", "2026-11-16")
    assert sorted(ids(livekit_end="exclusive")) == TRUTH
    assert sorted(ids(livekit_end="inclusive")) == TRUTH
    utc = days("2026-11-12", "2026-11-15", "UTC")
    assert dict(flow(window=utc).steps[0].request.query)["end"] == "2026-11-15"


def test_l7_02_timestamps_are_texts() -> None:
    mine = {one.session_id: one for one in truth()}
    with opened() as (made, _):
        for row in made.landed(flow()):
            assert row["createdAt"] == at(mine[str(row["sessionId"])].start)


@pytest.mark.parametrize("form", ["52011", 52011])
def test_l7_03_counts_and_bytes_are_texts_or_numbers(form: object) -> None:
    row = listed(bandwidthIn=form, numParticipants=form, connectionCounts={"attempts": form})
    assert (row["bandwidthIn"], row["numParticipants"], row["attempts"]) == (52011, 52011, 52011)
    assert of(bandwidth=form, connectionMinutes=form)[0]["connectionMinutes"] == 52011


def test_l7_04_fields_that_are_left_out_have_their_zero() -> None:
    assert listed() == {
        "sessionId": "RM_a", "roomName": "", "createdAt": dt.datetime(2026, 11, 13, 9, tzinfo=dt.UTC), "endedAt": None,
        "lastActive": None, "bandwidthIn": 0, "bandwidthOut": 0, "egress": "never started", "numParticipants": 0,
        "numActiveParticipants": 0, "attempts": 0, "success": 0,
    }  # fmt: skip


def test_l7_05_no_slash_ends_a_path() -> None:
    assert show(flow().steps[0].request.path) == f"/api/project/{PROJECT}/sessions"
    assert show(flow(GET, id="RM_a/b").steps[0].request.path) == f"/api/project/{PROJECT}/sessions/RM_a%2Fb"
    with opened() as (made, sandbox):
        made.landed(flow())
        assert {record.path for record in sandbox.log} == {f"/api/project/{PROJECT}/sessions"}


def test_l7_06_key_and_secret_are_named_as_the_libraries_name_them() -> None:
    project = tomllib.loads((ROOT / "reportrunner.toml").read_text("utf-8"))["sources"]["livekit"]["auth"]
    assert (project["api_key"]["env"], project["api_secret"]["env"]) == ("LIVEKIT_API_KEY", "LIVEKIT_API_SECRET")
    with pytest.raises(ValidationError) as refused:
        source(auth={"api_key": {"env": "LIVEKIT_API_KEY"}})
    assert "LIVEKIT_API_SECRET" in refused.value.errors()[0]["ctx"]["error"].hint


def test_l7_07_a_url_has_no_blanks() -> None:
    sent = fill(flow().steps[0].request, "https://livekit.example", lambda _: "t")
    assert sent.url == (
        f"https://livekit.example/api/project/{PROJECT}/sessions?limit=100&page=0&start=2026-11-12&end=2026-11-16"
    )


def test_l7_08_a_base_url_has_its_scheme() -> None:
    with pytest.raises(ValidationError, match="is no base URL"):
        source(base_url="cloud-api.livekit.io")


def test_l7_09_a_token_lives_ten_minutes() -> None:
    assert claims()["exp"] - claims()["nbf"] == 600


def test_l7_10_the_base_url_is_the_sources() -> None:
    other = source(base_url="https://analytics.example/eu")
    sent = fill(flow(of=other).steps[0].request, other.settings.base_url, lambda _: "t")
    assert sent.url.startswith(f"https://analytics.example/eu/api/project/{PROJECT}/sessions?")


@pytest.mark.parametrize("body", ["{ sessions: [ ] }", "", "NaN", '{"sessions": [NaN]}'])
def test_l7_11_an_answer_is_json_or_an_error(body: str) -> None:
    verdict = judged(flow(), text(body))
    assert isinstance(verdict, Again)
    assert "came instead of JSON" in verdict.words


@pytest.mark.parametrize("body", ["<!DOCTYPE html><html></html>", "\r\n <p>sign in", "\ufeff<html>"])
def test_a_page_of_html_is_refused_at_once(body: str) -> None:
    for one in (flow(), flow(GET, id="RM_a")):
        verdict = judged(one, text(body))
        assert isinstance(verdict, Refused)
        assert (verdict.kind, verdict.words.partition(":")[0]) == ("unreadable", "a page of HTML came instead of JSON")
        assert verdict.hint == "check base_url, and what stands between: another server answered"


def test_every_endpoint_says_its_zone_limits_and_traps() -> None:
    for endpoint in PROVIDER.endpoints.values():
        assert endpoint.days.said
        assert endpoint.limits
        assert endpoint.traps
        assert "roomList" in endpoint.permissions
    assert WINDOW.zone == "America/New_York"
