"""Sources and sessions of Kaltura: what starts one, what it may say, and what is no session."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from asking import SETTINGS, SOURCES
from pydantic import ValidationError
from replies import ANY, exception, says, text

from reportrunner.ask import Source
from reportrunner.flow import Again, Done, Minted, Refused, SessionKey, Verdict, show
from reportrunner.providers.kaltura import PROVIDER
from reportrunner.providers.kaltura.session import sealed, session_fields, sign_in

NOW = dt.datetime(2026, 11, 16, 12, tzinfo=dt.UTC)
KEY = SessionKey("kaltura", ("virtualeventid:4711",))


def source(**auth: Any) -> Source:
    return Source("kaltura", PROVIDER, PROVIDER.settings.model_validate({**SETTINGS["kaltura"], "auth": auth}))


def judged(document: object, at: dt.datetime = NOW) -> Verdict:
    return sign_in(SOURCES["kaltura"], KEY, at).steps[0].judge(ANY, says(document))


LOCAL = source(admin_secret={"env": "S"}, local=True, user="ana", expiry=3600)
TOKEN = source(app_token={"id": {"env": "I"}, "secret": {"env": "T"}, "hash_type": "SHA256"})
SECRET, WHEN = "5f4e3d2c1b0a99887766554433221100", 1893456000
VECTORS = [
    (
        session_fields("", WHEN, 2, ""),
        "_e=1893456000&_t=2&_u=",
        "djJ8MTAwNDJ8ssmog28c3EDzmIt1ha_ovXP2Nt-CFS94YUNQqRGm4KcknHQP4hW4fWUeH6NJIY9dIicTmZg3FhmEr2XwM0SHpw==",
    ),
    (
        session_fields(
            "edit:*, virtualeventid:4711,appid:reportrunner-example.org,,*", WHEN, 0, "ana.berg@example.org"
        ),
        (
            "edit=%2A&virtualeventid=4711&appid=reportrunner-example.org&all=%2A"
            "&_e=1893456000&_t=0&_u=ana.berg%40example.org"
        ),
        (
            "djJ8MTAwNDJ8YjIMNs00EAaL5LxNw9NrI41rOoPhTdvclTMoZOJL0shuLp2IFEBBj1tXUjGqor5CB5x_8CSQ1OA7Ow0kzq9CPz4ObCALt1740W9O"
            "BoM3dZICY-gAE1DKk11vY1RxjZlGg1-DUfzipHPpU2iApM_kt-Qxp10DZGcuDbVG7LuO4pH5Ny0pD4PIsCs_-NG-VoyZy86P3qBXhkrZ0w59zBekCA=="
        ),
    ),
]


@pytest.mark.parametrize(("fields", "encoded", "session"), VECTORS)
def test_a_session_built_here_is_the_one_the_server_would_build(fields: str, encoded: str, session: str) -> None:
    assert fields == encoded
    assert sealed(fields, 10042, SECRET, bytes(range(16))) == session


def test_a_local_source_makes_the_session_of_each_dataset_itself() -> None:
    assert PROVIDER.mint is not None
    minted = PROVIDER.mint(LOCAL, KEY, {"admin_secret": SECRET}.__getitem__, NOW, bytes)
    expires = NOW + dt.timedelta(hours=1)
    fields = session_fields("virtualeventid:4711", int(expires.timestamp()), 2, "ana")
    assert minted == Minted(sealed(fields, 10042, SECRET, bytes(16)), expires)
    assert "djJ8" not in repr(minted)


def test_an_app_token_proves_itself_by_the_hash_of_a_widget_session() -> None:
    widget, start = sign_in(TOKEN, KEY, NOW).steps
    assert dict(widget.request.form or ()) == {"format": "1", "widgetId": "_10042"}
    assert {name: show(value) for name, value in start.request.form or ()} == {
        "format": "1",
        "ks": "<capture:widget>",
        "id": "<secret:app_token_id>",
        "tokenHash": "<sha256:<capture:widget><secret:app_token>>",
        "expiry": "86400",
        "sessionPrivileges": "virtualeventid:4711",
    }
    assert widget.judge(ANY, says({"ks": "djJ8", "partnerId": 10042})) == Done({"widget": "djJ8"})
    assert widget.judge(ANY, says({"partnerId": 10042})) == Refused("unreadable", "startWidgetSession gave no session")


def test_a_privilege_that_the_server_dropped_is_told() -> None:
    judge = sign_in(TOKEN, KEY, NOW).steps[1].judge
    info = {"ks": "djJ8", "expiry": WHEN, "privileges": "sessionid:7,apptoken:0_x,virtualeventid:4711/4712"}
    assert judge(ANY, says(info)) == Done({"session": "djJ8"}, dt.datetime.fromtimestamp(WHEN, dt.UTC))
    for granted in ("sessionid:7,apptoken:0_x", "virtualeventid:4710", ""):
        verdict = judge(ANY, says({**info, "privileges": granted}))
        assert isinstance(verdict, Refused)
        assert "came without the privilege virtualeventid:4711" in verdict.words
        assert verdict.hint == "store the privilege on the token itself, or use an admin_secret"


def test_another_account_is_entered_by_impersonation() -> None:
    flow = sign_in(SOURCES["kaltura"], SessionKey("kaltura", (), 10101), NOW)
    form = {name: show(value) for name, value in flow.steps[0].request.form or ()}
    assert flow.steps[0].request.path == "/api_v3/service/session/action/impersonate"
    assert (form["impersonatedPartnerId"], form["partnerId"], form["type"]) == ("10101", "10042", "2")


@pytest.mark.parametrize(
    ("auth", "keys", "wrong"),
    [
        ({"ks": {"env": "K"}}, {"privileges": ["list:*"]}, "privileges"),
        ({"ks": {"env": "K"}}, {"impersonate": 10101}, "impersonate"),
        ({"ks": {"env": "K"}}, {"role": 12}, "role"),
        ({"app_token": {"id": {"env": "I"}, "secret": {"env": "T"}}}, {"impersonate": 10101}, "impersonate"),
        ({"admin_secret": {"env": "S"}, "local": True}, {"impersonate": 10101}, "impersonate"),
        ({"admin_secret": {"env": "S"}}, {"impersonate": 10101, "role": 2, "privileges": ["list:*"]}, ""),
    ],
)
def test_a_session_that_a_source_cannot_have_is_refused(auth: dict[str, Any], keys: dict[str, Any], wrong: str) -> None:
    table = PROVIDER.endpoints["report.getTable"].parameters
    asked = {"source": "kaltura", "endpoint": "report.getTable", "report": "13", "window": "week", **keys}
    unfit = PROVIDER.unfit(source(**auth).settings, table.model_validate(asked))
    assert (unfit.key if unfit else "") == wrong


def test_a_session_is_started_with_the_privileges_of_source_and_dataset() -> None:
    made = source(admin_secret={"env": "S"}, user="ana", privileges=["disableentitlement"], expiry=3600)
    request = sign_in(made, KEY, NOW).steps[0].request
    assert {name: str(value) for name, value in request.form or ()} == {
        "format": "1",
        "secret": "<secret:admin_secret>",
        "userId": "ana",
        "type": "2",
        "partnerId": "10042",
        "expiry": "3600",
        "privileges": "disableentitlement,virtualeventid:4711",
    }
    assert (request.method, request.path, request.query) == ("POST", "/api_v3/service/session/action/start", ())


def test_a_session_lives_from_now_for_as_long_as_was_asked() -> None:
    assert judged("djJ8MTAwNDJ8") == Done({"session": "djJ8MTAwNDJ8"}, NOW + dt.timedelta(days=1))


@pytest.mark.parametrize("document", [None, "", {}, [], True, 17, {"ks": "djJ8"}, ["djJ8"], "\ud800", "a\nb", "é"])
def test_what_is_no_text_is_no_session(document: object) -> None:
    assert judged(document) == Refused("unreadable", "session.start gave no session")


def test_a_wrong_secret_is_final_and_says_what_to_check() -> None:
    verdict = judged(exception("START_SESSION_ERROR", "Error while starting session for partner [10042]"))
    assert isinstance(verdict, Refused)
    assert verdict.words == "START_SESSION_ERROR: Error while starting session for partner [10042]"
    assert verdict.hint == "check the source's partner and admin_secret"


def test_a_service_in_trouble_is_asked_again() -> None:
    judge = sign_in(SOURCES["kaltura"], KEY, NOW).steps[0].judge
    assert judged(exception("INTERNAL_DATABASE_ERROR")).__class__ is Again
    assert judge(ANY, text("<html>", 200)) == Again("failed", "the answer is no JSON: <html>")
    assert judge(ANY, text("", 503)) == Again("failed", "HTTP 503")


@pytest.mark.parametrize(
    ("auth", "words"),
    [
        ({}, "a session, the admin secret or an app token"),
        ({"ks": {"env": "K"}, "admin_secret": {"env": "S"}}, "a session, the admin secret or an app token"),
        ({"ks": {"env": "K"}, "user": "ana"}, "a given session cannot be changed"),
        ({"ks": {"env": "K"}, "privileges": ["list:*"]}, "a given session cannot be changed"),
        ({"admin_secret": {"env": "S"}, "expiry": 60}, "greater than 60"),
    ],
)
def test_credentials_that_cannot_be_are_refused(auth: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        source(**auth)


def test_secrets_are_holes_by_name() -> None:
    given, started = source(ks={"env": "K"}), source(admin_secret={"env": "S"})
    assert list(PROVIDER.secrets(given.settings)) == ["session"]
    assert list(PROVIDER.secrets(started.settings)) == ["admin_secret"]
    token = source(app_token={"id": {"env": "I"}, "secret": {"env": "T"}})
    assert list(PROVIDER.secrets(token.settings)) == ["app_token_id", "app_token"]
    ways = [PROVIDER.session_way(each.settings) for each in (given, started, token, LOCAL)]
    assert ways == ["given", "asked", "asked", "made"]


def test_a_budget_belongs_to_host_and_account() -> None:
    one, other = (
        PROVIDER.settings.model_validate({**SETTINGS["kaltura"], **changed}) for changed in ({}, {"partner": 10043})
    )
    assert PROVIDER.account(one) != PROVIDER.account(other)
