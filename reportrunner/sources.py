"""Sources made ready for a run: where they are, what they allow, how their secrets and sessions are had."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from reportrunner.ask import EndpointNode, Node, Source
from reportrunner.environment import SourceRuntime
from reportrunner.errors import SecretError
from reportrunner.fill import Route
from reportrunner.limits import Limits, Rate
from reportrunner.secret import Redactor, read_secret
from reportrunner.source_spec import ProxySpec
from reportrunner.tls import certificate_fault


def needed_sources(nodes: Iterable[Node], sources: Mapping[str, Source]) -> dict[str, Source]:
    """Return the sources that the nodes ask, and those whose sessions they borrow."""
    asked = [node.source for node in nodes if isinstance(node, EndpointNode)]
    borrowed = [source.provider.session_source(source.settings) for source in asked]
    return {source.name: source for source in [*asked, *(sources[name] for name in borrowed if name)]}


def live_runtime(
    source: Source, environ: Mapping[str, str], root: Path, redactor: Redactor, now: Callable[[], dt.datetime]
) -> SourceRuntime:
    """Return a source as configured; its secrets are read now, so that a missing one ends the run before any request.

    Raises SecretError (exit 3), which names the source and the reference.
    """
    references = source.provider.secrets(source.settings)
    try:
        values = {name: read_secret(reference, environ, root) for name, reference in references.items()}
    except SecretError as error:
        raise SecretError(f'source "{source.name}": {error}') from None
    for value in values.values():
        redactor.learn(value)
    route = _route(source, environ, root, redactor)
    live = _runtime(source, source.settings.base_url, values, now)
    return replace(live, sign_in_url=source.provider.sign_in_url(source.settings), route=route)


def sandbox_runtime(
    source: Source, base_url: str, values: Mapping[str, str], now: Callable[[], dt.datetime]
) -> SourceRuntime:
    """Return a source turned to the stand-in, with the stand-in's credentials; the user's are never read."""
    return _runtime(source, base_url, values, now)


def _route(source: Source, environ: Mapping[str, str], root: Path, redactor: Redactor) -> Route:
    """Return how the source's requests travel; SecretError where a proxy's password or a certificate is of no use."""
    settings = source.settings
    proxy, own = settings.proxy, settings.client_certificate
    certificate, key = ("", "") if own is None else (str(root / own.file), str(root / Path(own.key.file).expanduser()))
    if own is not None and (fault := certificate_fault(certificate, key)):
        raise SecretError(f'source "{source.name}": client certificate {own.file} with key {own.key.file}: {fault}')
    ca = str(root / settings.ca) if settings.ca else ""
    if not isinstance(proxy, ProxySpec):
        return Route(proxy or "", ca, certificate, key)
    try:
        password = read_secret(proxy.password.reference(), environ, root)
    except SecretError as error:
        raise SecretError(f'source "{source.name}", proxy: {error}') from None
    redactor.learn(password)
    scheme, _, host = proxy.url.partition("://")
    return Route(f"{scheme}://{quote(proxy.user, safe='')}:{quote(password, safe='')}@{host}", ca, certificate, key)


def _runtime(source: Source, base_url: str, values: Mapping[str, str], now: Callable[[], dt.datetime]) -> SourceRuntime:
    provider, settings = source.provider, source.settings
    limits, way = settings.limits, provider.session_way(settings)
    sign_in = provider.sign_in if way == "asked" else None
    mint = provider.mint if way == "made" else None

    return SourceRuntime(
        name=source.name,
        base_url=base_url,
        account=provider.account(settings),
        limits=Limits(limits.concurrency, Rate.parse(limits.rate) if limits.rate else None),
        secret=values.__getitem__,
        sign_in=(lambda key: sign_in(source, key, now())) if sign_in else None,
        mint=(lambda key: mint(source, key, values.__getitem__, now(), secrets.token_bytes)) if mint else None,
        envelope=provider.envelope(settings),
        pause=provider.pause,
        download_hosts=tuple(settings.download_hosts) if base_url == settings.base_url else (),
    )
