"""Fills the holes of a request and encodes it; what comes out is for the wire only."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final
from urllib.parse import quote, urlencode, urljoin, urlsplit

from reportrunner import __version__
from reportrunner.errors import ProviderError
from reportrunner.flow import Hole, Issued, Open, Request, Text, fill_json, fill_text, show

_PATH_SAFE: Final = "/:@!$&'()*,;=~-._"
_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Route:
    """How requests of a source travel: a proxy and certificates of its own; paths of files, empty for none."""

    proxy: str = field(default="", repr=False)
    """The proxy's URL, which may hold its password; empty for what the environment says."""
    ca: str = ""
    """The certificates that are trusted, and no others; empty for the public ones."""
    certificate: str = ""
    key: str = ""


DIRECT: Final = Route()


@dataclass(frozen=True, slots=True)
class SentRequest:
    """A request with every hole filled: for the wire only, never for a log or a file."""

    method: str
    url: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes | None = field(default=None, repr=False)
    label: str = ""
    """Method and path with the holes unfilled, for the log."""
    route: Route = DIRECT


def fill(
    request: Request, base_url: str, value: Callable[[Open], str], download_hosts: Collection[str] = ()
) -> SentRequest:
    """Fill every hole and encode; ProviderError when the result would leave the scheme, host and port of `base_url`.

    Only a link that the provider itself issued may lead elsewhere: to one of `download_hosts`, over https.
    """
    assert request.form is None or request.json is None, "a request has one body"
    url = _url(request, base_url, value)
    issued = isinstance(request.path, Hole)
    away = _origin(url) != _base_origin(base_url)
    if away and not (issued and _origin(url) in {("https", h, 443) for h in download_hosts}):
        hint = "; if that is right, add its host to the source's download_hosts" if issued else ""
        if isinstance(request.path, Issued):
            # A page is no secret, as a captured link may be: where it leads may be said.
            hint = f"; it leads to {urlsplit(url).hostname}: where the API lives there, write that host in base_url"
        raise ProviderError(f"{show(request.path)} leads away from the source's host; nothing was sent there{hint}")
    if away and _carries_secret(request):
        said = "leads to another host, and the request carries a secret of this one; nothing was sent there"
        raise ProviderError(f"{show(request.path)} {said}")
    headers = {"User-Agent": f"reportrunner/{__version__}", "Accept": "*/*", "Accept-Encoding": "gzip, deflate"}
    body = None
    if request.form is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = urlencode([(name, fill_text(text, value)) for name, text in request.form]).encode()
    elif request.json is not None:
        # Exactly this: kaltura.md §1 ignores a JSON body whose type names a charset.
        headers["Content-Type"] = "application/json"
        plain = fill_json(request.json, value)
        body = json.dumps(plain, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    for name, text in request.headers:
        filled = fill_text(text, value)
        if not filled.isascii() or not filled.isprintable():
            raise ProviderError(f"the header {name} would hold a character that no header may hold; nothing was sent")
        headers[name] = filled
    return SentRequest(request.method, url, tuple(headers.items()), body, f"{request.method} {show(request.path)}")


def _carries_secret(request: Request) -> bool:
    """Tell whether a secret or a session stands anywhere but in the path."""
    holes: list[Open] = []

    def note(hole: Open) -> str:
        holes.append(hole)
        return ""

    for _, text in (*request.query, *request.headers, *(request.form or ())):
        fill_text(text, note)
    if request.json is not None:
        fill_json(request.json, note)
    return any(not isinstance(hole, Hole) or hole.kind != "capture" for hole in holes)


def _url(request: Request, base_url: str, value: Callable[[Open], str]) -> str:
    if isinstance(request.path, Hole | Issued):
        # A link that the provider itself issued is encoded already.
        url = urljoin(base_url.rstrip("/") + "/", value(request.path))
    else:
        path = _path(request.path, value).lstrip("/")
        if any(part in (".", "..") for part in path.split("/")):
            raise ProviderError(f"{show(request.path)} would climb out of its folder; nothing was sent")
        url = f"{base_url.rstrip('/')}/{path}"
    query = [(name, fill_text(text, value)) for name, text in request.query]
    if not query:
        return url
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query, quote_via=quote, safe='')}"


def _path(path: Text, value: Callable[[Open], str]) -> str:
    parts = path if isinstance(path, tuple) else (path,)
    return "".join(quote(p, safe=_PATH_SAFE) if isinstance(p, str) else quote(value(p), safe="") for p in parts)


def routed(sent: SentRequest, base_url: str, route: Route) -> SentRequest:
    """Return the request with its route; another host than the source's meets neither its CA nor its certificate."""
    own = _origin(sent.url) == _base_origin(base_url)
    return replace(sent, route=route if own else Route(route.proxy))


@lru_cache(maxsize=64)
def _base_origin(base_url: str) -> tuple[str, str, int | None]:
    """Return the origin of a source, asked for with every request; of links nothing is kept, for they hold secrets."""
    return _origin(base_url)


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    return parts.scheme.lower(), (parts.hostname or "").lower(), port or _PORTS.get(parts.scheme.lower())
