"""The official `livekit-api` token opens the sandbox as ours does, says the same where both speak, and reads the values
that our client lands."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
import requests
from asking import Bench
from livekit.api import AccessToken, TokenVerifier, VideoGrants
from livekit_asking import NOW, PROJECT, SOURCE, bench, flow

from reportrunner.flow import SessionKey
from reportrunner.providers.livekit.session import IDENTITY, LIFE, mint
from reportrunner.sandbox import CREDENTIALS, Sandbox

KEY, SECRET = CREDENTIALS["livekit"]["api_key"], CREDENTIALS["livekit"]["api_secret"]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(clock=lambda: datetime.now(UTC).timestamp(), today=NOW.timestamp) as running:
        yield running


@pytest.fixture
def ours(sandbox: Sandbox) -> Iterator[Bench]:
    with bench(sandbox.base_url) as made:
        yield made


def official(**grants: Any) -> str:
    """The token that the official library makes with nothing but these grants."""
    nothing = VideoGrants(can_publish=None, can_subscribe=None, can_publish_data=None, **grants)  # type: ignore[arg-type]
    made = AccessToken(KEY, SECRET).with_identity(IDENTITY).with_ttl(timedelta(seconds=LIFE)).with_grants(nothing)
    return str(made.to_jwt())


def decoded(token: str) -> dict[str, Any]:
    return dict(jwt.decode(token, SECRET.encode(), algorithms=["HS256"], issuer=KEY))


def get(sandbox: Sandbox, path: str, token: str, **query: str) -> requests.Response:
    url = f"{sandbox.base_url}/api/project/{PROJECT}/{path}"
    return requests.get(url, params=query, headers={"Authorization": f"Bearer {token}"}, timeout=10)


def minted(moment: datetime) -> str:
    values = {"api_key": KEY, "api_secret": SECRET}
    return mint(SOURCE, SessionKey("livekit"), values.__getitem__, moment, bytes).session


def test_both_tokens_say_the_same() -> None:
    theirs = decoded(official(room_list=True))
    mine = decoded(minted(datetime.fromtimestamp(theirs["nbf"], UTC)))
    assert mine == {name: value for name, value in theirs.items() if value or name != "name"}
    assert mine["video"] == {"roomList": True}
    assert jwt.get_unverified_header(minted(NOW)) == jwt.get_unverified_header(official(room_list=True))


def test_the_official_verifier_takes_our_token() -> None:
    claims = TokenVerifier(KEY, SECRET).verify(minted(datetime.now(UTC)))
    assert claims.video is not None
    assert claims.video.room_list
    assert claims.identity == IDENTITY


def test_a_token_without_the_grant_opens_nothing(sandbox: Sandbox) -> None:
    assert get(sandbox, "sessions", official(room_list=True)).status_code == 200
    assert get(sandbox, "sessions", official(room_create=True)).status_code == 401
    assert get(sandbox, "sessions", AccessToken("APIother", SECRET).to_jwt()).status_code == 401


def test_our_client_lands_what_is_read_with_the_official_token(sandbox: Sandbox, ours: Bench) -> None:
    token = official(room_list=True)
    theirs: dict[str, Any] = {}
    for number in range(9):
        page = get(
            sandbox, "sessions", token, limit="50", page=str(number), start="2026-11-12", end="2026-11-16"
        ).json()
        theirs |= {one["sessionId"]: one for one in page.get("sessions", [])}
    mine = {str(row["sessionId"]): row for row in ours.landed(flow())}
    assert mine
    assert mine.keys() <= theirs.keys()
    for name, row in mine.items():
        one = theirs[name]
        assert row["createdAt"] == datetime.fromisoformat(one["createdAt"])
        assert row["bandwidthOut"] == int(one.get("bandwidthOut", 0))
        assert row["numParticipants"] == one.get("numParticipants", 0)
        assert row["success"] == one.get("connectionCounts", {}).get("success", 0)
    busiest = max(theirs.values(), key=lambda one: int(one.get("numParticipants", 0)))["sessionId"]
    session = get(sandbox, f"sessions/{busiest}", token).json()
    (row,) = ours.landed(flow("sessions.get", id=busiest))
    assert (row["connectionMinutes"], row["bandwidth"]) == (session["connectionMinutes"], int(session["bandwidth"]))
    people = ours.landed(flow("sessions.get#participants", id=busiest))
    assert {one["participantIdentity"]: one["connections"] for one in people} == {
        one["participantIdentity"]: len(one["sessions"]) for one in session["participants"]
    }
    quality = ours.landed(flow("sessions.get#quality", id=busiest))
    assert sum(one["value"] for one in quality) == sum(one.get("value", 0) for one in session["quality"])
