"""What the sandbox was sent, without secrets: the witness of tests and of a curious user."""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

_SECRET_NAMES = {"ks", "secret", "session", "tokenHash", "kalsig", "sessionId"}
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


class Log:
    """The newest requests in order of arrival at the reply, safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._number = 0
        self._records: deque[Record] = deque(maxlen=_KEPT)

    def add(self, request: tuple[str, str, str], parameters: object, status: int, outcome: str) -> None:
        """Record one request: (method, path, action), its parameters and how it was answered."""
        method, path, action = request
        visible = re.sub(r"(/(?:ks|secret)/)[^/]+", r"\1***", path)
        flat = tuple(_flat("", parameters))
        with self._lock:
            self._number += 1
            self._records.append(Record(self._number, method, visible, action, flat, status, outcome))

    def records(self) -> tuple[Record, ...]:
        """All records so far."""
        with self._lock:
            return tuple(self._records)


def _flat(prefix: str, value: object) -> list[tuple[str, str]]:
    if isinstance(value, list):
        value = {str(number): item for number, item in enumerate(value)}
    if not isinstance(value, Mapping):
        return [(prefix, str(value))]
    kept = ((f"{prefix}.{name}" if prefix else name, item) for name, item in value.items() if name not in _SECRET_NAMES)
    return [pair for name, item in kept for pair in _flat(name, item)]
