"""How requests of a source travel: own certificates, a proxy of its own, and sign-ins that go elsewhere."""

from __future__ import annotations

import datetime as dt
import shutil
import ssl
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from describing import PROVIDER, Described
from loopback import Loopback, Say, serving, spool

from reportrunner.ask import Source
from reportrunner.errors import ProviderError, SecretError
from reportrunner.execute.attempt import Attempt, Desk
from reportrunner.fill import Route, SentRequest, fill, routed
from reportrunner.flow import Done, Flow, Hole, Reply, Request, Step
from reportrunner.secret import Redactor
from reportrunner.sources import live_runtime, sandbox_runtime
from reportrunner.table import Rows
from reportrunner.transport import Transport

CERTIFICATES = Path(__file__).parent / "certificates"
CA = str(CERTIFICATES / "test-only-ca.pem")
CLIENT = (str(CERTIFICATES / "test-only-client.pem"), str(CERTIFICATES / "test-only-client.key"))
NOW = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)


def context(*, client: bool = False) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(CERTIFICATES / "test-only-server.pem", CERTIFICATES / "test-only-server.key")
    if client:
        made.load_verify_locations(CA)
        made.verify_mode = ssl.CERT_REQUIRED
    return made


@pytest.fixture
def transport() -> Iterator[Transport]:
    made = Transport(time.monotonic)
    yield made
    made.close()


def get(url: str, route: Route) -> SentRequest:
    return replace(fill(Request("GET", "/x"), url, str), route=route)


def test_a_certificate_of_an_own_authority_is_trusted_where_the_source_says_so(transport: Transport) -> None:
    with serving(lambda _: Say(body=b"hello"), context()) as house:
        assert transport.send(get(house.url, Route()), 5).fault == "tls: unable to get local issuer certificate"
        assert transport.send(get(house.url, Route(ca=CA)), 5).body == b"hello"
        assert transport.send(get(house.url, Route()), 5).fault.startswith("tls: "), "it is trusted for that send alone"


def test_a_client_certificate_is_shown(transport: Transport) -> None:
    with serving(lambda _: Say(body=b"hello"), context(client=True)) as house:
        # A server that refuses behind the handshake closes at once, and its alert may be lost in the reset.
        tries = (transport.send(get(house.url, Route(ca=CA)), 5).fault for _ in range(20))
        assert next(fault for fault in tries if fault != "cut") == "tls: the service wants a client certificate"
        assert house.seen == []
        assert transport.send(get(house.url, Route("", CA, *CLIENT)), 5).body == b"hello"


def test_a_source_may_have_a_proxy_of_its_own(transport: Transport) -> None:
    with serving(lambda seen: Say(body=seen.target.encode())) as house:
        own = f"http://me:pass%40word@{house.url.removeprefix('http://')}"
        sent = get("http://service.example.org", Route(own))
        assert transport.send(sent, 5).body == b"http://service.example.org/x"
        assert house.seen[0].headers["proxy-authorization"] == "Basic bWU6cGFzc0B3b3Jk"
    bypassing = Transport(time.monotonic, proxies={"http": "http://127.0.0.1:1", "no": "*"})
    with serving(lambda _: Say(body=b"proxied")) as house:
        assert bypassing.send(get("http://service.example.org", Route(house.url)), 5).body == b"proxied"
    bypassing.close()
    assert "pass" not in repr(sent)


def test_a_proxy_that_wants_a_password_is_told(transport: Transport) -> None:
    with serving(lambda _: Say(407)) as house:
        reply = transport.send(get("https://service.example.org", Route(house.url)), 5)
        assert reply.fault == "connect: proxy: 407: it wants a user and a password"
        assert [seen.method for seen in house.seen] == ["CONNECT"]


def test_all_methods_travel_with_their_bodies(transport: Transport) -> None:
    with serving(lambda seen: Say(body=f"{seen.method} ".encode() + seen.body)) as house:
        for method in ("PUT", "PATCH", "DELETE"):
            sent = fill(Request(method, "/x", form=(("a", "b"),)), house.url, str)
            assert transport.send(sent, 5).body == f"{method} a=b".encode()


def test_other_hosts_see_neither_the_authority_nor_the_certificate() -> None:
    route = Route("http://proxy.example:1", CA, *CLIENT)
    link = Request("GET", Hole("capture", "link"))
    far = fill(link, "https://house.example", lambda _: "https://cdn.example/x", ["cdn.example"])
    assert routed(far, "https://house.example", route).route == Route("http://proxy.example:1")
    near = fill(Request("GET", "/x"), "https://house.example/v1", str)
    assert routed(near, "https://house.example/v1", route).route == route


# --- what a source makes of its settings --------------------------------------------------------------------------


def source(**settings: Any) -> Source:
    given = {"provider": "described", "base_url": "https://house.example", **settings}
    return Source("house", PROVIDER, Described.model_validate(given))


def live(root: Path, environ: dict[str, str] | None = None, **settings: Any) -> Route:
    told = {"TOKEN": "a-long-token", **(environ or {})}
    return live_runtime(source(**settings), told, root, Redactor(), lambda: NOW).route


def test_a_route_is_made_of_the_settings(tmp_path: Path) -> None:
    shutil.copytree(CERTIFICATES, tmp_path / "certs")
    certificate = {"file": "certs/test-only-client.pem", "key": {"file": "certs/test-only-client.key"}}
    assert live(tmp_path) == Route()
    assert live(tmp_path, proxy="http://proxy.example:3128/") == Route("http://proxy.example:3128")
    assert live(tmp_path, ca="certs/test-only-ca.pem", client_certificate=certificate) == Route(
        "", *(str(tmp_path / "certs" / f"test-only-{name}") for name in ("ca.pem", "client.pem", "client.key"))
    )


def test_the_password_of_a_proxy_comes_by_reference_and_is_hidden() -> None:
    redactor = Redactor()
    proxy = {"url": "http://proxy.example:3128", "user": "me", "password": {"env": "PROXY"}}
    environ = {"TOKEN": "a-long-token", "PROXY": "pass@word"}
    runtime = live_runtime(source(proxy=proxy), environ, Path(), redactor, lambda: NOW)
    assert runtime.route.proxy == "http://me:pass%40word@proxy.example:3128"
    assert redactor.redact(f"pass@word {runtime.route.proxy}") == "*** http://me:***@proxy.example:3128"
    assert "word" not in repr(runtime)
    with pytest.raises(SecretError, match='source "house", proxy: environment variable PROXY is not set'):
        live(Path(), proxy=proxy)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("none.key", "one of the two files is not there"),
        ("test-only-server.key", "the key is another certificate's"),
        ("test-only-ca.pem", "the two files are no certificate and its key in PEM form, or the key is encrypted"),
        (".", "the two files are no certificate|one of the two files cannot be read"),
    ],
)
def test_a_client_certificate_that_is_of_no_use_ends_the_run_before_any_request(key: str, words: str) -> None:
    certificate = {"file": "test-only-client.pem", "key": {"file": key}}
    with pytest.raises(SecretError, match=words) as caught:
        live(CERTIFICATES, client_certificate=certificate)
    assert caught.value.exit_code == 3


def test_the_stand_in_needs_no_proxy_and_no_certificate() -> None:
    of = source(proxy="http://proxy.example:3128", ca="certs/ca.pem", identity="https://id.example")
    runtime = sandbox_runtime(of, "http://127.0.0.1:9", {}, lambda: NOW)
    assert (runtime.route, runtime.sign_in_url) == (Route(), "")


# --- sign-ins that go elsewhere -----------------------------------------------------------------------------------


def tried(
    house: Loopback, request: Request, *, sign_in: bool, elsewhere: str = "", token: str = "a-long-token"
) -> Reply | Exception | None:
    step = Step("token", request, lambda _, __: Done())
    flow = Flow("sign-in", "house", "sign-in", (step,), lambda _: Rows((), ()))
    runtime = replace(sandbox_runtime(source(), house.url, {"token": token}, lambda: NOW), sign_in_url=elsewhere)
    transport = Transport(time.monotonic)
    desk = Desk({"house": runtime}, transport, Redactor(), time.monotonic, spool)
    (outcome,) = desk.carry((Attempt(flow, step, request, {}, 1, time.monotonic() + 5, sign_in=sign_in),))
    transport.close()
    return outcome.error or outcome.reply


def test_a_sign_in_goes_to_its_own_host_and_nothing_else_does() -> None:
    token = (("client_secret", Hole("secret", "token")),)
    with serving(lambda _: Say(body=b"api")) as api, serving(lambda _: Say(body=b"identity")) as identity:
        for signing, told, untold in ((True, identity, api), (False, api, identity)):
            before = len(untold.seen)
            reply = tried(api, Request("POST", "/t", form=token), sign_in=signing, elsewhere=f"{identity.url}/base")
            assert isinstance(reply, Reply)
            assert told.seen[-1].body == b"client_secret=a-long-token"
            assert told.seen[-1].target == ("/base/t" if signing else "/t")
            assert len(untold.seen) == before
        reply = tried(api, Request("POST", "/t", form=token), sign_in=True)
        assert isinstance(reply, Reply)
        assert reply.body == b"api", "a source without another host signs in at its own"


def test_a_sign_in_follows_no_link_to_a_third_host() -> None:
    with serving(lambda _: Say()) as api, serving(lambda _: Say()) as identity, serving(lambda _: Say()) as third:
        for elsewhere in (identity.url, ""):
            link = Request("GET", Hole("secret", "token"))
            error = tried(api, link, sign_in=True, elsewhere=elsewhere, token=f"{third.url}/steal")
            assert isinstance(error, ProviderError)
            assert "leads away from the source's host; nothing was sent there" in str(error)
        assert [*api.seen, *identity.seen, *third.seen] == []
