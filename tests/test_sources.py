from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from plans import PROVIDER, SOURCE, S, asking, columns

from reportrunner.ask import EndpointNode, Provider, Source
from reportrunner.errors import SecretError
from reportrunner.flow import Envelope, Flow, Minted, SessionKey
from reportrunner.limits import Limits, Rate
from reportrunner.secret import Redactor, SecretReference
from reportrunner.source_spec import LimitsSpec, SourceSpec
from reportrunner.sources import live_runtime, needed_sources, sandbox_runtime

NOW = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)


def source(provider: Provider = PROVIDER, **settings: Any) -> Source:
    given: dict[str, Any] = {"provider": "house", "base_url": "https://house.example", **settings}
    return Source("house", provider, SourceSpec(**given))


def secretive(*names: str) -> Provider:
    return replace(PROVIDER, secrets=lambda _: {name: SecretReference(env=name.upper()) for name in names})


def asks(of: Source, name: str = "progress") -> EndpointNode:
    return replace(asking(name, columns(name=S)), source=of)


def test_the_sources_needed_are_those_asked_and_those_whose_sessions_they_borrow() -> None:
    lender = replace(SOURCE, name="lender")
    borrower = Source("borrower", replace(PROVIDER, session_source=lambda _: "lender"), SOURCE.settings)
    idle = replace(SOURCE, name="idle")
    sources = {each.name: each for each in (idle, lender, borrower)}
    assert needed_sources([asks(borrower)], sources) == {"borrower": borrower, "lender": lender}
    assert needed_sources([asks(lender), asks(lender, "activity")], sources) == {"lender": lender}
    assert needed_sources([], sources) == {}


def test_a_live_source_reads_its_secrets_at_once_and_teaches_them_to_the_redactor() -> None:
    redactor = Redactor()
    environ = {"ADMIN_SECRET": "a-long-secret", "OTHER": "not asked"}
    runtime = live_runtime(source(secretive("admin_secret")), environ, Path(), redactor, lambda: NOW)
    assert runtime.secret("admin_secret") == "a-long-secret"
    assert redactor.redact("x a-long-secret y, not asked") == "x *** y, not asked"
    assert "a-long-secret" not in repr(runtime)
    assert (runtime.name, runtime.base_url, runtime.account) == ("house", "https://house.example", "a")


def test_a_missing_secret_is_named_before_anything_is_sent() -> None:
    with pytest.raises(SecretError, match="environment variable ADMIN_SECRET is not set") as caught:
        live_runtime(source(secretive("admin_secret")), {}, Path(), Redactor(), lambda: NOW)
    assert caught.value.exit_code == 3


def test_limits_are_the_projects() -> None:
    of = source(limits=LimitsSpec(concurrency=3, rate="20/1s"))
    assert live_runtime(of, {}, Path(), Redactor(), lambda: NOW).limits == Limits(3, Rate(20, 1.0))
    assert sandbox_runtime(of, "http://127.0.0.1:1", {}, lambda: NOW).limits == Limits(3, Rate(20, 1.0))
    assert live_runtime(source(), {}, Path(), Redactor(), lambda: NOW).limits == Limits(16, None)


def test_the_stand_in_has_its_own_place_and_credentials_and_never_reads_the_users() -> None:
    runtime = sandbox_runtime(
        source(secretive("admin_secret")), "http://127.0.0.1:9", {"admin_secret": "s"}, lambda: NOW
    )
    assert (runtime.base_url, runtime.secret("admin_secret")) == ("http://127.0.0.1:9", "s")


def test_a_source_signs_in_by_its_provider_unless_it_was_given_a_session() -> None:
    asked: list[tuple[str, SessionKey, dt.datetime]] = []

    def sign_in(of: Source, key: SessionKey, now: dt.datetime) -> Flow:
        asked.append((of.name, key, now))
        return asking("x", columns(name=S)).endpoint.unfold(asking("x", columns(name=S)).ask())

    signing = replace(PROVIDER, sign_in=sign_in, session_way=lambda _: "asked")
    runtime = sandbox_runtime(source(signing), "http://127.0.0.1:9", {}, lambda: NOW)
    key = SessionKey("house", ("virtualeventid:4711",))
    assert runtime.sign_in is not None
    runtime.sign_in(key)
    assert asked == [("house", key, NOW)]
    given = replace(signing, session_way=lambda _: "given")
    assert sandbox_runtime(source(given), "http://127.0.0.1:9", {}, lambda: NOW).sign_in is None
    assert sandbox_runtime(source(), "http://127.0.0.1:9", {}, lambda: NOW).sign_in is None


def test_a_source_makes_its_sessions_where_its_provider_says_so() -> None:
    asked: list[tuple[str, SessionKey, str, dt.datetime, int]] = []

    def mint(
        of: Source, key: SessionKey, secret: Callable[[str], str], now: dt.datetime, entropy: Callable[[int], bytes]
    ) -> Minted:
        asked.append((of.name, key, secret("admin_secret"), now, len({entropy(16), entropy(16)})))
        return Minted("made", now)

    def sign_in(of: Source, key: SessionKey, now: dt.datetime) -> Flow:
        raise AssertionError("nobody is asked")

    making = replace(secretive("admin_secret"), sign_in=sign_in, mint=mint, session_way=lambda _: "made")
    runtime = live_runtime(source(making), {"ADMIN_SECRET": "a-long-secret"}, Path(), Redactor(), lambda: NOW)
    key = SessionKey("house", ("virtualeventid:4711",))
    assert runtime.sign_in is None
    assert runtime.mint is not None
    assert runtime.mint(key) == Minted("made", NOW)
    assert asked == [("house", key, "a-long-secret", NOW, 2)], "two givings of random bytes are two"
    given = source(replace(making, session_way=lambda _: "given"))
    asking_for_them = source(replace(making, session_way=lambda _: "asked"))
    for other in (given, asking_for_them):
        assert sandbox_runtime(other, "http://127.0.0.1:9", {}, lambda: NOW).mint is None


def test_a_stand_in_mints_with_its_own_secret() -> None:
    making = replace(
        secretive("admin_secret"),
        mint=lambda _, __, secret, now, ___: Minted(secret("admin_secret"), now),
        session_way=lambda _: "made",
    )
    runtime = sandbox_runtime(source(making), "http://127.0.0.1:9", {"admin_secret": "its own"}, lambda: NOW)
    assert runtime.mint is not None
    assert runtime.mint(SessionKey("house")).session == "its own"


def test_a_source_has_the_envelope_of_its_provider() -> None:
    packs = Envelope(4, lambda requests: requests[0], lambda reply, count: (reply,) * count)
    packing = source(replace(PROVIDER, envelope=lambda settings: packs if settings.provider == "house" else None))
    assert live_runtime(packing, {}, Path(), Redactor(), lambda: NOW).envelope is packs
    assert sandbox_runtime(packing, "http://127.0.0.1:9", {}, lambda: NOW).envelope is packs
    assert live_runtime(source(), {}, Path(), Redactor(), lambda: NOW).envelope is None


def test_links_lead_to_the_projects_download_hosts_but_never_from_a_stand_in() -> None:
    of = source(download_hosts=["cdn.example"])
    assert live_runtime(of, {}, Path(), Redactor(), lambda: NOW).download_hosts == ("cdn.example",)
    assert live_runtime(source(), {}, Path(), Redactor(), lambda: NOW).download_hosts == ()
    assert sandbox_runtime(of, "http://127.0.0.1:9", {}, lambda: NOW).download_hosts == ()
