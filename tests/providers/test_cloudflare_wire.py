"""What Cloudflare says of itself: envelopes, errors, and what headers leave of the budget."""

# ruff: noqa: E501 - a line of a table is one case

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from cloudflare_asking import BYTIME, data, judged, kit, v4
from replies import says, text

from reportrunner.flow import Again, Done, Refused, Reply, Verdict
from reportrunner.providers.cloudflare import PROVIDER
from reportrunner.providers.cloudflare.dataset import DEADLINE
from reportrunner.providers.cloudflare.wire import EnvelopeJudge, pause

SECOND = dt.timedelta(seconds=1)


def of_kit(reply: Reply) -> Verdict:
    return judged(kit("analytics.daywise"), reply)


def of_spectrum(reply: Reply) -> Verdict:
    return judged(BYTIME, reply)


def failure(*errors: object, **more: object) -> dict[str, object]:
    return {"success": False, "errors": list(errors), "messages": [], "result": None, **more}


def error(code: int, message: str, **more: object) -> dict[str, object]:
    return {"code": code, "message": message, **more}


def test_a_whole_answer_is_done() -> None:
    assert of_kit(says(data({}))) == Done()
    assert of_kit(says({"success": True})) == Done()
    assert of_kit(says({"data": {}})) == Done()
    assert of_spectrum(says(v4({}))) == Done()
    assert of_spectrum(says({"success": True, "result": {}})) == Done()


CHAIN = error(6003, "Invalid request headers", error_chain=[error(6111, "Invalid format for Authorization header")])


@pytest.mark.parametrize(
    ("document", "status", "words", "hint"),
    [
        (failure(error(7003, "Could not route"), error(7000, "No route")), 400, "Could not route (7003); No route (7000)", "an id in the path"),
        ({"success": False, "errors": [error(10000, "Authentication error")]}, 403, "Authentication error (10000)", "check the credential"),
        (failure(error(9106, "Missing X-Auth-Key")), 400, "Missing X-Auth-Key (9106)", "check the credential"),
        (failure(CHAIN), 400, "Invalid request headers (6003); Invalid format for Authorization header (6111)", "check the credential"),
        (failure(error(1000, "bad", source={"pointer": "/since"})), 422, "bad at /since (1000)", ""),
        ({"success": False, "error": error(404, "No such app")}, 404, "No such app (404)", ""),
        ({"success": False, "error": "plain words"}, 400, "plain words", ""),
        (failure("odd"), 400, "odd", ""),
    ],
)  # fmt: skip
def test_every_error_of_both_envelopes_is_told(document: object, status: int, words: str, hint: str) -> None:
    for judge in (of_kit, of_spectrum):
        verdict = judge(says(document, status))
        assert isinstance(verdict, Refused)
        assert verdict.words == f"HTTP {status}: {words}"
        assert verdict.hint.startswith(hint)
        assert bool(verdict.hint) == bool(hint)


@pytest.mark.parametrize(
    "document",
    [
        failure(error(1001, "no")),
        {"success": False, "error": error(422, "no")},
        {"success": False},
        {"errors": [error(1001, "no")]},
    ],
)
def test_a_200_that_is_no_success_is_refused(document: object) -> None:
    for judge in (of_kit, of_spectrum):
        verdict = judge(says(document))
        assert isinstance(verdict, Refused)
        assert verdict.kind == "refused"


@pytest.mark.parametrize("body", ["<html><body>Bad gateway</body></html>", "", "[]", "null", "{"])
def test_what_is_no_object_is_unreadable_and_repeated_only_after_a_5xx(body: str) -> None:
    assert isinstance(of_kit(text(body, 502)), Again)
    assert isinstance(of_kit(text(body, 524)), Again)
    verdict = of_kit(text(body))
    assert isinstance(verdict, Refused)
    assert verdict.kind == "unreadable"
    assert isinstance(of_kit(text(body, 403)), Refused)


def test_an_answer_without_its_result_is_no_empty_one() -> None:
    for document in ({"success": True}, v4(None), data([])):
        verdict = of_spectrum(says(document))
        assert isinstance(verdict, Refused)
        assert "the answer has no result" in verdict.words


def test_a_fault_and_a_5xx_are_passing() -> None:
    assert of_kit(Reply(fault="timeout")) == Again("failed", "timeout")
    verdict = of_kit(says(failure(error(1002, "try later")), 500))
    assert isinstance(verdict, Again)
    assert verdict.why == "failed"
    assert "try later (1002)" in verdict.words


def test_the_number_in_the_services_log_is_told() -> None:
    verdict = of_kit(says(failure(error(7003, "no")), 400, cf_ray="8a1b2c3d4e5f-FRA"))
    assert isinstance(verdict, Refused)
    assert verdict.words.endswith("[cf-ray 8a1b2c3d4e5f-FRA]")


def limited(**headers: str) -> Again:
    verdict = EnvelopeJudge("data")(judged_request(), says(failure(error(10429, "slow down")), 429, **headers))
    assert isinstance(verdict, Again)
    assert verdict.why == "limited"
    assert verdict.words == "slow down (10429)"
    return verdict


def judged_request() -> Any:
    return None


def test_a_429_waits_as_long_as_it_says_and_a_flow_outlives_several() -> None:
    assert limited(retry_after="300").after is None, "the executor reads Retry-After itself, and in whole"
    assert limited(ratelimit='"default";r=0;t=45').after == 45 * SECOND
    assert limited().after == 60 * SECOND
    moments = {"retry_after": "Mon, 16 Nov 2026 10:05:00 GMT", "date": "Mon, 16 Nov 2026 10:00:00 GMT"}
    assert limited(**moments).after is None
    for unread in ("soon", "", "1.5", "-3", moments["retry_after"]):
        assert limited(retry_after=unread).after == 60 * SECOND
        assert limited(retry_after=unread, ratelimit="default;r=0;t=45").after == 45 * SECOND
    assert 6 * dt.timedelta(seconds=300) < DEADLINE


@pytest.mark.parametrize(
    ("left", "policy", "wait"),
    [
        ('"default";r=1199;t=300', "", None),
        ('"default";r=1;t=300', "", None),
        ('"default";r=0;t=12', "", 12),
        ('"default"; r=0; t=12', "", 12),
        ('"default";r=50;t=1, "burst";r=0;t=3', "", 3),
        ('"default";r=0;t=9, "burst";r=0;t=3', "", 9),
        ('"default";r=0;t=0', "", None),
        ('"default";r=0;t=9000', "", 300),
        ('"default";r=0', '"default";q=1200;w=240', 240),
        ('"default";r=0', "", 300),
        ("r=0;t=12", "", None),
        ("", '"default";q=1200;w=300', None),
        ("nonsense", "", None),
        ("default;r=0;t=30", "", 30),
        ('"default";R=0;T=30', "", 30),
        ('"default";r=-1;t=30', "", 30),
        ('"default";r=0;t=-5', "", None),
        ('"default";r=0;pk=:abc=:;t=30', "", 30),
        ('"a;b,c";pk="x;r=1,y";r=0;t=30', "", 30),
        ('"default";r=0', 'default;Q=1200;W=240;comment="a, b"', 240),
        (';;,"', "", None),
    ],
)
def test_a_budget_that_is_spent_stops_the_account_until_it_is_new(left: str, policy: str, wait: int | None) -> None:
    headers = {"ratelimit": left, "ratelimit-policy": policy}
    found = pause(Reply(200, {name: value for name, value in headers.items() if value}, b"{}"))
    assert found == (None if wait is None else wait * SECOND)
    assert PROVIDER.pause is pause
