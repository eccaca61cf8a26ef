"""When to look again: polling that learns from its siblings, and back-off after faults. Pure, in seconds."""

from __future__ import annotations

from collections.abc import Hashable
from random import Random
from typing import Final

_FRACTION: Final = 0.05
_SHORTEST: Final = 0.1
_LONGEST: Final = 15.0
_AFTER_LEARNT: Final = 1.02
_WORTH_HALFWAY: Final = 1.0
_BACKOFF_FIRST: Final = 0.5
_BACKOFF_LONGEST: Final = 30.0


class Pace:
    """How long remote work of one kind takes, as its flows find out.

    The first flow scouts, looking at about 5 % of the time gone by. Its siblings look seldom until one of them has
    ended, and from then on at the learnt time.
    """

    def __init__(self) -> None:
        """Begin knowing nothing."""
        self._scout: Hashable | None = None
        self.learnt: float | None = None

    def wait(self, who: Hashable, elapsed: float, looks: int, last_look: float) -> float:
        """Return the seconds until `who` should look next, `elapsed` seconds after its work began."""
        often = min(max(_FRACTION * elapsed, _SHORTEST), _LONGEST)
        if self.learnt is None:
            if self._scout is None:
                self._scout = who
            return often if self._scout == who else min(2.0 ** min(looks, 10), _LONGEST)
        # One look halfway keeps a single slow export from holding up quick ones for its whole time.
        if looks == 0 and self.learnt >= _WORTH_HALFWAY and elapsed < self.learnt / 2:
            return self.learnt / 2 - elapsed
        return max(self.learnt * _AFTER_LEARNT - elapsed, 0.0) if last_look < self.learnt else often

    def finished(self, last_look: float, elapsed: float) -> None:
        """Learn that the work ended between the last fruitless look and now, both in seconds since it began."""
        if self.learnt is None:
            self.learnt = elapsed
        elif not last_look < self.learnt <= elapsed:
            self.learnt = (self.learnt + elapsed) / 2

    def leave(self, who: Hashable) -> None:
        """Let another flow scout when this one ended without an answer."""
        if self._scout == who:
            self._scout = None


def backoff(failures: int, rng: Random) -> float:
    """Return the jittered seconds to wait after so many failures: 0.5 s, doubling to 30 s."""
    whole = min(_BACKOFF_FIRST * 2.0 ** (min(failures, 10) - 1), _BACKOFF_LONGEST)
    return whole * (0.5 + rng.random() / 2)
