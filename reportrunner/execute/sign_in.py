"""Signing in: whether a parcel has its session, the flow or the mint that gets one, and who waited for it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

from reportrunner.environment import Environment, SourceRuntime, What
from reportrunner.execute.session import Sessions
from reportrunner.execute.walk import Failure, Parcel, Task, Walk
from reportrunner.flow import Done, Minted, SessionKey

Notify = Callable[[Walk, What, str], None]


class SignIns:
    """The sessions of an executor; owned by its thread."""

    def __init__(
        self,
        sources: Mapping[str, SourceRuntime],
        environment: Environment,
        notify: Notify,
        begin: Callable[[Walk], None],
    ) -> None:
        """Begin signed out; `begin` starts the walk of a sign-in."""
        self._sources = sources
        self._env = environment
        self._notify = notify
        self._begin = begin
        self._sessions: Sessions[Parcel] = Sessions()

    def admit(self, parcel: Parcel) -> bool:
        """Give a parcel its session and tell whether it may go; otherwise it waits here for one."""
        walk, now = parcel[0].walk, self._env.clock.monotonic()
        key = walk.flow.session
        source = self._sources[key.source] if key else None
        if key is None or source is None or not (source.sign_in or source.mint):
            return True
        session = self._sessions.value(key, now)
        if session is None and source.mint is not None:
            session = self._minted(key, source.mint, parcel)
        elif session is None and source.sign_in is not None and self._sessions.park(key, parcel):
            self._notify(walk, "session", f"signing in at {key.source}")
            self._begin(Walk([source.sign_in(key)], sign_in=key))
        for task in parcel:
            task.session = session
        return session is not None

    def held(self, walk: Walk) -> str | None:
        """Return the session that a walk could use now; None where it has none of its own."""
        key = walk.flow.session
        return self._sessions.value(key, self._env.clock.monotonic()) if key else None

    def refuse(self, task: Task) -> None:
        """Forget the session that the provider refused."""
        if task.walk.flow.session is not None:
            self._sessions.refuse(task.walk.flow.session, task.session or "")

    def arrive(self, walk: Walk, done: Done) -> tuple[Parcel, ...] | Failure:
        """End a sign-in: return who waited for its session, or why it is of no use."""
        key, now = walk.sign_in, self._env.clock.monotonic()
        life = (done.expires - self._env.clock.now()).total_seconds() if done.expires else math.inf
        session = walk.captures.get("session", "")
        walk.end()
        assert key is not None
        if not session or life <= 0:
            words = "the session is dead already; check this machine's clock" if session else "it gave no session"
            return Failure("unreadable", f"{walk.flow.source}: {words}", walk.step.name, key.source)
        return self._sessions.arrive(key, session, now, life)

    def fail(self, key: SessionKey, failure: Failure) -> tuple[tuple[Walk, ...], Failure]:
        """Return whose flows end because their sign-in failed, and what is said of it."""
        tasks = (task for parcel in self._sessions.fail(key) for task in parcel)
        walks = dict.fromkeys(task.walk for task in tasks if not task.walk.ended)
        return tuple(walks), replace(failure, sign_in=key.source)

    def _minted(self, key: SessionKey, mint: Callable[[SessionKey], Minted], parcel: Parcel) -> str | None:
        minted, now = mint(key), self._env.clock.now()
        self._env.redactor.learn(minted.session)
        self._notify(parcel[0].walk, "session", f"made here for {key.source}")
        life = (minted.expires - now).total_seconds()
        self._sessions.arrive(key, minted.session, self._env.clock.monotonic(), life)
        return minted.session
