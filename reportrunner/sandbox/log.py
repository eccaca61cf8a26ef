"""What the sandbox was sent, without secrets: the witness of tests and of a curious user."""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

_SECRET_NAMES = {"ks", "secret", "session", "tokenhash", "token", "kalsig", "sessionid", "password"}
_KEPT = 100_000


@dataclass(frozen=True, slots=True)
class Record:
    """One request; ``parameters`` are (``pager.pageSize``, value) pairs, ``outcome`` an error code or ""."""

    number: int
    method: str
    path: str
    action: str
    parameters: tuple[tuple[str, str], ...]
    status: int
    outcome: str

    def parameter(self, name: str) -> str | None:
        """One parameter by its dotted name."""
        return dict(self.parameters).get(name)

    @property
    def calls(self) -> tuple[str, ...]:
        """The actions asked for: its own, or those of the elements of a multirequest in their order."""
        if self.action != "multirequest":
            return (self.action,)
        named = dict(self.parameters)
        elements = (name.removesuffix(".service") for name in named if re.fullmatch(r"\d+\.service", name))
        return tuple(f"{named[f'{n}.service']}.{named.get(f'{n}.action', '')}" for n in sorted(elements, key=int))


class Log:
    """The newest requests in order of arrival at the reply, safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._number = 0
        self._records: deque[Record] = deque(maxlen=_KEPT)

    def add(self, request: tuple[str, str, str], parameters: object, status: int, outcome: str) -> None:
        """Record one request: (method, path, action), its parameters and how it was answered."""
        method, path, action = request
        visible = _without_secrets(path)
        flat = tuple(_flat("", parameters))
        with self._lock:
            self._number += 1
            self._records.append(Record(self._number, method, visible, action, flat, status, outcome))

    def records(self) -> tuple[Record, ...]:
        """All records so far."""
        with self._lock:
            return tuple(self._records)


def _secret(name: str) -> bool:
    """Whether a parameter's last step names a secret: ``ks``, ``1:ks``, ``filter[ks]``, in any case."""
    return re.split(r"[\[:]", name.rstrip("]").lower())[-1] in _SECRET_NAMES


def _without_secrets(path: str) -> str:
    """Blank the value of every path pair that is a secret; ``session`` after ``service`` is a service's name."""
    pieces = [piece for piece in path.split("/") if piece]
    names = zip(["", "", *pieces], ["", *pieces], pieces, strict=False)
    return "/" + "/".join(
        "***" if _secret(unquote(name)) and before not in ("service", "action") else piece
        for before, name, piece in names
    )


def _flat(prefix: str, value: object) -> list[tuple[str, str]]:
    if isinstance(value, list):
        value = {str(number): item for number, item in enumerate(value)}
    if not isinstance(value, Mapping):
        return [(prefix, str(value))]
    kept = ((f"{prefix}.{name}" if prefix else name, item) for name, item in value.items() if not _secret(name))
    return [pair for name, item in kept for pair in _flat(name, item)]
