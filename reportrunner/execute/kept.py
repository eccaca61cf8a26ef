"""Replies kept for equal flows, and the reading of replies into an answer."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from reportrunner.environment import Finished
from reportrunner.errors import ProviderError
from reportrunner.execute.walk import Failure
from reportrunner.flow import Answer, Exchange, Flow, Reply
from reportrunner.table import Note

LARGEST: Final = 64 * 1024 * 1024
"""Bytes of replies kept for flows that may still come; the oldest leave first."""

_SECRET: Final = Note("secret_in_reply", "a reply held a secret of this run; *** stands in its place")


@dataclass(frozen=True, slots=True)
class Whole:
    """The last step's replies of a flow that ended well, in the order of their pages, and what fed them."""

    step: str
    replies: tuple[Reply, ...]
    exchanges: tuple[Exchange, ...]

    def size(self) -> int:
        """Return the bytes of all bodies."""
        return sum(len(reply.body) for reply in self.replies)

    def read(self, flow: Flow, redact: Callable[[str], str]) -> Finished:
        """Return the flow's own answer, for equal requests may be read in different ways."""
        try:
            rows = flow.read(self.replies)
        except ProviderError as error:
            return Finished(flow, error=Failure.of(error, self.step, redact).error(flow))
        if any(reply.redacted for reply in self.replies):
            rows = replace(rows, notes=(*rows.notes, _SECRET))
        return Finished(flow, Answer(rows, self.exchanges))


class Kept:
    """Whole replies by the identity of their flow, bounded in bytes."""

    def __init__(self, largest: int = LARGEST) -> None:
        """Begin empty."""
        self._largest = largest
        self._size = 0
        self._wholes: OrderedDict[str, Whole] = OrderedDict()

    def get(self, identity: str) -> Whole | None:
        """Return what an equal flow brought home, if it is still here."""
        return self._wholes.get(identity)

    def add(self, identity: str, whole: Whole) -> None:
        """Keep it, at the cost of the oldest."""
        self._wholes[identity] = whole
        self._size += whole.size()
        while self._size > self._largest:
            self._size -= self._wholes.popitem(last=False)[1].size()
