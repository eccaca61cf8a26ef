"""Sessions: one sign-in for everybody who waits for it, kept until shortly before it dies."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from reportrunner.flow import SessionKey

T = TypeVar("T")

_EARLY_SECONDS: Final = 60.0
_EARLY_SHARE: Final = 0.1


@dataclass(slots=True)
class _State(Generic[T]):
    value: str = ""
    until: float = -math.inf
    asked: bool = False
    waiting: list[T] = field(default_factory=list)


class Sessions(Generic[T]):
    """The sessions of a run and who waits for them; times are monotonic seconds; owned by one thread."""

    def __init__(self) -> None:
        """Begin signed out."""
        self._states: dict[SessionKey, _State[T]] = {}

    def _state(self, key: SessionKey) -> _State[T]:
        return self._states.setdefault(key, _State())

    def value(self, key: SessionKey, now: float) -> str | None:
        """Return the session, or None when there is none or it is about to die."""
        state = self._state(key)
        return state.value if now < state.until else None

    def park(self, key: SessionKey, who: T) -> bool:
        """Let `who` wait for the session; True when the caller has to sign in for everybody."""
        state = self._state(key)
        state.waiting.append(who)
        first, state.asked = not state.asked, True
        return first

    def arrive(self, key: SessionKey, value: str, now: float, life: float = math.inf) -> tuple[T, ...]:
        """Keep a session that lives `life` seconds from now, and return who waited for it.

        It is renewed 60 s or a tenth of its life early, whichever is less: at its last second it is dead already.
        """
        state = self._state(key)
        state.value = value
        state.until = now + life - min(_EARLY_SECONDS, _EARLY_SHARE * life) if math.isfinite(life) else math.inf
        return self._leave(state)

    def fail(self, key: SessionKey) -> tuple[T, ...]:
        """Return who waited for a session that will not come."""
        return self._leave(self._state(key))

    def refuse(self, key: SessionKey, value: str) -> None:
        """Forget the session, if this is still the one that was refused."""
        state = self._state(key)
        if state.value == value:
            state.value, state.until = "", -math.inf

    def _leave(self, state: _State[T]) -> tuple[T, ...]:
        waiting, state.waiting, state.asked = tuple(state.waiting), [], False
        return waiting
