"""The sandbox's sessions: real strings of both versions, tokens, children, roles (kaltura.md §9, §13)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
from Crypto.Cipher import AES
from KalturaClient import KalturaClient
from sandbox_caller import KS, NOW, WEEK, Caller, Clock

from reportrunner.sandbox import SANDBOX_ADMIN_SECRET, SANDBOX_TOKENS, AppToken, Faults, Sandbox, child_secret
from reportrunner.sandbox.accounts import CHILDREN
from reportrunner.sandbox.aes import decrypt, encrypt
from reportrunner.sandbox.kaltura_ks import Claims, read, write_v2

SECRET = "5f4e3d2c1b0a99887766554433221100"
EXPIRY = 1_893_456_000
RANDOM = bytes(range(16))
EMPTY = "djJ8MTAwNDJ8ssmog28c3EDzmIt1ha_ovXP2Nt-CFS94YUNQqRGm4KcknHQP4hW4fWUeH6NJIY9dIicTmZg3FhmEr2XwM0SHpw=="
FULL = (
    "djJ8MTAwNDJ8YjIMNs00EAaL5LxNw9NrI41rOoPhTdvclTMoZOJL0shuLp2IFEBBj1tXUjGqor5CB5x_8CSQ1OA7Ow0kzq9CPz4ObCALt1740W9OBo"
    "M3dZICY-gAE1DKk11vY1RxjZlGg1-DUfzipHPpU2iApM_kt-Qxp10DZGcuDbVG7LuO4pH5Ny0pD4PIsCs_-NG-VoyZy86P3qBXhkrZ0w59zBekCA=="
)
FIRST = (
    "MDlkNzgyZTczOGQ4ZjZlZjA4ZGFlMTc5ZWVlZjdiZjZiNDNmZTFlZnwxMDA0MjsxMDA0MjsxODkzNDU2MDAwOzI7MTIzNDUuNjc4OTthbmEuYmVyZ0"
    "BleGFtcGxlLm9yZztlZGl0OiosZGlzYWJsZWVudGl0bGVtZW50"
)
ANA = "ana.berg@example.org"
SOME = Claims(10042, 2, ANA, int(NOW) + 600, "virtualeventid:4711")


@pytest.fixture(scope="module")
def caller() -> Iterator[Caller]:
    with Sandbox(clock=Clock()) as sandbox:
        yield Caller(sandbox)


def code(answer: Any) -> str:
    assert answer["objectType"] == "KalturaAPIException", answer
    return str(answer["code"])


def total(caller: Caller, ks: str) -> Any:
    return caller.json("report.getTotal", WEEK, ks=ks, reportType=13)


def secret_of(partner: int) -> str | None:
    return SECRET if partner == 10042 else None


# --- strings


@pytest.mark.parametrize("blocks", range(6))
def test_our_cipher_is_everybodys(blocks: int) -> None:
    key = hashlib.shake_128(f"key|{blocks}".encode()).digest(16)
    plain = hashlib.shake_128(f"plain|{blocks}".encode()).digest(16 * blocks)
    theirs = AES.new(key, AES.MODE_CBC, bytes(16)).encrypt(plain)
    assert encrypt(key, plain) == theirs
    assert decrypt(key, theirs) == plain


@pytest.mark.parametrize("cipher", [encrypt, decrypt])
def test_a_rest_of_a_block_is_refused(cipher: Any) -> None:
    with pytest.raises(ValueError, match="17 bytes"):
        cipher(bytes(16), bytes(17))


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        (EMPTY, Claims(10042, 2, "", EXPIRY, "")),
        (FULL, Claims(10042, 0, ANA, EXPIRY, "edit:*,virtualeventid:4711,appid:reportrunner-example.org,all:*")),
    ],
)
def test_version_2_is_written_and_read_as_the_vectors_say(text: str, claims: Claims) -> None:
    assert write_v2(claims, SECRET, RANDOM) == text
    assert read(text, secret_of) == claims


def test_version_1_is_read_as_the_vector_says() -> None:
    assert read(FIRST, secret_of) == Claims(10042, 2, ANA, EXPIRY, "edit:*,disableentitlement")


@pytest.mark.parametrize(
    "text",
    [
        *("", "not-a-session", "!", "é", "djJ8", "djJ8MTAwNDJ8", "djJ8eHx4", "fA==", EMPTY[:-8], FIRST[:-8]),
        EMPTY.replace("ssmog", "ssmoh"),
        "A" + FIRST[1:],
        write_v2(Claims(10043, 2, "", EXPIRY, ""), SECRET, RANDOM),
        write_v2(Claims(10042, 2, "", EXPIRY, ""), "another secret", RANDOM),
    ],
)
def test_what_is_no_session_of_ours_is_none(text: str) -> None:
    assert read(text, secret_of) is None


def test_a_session_granted_is_one_that_any_decoder_reads(caller: Caller) -> None:
    ks = caller.session("virtualeventid:1, *,virtualeventid:4711", userId=ANA, expiry=60)
    claims = read(ks, {10042: SANDBOX_ADMIN_SECRET}.get)
    assert claims == Claims(10042, 2, ANA, int(NOW) + 60, "virtualeventid:4711,all:*")


# --- local sessions


@pytest.mark.parametrize("version", ["generateSession", "generateSessionV2"])
def test_a_session_of_the_official_generator_is_accepted(caller: Caller, version: str) -> None:
    made: bytes = getattr(KalturaClient, version)(SANDBOX_ADMIN_SECRET, ANA, 2, 10042, 9 * 365 * 86_400, "edit:*,*")
    info = caller.json("session.get", ks=made.decode())
    assert (info["userId"], info["sessionType"], info["privileges"]) == (ANA, 2, "edit:*,all:*")
    assert total(caller, made.decode())["objectType"] == "KalturaReportTotal"


def test_a_local_session_means_what_it_says(caller: Caller) -> None:
    ks = write_v2(SOME, SANDBOX_ADMIN_SECRET, RANDOM)
    assert caller.json("session.get", ks=ks) == {
        "ks": ks,
        "sessionType": 2,
        "partnerId": 10042,
        "userId": ANA,
        "expiry": int(NOW) + 600,
        "privileges": "virtualeventid:4711",
        "objectType": "KalturaSessionInfo",
    }
    user = write_v2(Claims(10042, 0, ANA, int(NOW) + 600, ""), SANDBOX_ADMIN_SECRET, RANDOM)
    assert code(total(caller, user)) == "SERVICE_FORBIDDEN"


def test_a_local_session_dies_at_its_second_and_can_be_ended() -> None:
    clock = Clock()
    with Sandbox(clock=clock) as sandbox:
        caller = Caller(sandbox)
        ks = write_v2(SOME, SANDBOX_ADMIN_SECRET, RANDOM)
        other = write_v2(SOME, SANDBOX_ADMIN_SECRET, bytes(16))
        assert caller.json("session.end", ks=other) is None
        assert caller.json("session.get", ks=other)["args"]["KSID"] == "LOGOUT"
        clock.now = SOME.expiry - 1
        assert caller.json("session.get", ks=ks)["userId"] == ANA
        clock.now = SOME.expiry
        assert caller.json("session.get", ks=ks)["args"]["KSID"] == "EXPIRED"


def test_a_session_signed_with_another_secret_is_echoed(caller: Caller) -> None:
    stranger = write_v2(SOME, "another secret", RANDOM)
    error = caller.json("session.get", ks=stranger)
    assert error["message"] == f'Invalid KS "{stranger}", Error "-1,INVALID_STR"'
    assert error["args"] == {"KSID": stranger, "ERR_CODE": "-1", "ERR_DESC": "INVALID_STR"}


# --- children


def test_a_child_has_its_own_secret(caller: Caller) -> None:
    child = CHILDREN[3]
    ks = write_v2(Claims(child, 2, "", int(NOW) + 60, ""), child_secret(child), RANDOM)
    assert caller.json("session.get", ks=ks)["partnerId"] == child
    assert code(caller.json("session.get", ks=write_v2(SOME, child_secret(child), RANDOM))) == "INVALID_KS"
    started = caller.json("session.start", secret=child_secret(child), partnerId=child, type=2)
    assert caller.json("session.get", ks=started)["partnerId"] == child
    wrong = caller.json("session.start", secret=SANDBOX_ADMIN_SECRET, partnerId=child, type=2)
    assert (wrong["code"], wrong["args"]) == ("START_SESSION_ERROR", {"PID": str(child)})


def test_the_parent_impersonates_its_children_only(caller: Caller) -> None:
    def impersonate(child: object, secret: str = SANDBOX_ADMIN_SECRET, **more: object) -> Any:
        given = {"secret": secret, "type": "2", "impersonatedPartnerId": str(child), "partnerId": "10042"}
        return caller.json("session.impersonate", given, **more)

    for child in CHILDREN:
        ks = impersonate(child, privileges="virtualeventid:4711", userId=ANA, expiry=60)
        info = caller.json("session.get", ks=ks)
        assert (info["partnerId"], info["userId"], info["expiry"]) == (child, ANA, NOW + 60)
        assert info["privileges"] == "virtualeventid:4711"
    stranger = impersonate(7)
    assert (stranger["code"], stranger["args"]) == (
        "PARTNER_ACCESS_FORBIDDEN",
        {"ACCESSING_PID": "10042", "ACCESSED_PID": "7"},
    )
    assert code(impersonate(CHILDREN[0], "wrong")) == "START_SESSION_ERROR"
    nobody = {"secret": SANDBOX_ADMIN_SECRET, "type": "2"}
    assert caller.json("session.impersonate", nobody)["args"] == {"PARAM_NAME": "impersonatedPartnerId"}
    parent = {"secret": child_secret(CHILDREN[0]), "partnerId": str(CHILDREN[0])}
    sibling = caller.json("session.impersonate", parent, impersonatedPartnerId=CHILDREN[1])
    assert code(sibling) == "PARTNER_ACCESS_FORBIDDEN"


def test_a_session_type_that_does_not_exist_is_an_enum_error(caller: Caller) -> None:
    error = caller.json("session.start", secret=SANDBOX_ADMIN_SECRET, type=1)
    assert error["args"] == {"ENUM_VAL": "1", "PARAM_NAME": "type", "ENUM_TYPE": "KalturaSessionType"}


def test_the_account_may_cap_sessions_silently() -> None:
    with Sandbox(clock=Clock(), faults=Faults(session_cap=90)) as sandbox:
        caller = Caller(sandbox)
        lives = [caller.json("session.get", ks=caller.session(expiry=asked))["expiry"] - NOW for asked in (60, 86_400)]
        assert lives == [60, 90]
        assert token(caller, SANDBOX_TOKENS["0_plain1"])["expiry"] == NOW + 90


# --- application tokens


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("MD5", "ede8e5eb66654fc9d5dc209ed4adc07d"),
        ("SHA1", "876b12106991eef8ff7d55777a20d2d100106585"),
        ("SHA256", "b8e3d5274650b07587ff572353bb1b1b9b1a551e0922cb6fd7508934a13406aa"),
    ],
)
def test_the_token_hash_is_that_of_the_vectors(kind: str, wanted: str) -> None:
    made = AppToken("0_vector1", "00112233445566778899aabbccddeeff", kind)
    assert made.hash("djJ8MTAwNDJ8d2lkZ2V0LXNlc3Npb24tZXhhbXBsZQ==") == wanted


def widget(caller: Caller) -> str:
    return str(caller.json("session.startWidgetSession", widgetId="_10042")["ks"])


def token(caller: Caller, used: AppToken, **more: object) -> Any:
    ks = widget(caller)
    given = {"id": used.id, "tokenHash": used.hash(ks), "ks": ks}
    return caller.json("appToken.startSession", given, **more)


@pytest.mark.parametrize("name", ["0_plain1", "0_md5t1", "0_sha256t1", "0_sha512t1"])
def test_every_hash_type_opens_a_session(caller: Caller, name: str) -> None:
    info = token(caller, SANDBOX_TOKENS[name], userId=ANA, expiry=60)
    assert (info["sessionType"], info["partnerId"], info["userId"], info["expiry"]) == (2, 10042, ANA, NOW + 60)
    assert info["objectType"] == "KalturaSessionInfo"
    assert total(caller, info["ks"])["objectType"] == "KalturaReportTotal"
    names = dict(piece.split(":") for piece in info["privileges"].split(","))
    assert names.keys() == {"sessionid", "apptoken"}
    assert names["apptoken"] == name


def test_the_shortest_life_wins() -> None:
    clock = Clock()
    with Sandbox(clock=clock) as sandbox:
        caller = Caller(sandbox)
        assert token(caller, SANDBOX_TOKENS["0_plain1"])["expiry"] == NOW + 86_400
        assert token(caller, SANDBOX_TOKENS["0_md5t1"], expiry=9000)["expiry"] == NOW + 3600
        clock.now = EXPIRY - 50
        assert token(caller, SANDBOX_TOKENS["0_sha256t1"], expiry=9000)["expiry"] == EXPIRY
        clock.now = EXPIRY
        assert code(token(caller, SANDBOX_TOKENS["0_sha256t1"])) == "APP_TOKEN_EXPIRED"


def test_reserved_privileges_are_dropped_silently_unless_the_token_has_them(caller: Caller) -> None:
    wanted = "virtualeventid:9,appId:portal,setrole:20,edit:*,sview:1_aa11"

    def kept(name: str) -> list[str]:
        privileges = token(caller, SANDBOX_TOKENS[name], sessionPrivileges=wanted)["privileges"]
        return [piece for piece in privileges.split(",") if not piece.startswith(("sessionid:", "apptoken:"))]

    assert kept("0_plain1") == ["appId:portal", "sview:1_aa11"]
    assert kept("0_event1") == ["virtualeventid:4711", "appId:portal", "sview:1_aa11"]
    assert kept("0_anyev1") == ["virtualeventid:9", "appId:portal", "sview:1_aa11"]


def test_a_token_session_carries_its_event_to_the_microservice(caller: Caller) -> None:
    asked = {
        "entries_ids": ["1_town1"],
        "virtual_event_ids": ["4711"],
        "from_date_id": "2026-11-01",
        "to_date_id": "2026-11-15",
    }

    def status(name: str) -> int:
        ks = token(caller, SANDBOX_TOKENS[name], sessionPrivileges="virtualeventid:4711")["ks"]
        reply = caller.reports("generate", ks, reportName="pollsActivity", reportParameters=asked)
        return reply.status_code

    assert [status(name) for name in ("0_event1", "0_plain1")] == [200, 403]


def test_a_wrong_hash_or_token_is_refused(caller: Caller) -> None:
    plain = SANDBOX_TOKENS["0_plain1"]
    ks = widget(caller)
    form = {"id": plain.id, "tokenHash": plain.hash(ks), "ks": ks}
    assert "code" not in caller.json("appToken.startSession", form)
    assert code(caller.json("appToken.startSession", {**form, "tokenHash": plain.hash(ks).upper()})) == (
        "INVALID_APP_TOKEN_HASH"
    )
    assert code(caller.json("appToken.startSession", {**form, "ks": widget(caller)})) == "INVALID_APP_TOKEN_HASH"
    assert caller.json("appToken.startSession", {**form, "id": "0_none1"})["args"] == {"ID": "0_none1"}
    without = {name: value for name, value in form.items() if name != "ks"}
    assert code(caller.json("appToken.startSession", without)) == "MISSING_KS"
    assert caller.json("appToken.startSession", form, type=3)["args"]["ENUM_TYPE"] == "KalturaSessionType"
    bare = {name: value for name, value in form.items() if name != "tokenHash"}
    assert caller.json("appToken.startSession", bare)["args"] == {"PARAM_NAME": "tokenHash"}
    assert code(token(caller, SANDBOX_TOKENS["0_expired1"])) == "APP_TOKEN_EXPIRED"
    assert code(token(caller, SANDBOX_TOKENS["0_inactive1"])) == "APP_TOKEN_NOT_ACTIVE"
    child = caller.json("session.startWidgetSession", widgetId=f"_{CHILDREN[0]}")["ks"]
    theirs = {"id": plain.id, "tokenHash": plain.hash(child), "ks": child}
    assert code(caller.json("appToken.startSession", theirs)) == "APP_TOKEN_ID_NOT_FOUND"


def test_a_token_session_expires_once_although_its_id_is_always_new() -> None:
    with Sandbox(clock=Clock(), faults=Faults(expire_session_after=1)) as sandbox:
        caller = Caller(sandbox)
        first, second = (token(caller, SANDBOX_TOKENS["0_event1"])["ks"] for _ in range(2))
        assert [total(caller, first).get("code") for _ in range(3)] == [None, "INVALID_KS", "INVALID_KS"]
        assert [total(caller, second).get("code") for _ in range(3)] == [None] * 3


# --- roles

_ASKED = {
    "report": ("report.getTotal", {**WEEK, "reportType": "13"}),
    "live": ("liveReports.getEvents", {"reportType": "ENTRY_TIME_LINE", "filter[entryIds]": "1_town1"}),
    "beacon": ("beacon_beacon.list", {"filter[relatedObjectTypeIn]": "4"}),
    "entry": ("baseEntry.list", {}),
    "search": (
        "elasticsearch_esearch.searchEntry",
        {
            "searchParams[searchOperator][searchItems][0][objectType]": "KalturaESearchEntryItem",
            "searchParams[searchOperator][searchItems][0][fieldName]": "name",
            "searchParams[searchOperator][searchItems][0][itemType]": "4",
        },
    ),
    "caption": ("caption_captionAsset.list", {"filter[entryIdEqual]": "1_gdpr1"}),
}


@pytest.mark.parametrize(
    ("privileges", "open_ones"),
    [
        ("", set(_ASKED)),
        ("setrole:1", set(_ASKED)),
        ("setrole:20", {"entry", "search", "caption"}),
        ("setrole:30", {"report", "live", "beacon"}),
        ("setrole:99", set()),
    ],
)
def test_a_role_opens_what_it_opens(caller: Caller, privileges: str, open_ones: set[str]) -> None:
    ks = caller.session(privileges)
    answers = {name: caller.json(call, form, ks=ks) for name, (call, form) in _ASKED.items()}
    refused = {name for name, answer in answers.items() if "code" in answer}
    assert refused == set(_ASKED) - open_ones
    for name in refused:
        service, _, action = _ASKED[name][0].partition(".")
        assert answers[name]["args"] == {"SERVICE": f"{service}->{action}"}
    assert caller.json("session.get", ks=ks)["partnerId"] == 10042


@pytest.mark.parametrize("name", list(_ASKED))
def test_a_user_session_and_a_bare_partner_are_forbidden(caller: Caller, name: str) -> None:
    call, form = _ASKED[name]
    assert code(caller.json(call, form, ks=caller.session(kind=0))) == "SERVICE_FORBIDDEN"
    assert code(caller.json(call, form, partnerId=10042)) == "SERVICE_FORBIDDEN"
    assert code(caller.json(call, form)) == "MISSING_KS"


def test_row_12_the_session_of_any_service_expires_with_http_200() -> None:
    clock = Clock()
    with Sandbox(clock=clock) as sandbox:
        caller = Caller(sandbox)
        ks = caller.session(expiry=60)
        clock.now = NOW + 60
        replies = [caller.raw(call, form, ks=ks, format=1) for call, form in _ASKED.values()]
        assert {reply.status_code for reply in replies} == {200}
        words = {"KSID": "EXPIRED", "ERR_CODE": "-1", "ERR_DESC": "INVALID_STR"}
        assert [reply.json()["args"] for reply in replies] == [words] * len(_ASKED)


def test_the_log_holds_no_secret_however_it_was_sent() -> None:
    with Sandbox(clock=Clock()) as sandbox:
        caller = Caller(sandbox)
        plain = SANDBOX_TOKENS["0_plain1"]
        ks = widget(caller)
        hashed = plain.hash(ks)
        info = caller.json("appToken.startSession", {"id": plain.id, "tokenHash": hashed, "ks": ks})
        start = {"service": "session", "action": "start", "secret": SANDBOX_ADMIN_SECRET, "type": "2"}
        use = {"service": "appToken", "action": "startSession", "id": plain.id, "tokenHash": hashed, "ks": ks}
        nested = {f"{n}:{k}": v for n, one in enumerate((start, use), 1) for k, v in one.items()}
        caller.post("/api_v3/service/multirequest", {**nested, "format": "1"})
        document = {"1": start, "2": use, "format": 1, "ks": info["ks"]}
        caller.http.post(f"{sandbox.base_url}/api_v3/service/multirequest", json=document, timeout=10)
        caller.post(f"/api_v3/service/session/action/get//ks//{info['ks']}/session/{ks}/1%3AtokenHash/{hashed}")
        caller.json("session.get", KS, session=info["ks"])
        assert [record.action for record in sandbox.log] == [
            *("session.startWidgetSession", "appToken.startSession", "multirequest", "multirequest"),
            *("session.get", "session.get"),
        ]
        assert sandbox.log[2].parameter("2.id") == plain.id
        assert sandbox.log[4].path == "/api_v3/service/session/action/get/ks/***/session/***/1%3AtokenHash/***"
        text = repr(sandbox.log)
        assert [
            secret for secret in (SANDBOX_ADMIN_SECRET, hashed, ks, info["ks"], plain.secret) if secret in text
        ] == []
