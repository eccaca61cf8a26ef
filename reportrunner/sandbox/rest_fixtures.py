"""The stand-in for services that a project describes itself: it answers what the project's fixtures say."""

from __future__ import annotations

import gzip
import io
import json
import re
import threading
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from urllib.parse import parse_qsl, unquote

from reportrunner.sandbox.faults import FaultCounter
from reportrunner.sandbox.server import Reply, Request, plain
from reportrunner.sandbox.service import http_fault

PREFIX = "/rest/"
ANY = "*"
_BASE_URL = re.compile(rb"\{\{ *base_url *\}\}")
_NEAREST = 3
_SECRET = "sandbox-"  # noqa: S105  # how invented secrets begin
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RestReply:
    """What is answered; `packed` makes the body a `gzip` or `zip` file, `gzip` packs it for the way only."""

    status: int = 200
    headers: Pairs = ()
    body: bytes = b""
    packed: str = ""
    gzip: bool = False


@dataclass(frozen=True, slots=True)
class RestExchange:
    """A request as it must come, and its replies in turn, the last of them for ever; `*` is any value."""

    method: str
    path: str
    replies: tuple[RestReply, ...]
    query: Pairs = ()
    any_query: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    """Header names in lower case; an empty value: the header must not come."""
    form: Pairs | None = None
    json: object = None

    def differences(self, asked: _Asked) -> list[str]:
        """Say in what a request is another one; headers are another matter."""
        found = []
        if asked.method != self.method:
            found.append(f"the method is {asked.method}, not {self.method}")
        if asked.path != self.path:
            found.append(f"the path is {asked.path}, not {self.path}")
        found += _unlike("query", asked.query, self.query, loose=self.any_query)
        if self.form is not None:
            found += _unlike("form", asked.form or (), self.form)
        elif self.json is not None and asked.form is not None:
            found.append("the body is a form, not JSON")
        elif not _alike(asked.json, self.json):
            found.append(f"the JSON body is {_short(asked.json)}, not {_short(self.json)}")
        elif asked.form:
            found.append("there is a form, and there should be none")
        return found

    def missing_header(self, headers: Mapping[str, str]) -> str:
        """Name a header that does not come as it must; empty when all do."""
        for name, wanted in self.headers.items():
            given = headers.get(name)
            fits = given is None if not wanted else given is not None and wanted in (ANY, given)
            if not fits:
                return name
        return ""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request as it came."""

    method: str
    path: str
    query: Pairs
    form: Pairs | None
    json: object


class RestHttp:
    """Serves the exchanges of sources under ``/rest/<source>``; ``base_url`` gives where the sandbox listens."""

    def __init__(
        self, sources: Mapping[str, tuple[RestExchange, ...]], counter: FaultCounter, base_url: Callable[[], str]
    ) -> None:
        self._sources = sources
        self._counter = counter
        self._base_url = base_url
        self._lock = threading.Lock()
        self._turns: Counter[tuple[str, int]] = Counter()

    def takes(self, path: str) -> bool:
        """Tell whether a path is one of a source's."""
        return path.startswith(PREFIX)

    def answer(self, request: Request) -> Reply:
        """Answer by the first exchange that fits; 404 names the nearest ones, 401 the header that does not fit."""
        source, _, rest = request.path.removeprefix(PREFIX).partition("/")
        asked = _asked(request, "/" + unquote(rest))
        action = f"{source}.{asked.method} {asked.path}"
        fault = http_fault(self._counter, action)
        if fault is not None:
            return fault
        parameters = {"query": _told(asked.query), "form": _told(asked.form or ())}
        parameters |= {} if asked.json is None else {"json": _hidden(asked.json)}
        exchanges = self._sources.get(source, ())
        unlike = [(exchange.differences(asked), number) for number, exchange in enumerate(exchanges)]
        fitting = [number for found, number in unlike if not found]
        if not fitting:
            return _logged(plain(404, _nearest(exchanges, unlike, asked), action, "no_fixture"), parameters)
        refused = {number: exchanges[number].missing_header(request.headers) for number in fitting}
        number = next((each for each in fitting if not refused[each]), None)
        if number is None:
            words = f"the header {refused[fitting[0]]} is not the one that the fixtures want"
            return _logged(plain(401, words, action, "unauthorized"), parameters)
        return _logged(self._given(source, number, action), parameters)

    def _given(self, source: str, number: int, action: str) -> Reply:
        replies = self._sources[source][number].replies
        with self._lock:
            turn = self._turns[source, number]
            self._turns[source, number] += 1
        reply = replies[min(turn, len(replies) - 1)]
        here = f"{self._base_url()}{PREFIX}{source}".encode()
        body = _packed(_BASE_URL.sub(here, reply.body), reply.packed)
        headers = [(name, _BASE_URL.sub(here, text.encode()).decode()) for name, text in reply.headers]
        if reply.gzip:
            body = gzip.compress(body, mtime=0)
            headers.append(("Content-Encoding", "gzip"))
        return Reply(reply.status, body, tuple(headers), action)


def _asked(request: Request, path: str) -> _Asked:
    query = tuple(parse_qsl(request.query, keep_blank_values=True))
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        form = tuple(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
        return _Asked(request.method, path, query, form, None)
    try:
        body: object = json.loads(request.body) if request.body else None
    except ValueError:
        body = request.body.decode("utf-8", "replace")
    return _Asked(request.method, path, query, None, body)


def _logged(reply: Reply, parameters: object) -> Reply:
    return Reply(reply.status, reply.body, reply.headers, reply.action, parameters, reply.outcome)


def _packed(body: bytes, kind: str) -> bytes:
    if kind == "gzip":
        return gzip.compress(body, mtime=0)
    if kind == "zip":
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(zipfile.ZipInfo("report"), body)
        return file.getvalue()
    return body


def _unlike(what: str, given: Pairs, wanted: Pairs, *, loose: bool = False) -> list[str]:
    """Compare pairs whatever their order; several of one name are compared in theirs."""
    came, meant = _grouped(given), _grouped(wanted)
    found = [f"{what} has no {name}" for name in meant if name not in came]
    found += [] if loose else [f"{what} has {name}, which is not in the fixture" for name in came if name not in meant]
    for name in came.keys() & meant.keys():
        if meant[name] not in ([ANY], came[name]):
            found.append(f"{what} {name} is {_short(came[name])}, not {_short(meant[name])}")
    return sorted(found)


def _grouped(pairs: Pairs) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def _alike(given: object, wanted: object) -> bool:
    if wanted == ANY:
        return given is not None
    if isinstance(wanted, Mapping) and isinstance(given, Mapping):
        return wanted.keys() == given.keys() and all(_alike(given[name], wanted[name]) for name in wanted)
    if isinstance(wanted, list) and isinstance(given, list):
        return len(wanted) == len(given) and all(map(_alike, given, wanted))
    return type(given) is type(wanted) and given == wanted


def _short(value: object) -> str:
    value = value[0] if isinstance(value, list) and len(value) == 1 else value
    text = json.dumps(_hidden(value), ensure_ascii=False)
    return text if len(text) <= 120 else text[:117] + "..."


def _told(pairs: Pairs) -> object:
    return {name: _hidden(value) for name, value in pairs}


def _hidden(value: object) -> object:
    """Blank what is, or holds, an invented secret."""
    if isinstance(value, Mapping):
        return {name: _hidden(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_hidden(item) for item in value]
    return "***" if isinstance(value, str) and _SECRET in value else value


def _nearest(exchanges: tuple[RestExchange, ...], unlike: list[tuple[list[str], int]], asked: _Asked) -> str:
    """Say what is nearest to a request that no exchange fits: by its path, then its method, then all the rest."""
    head = f"no exchange of the fixtures fits {asked.method} {asked.path}"
    ranked = sorted(
        unlike,
        key=lambda each: (
            -SequenceMatcher(None, exchanges[each[1]].path, asked.path).ratio(),
            exchanges[each[1]].method != asked.method,
            len(each[0]),
            each[1],
        ),
    )
    lines = [
        f"exchange {number + 1} ({exchanges[number].method} {exchanges[number].path}): {'; '.join(found)}"
        for found, number in ranked[:_NEAREST]
    ]
    return "\n".join([f"{head}; nearest:", *lines]) if lines else f"{head}: there are none"
