"""Who is ready to send, per account, and what each account's budget lets go. Owned by one thread."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Mapping

from reportrunner.environment import SourceRuntime
from reportrunner.execute.walk import Parcel, Task
from reportrunner.flow import SessionKey
from reportrunner.limits import Budget, strictest


class Queues:
    """Parcels that are ready, and the budgets they wait for; sources of one account share both."""

    def __init__(self, sources: Mapping[str, SourceRuntime]) -> None:
        """Begin empty, with every budget whole."""
        self._sources = sources
        accounts = sorted({source.account for source in sources.values()})
        self._budgets = {
            account: Budget(strictest(source.limits for source in sources.values() if source.account == account))
            for account in accounts
        }
        self._ready: dict[str, deque[Parcel]] = {account: deque() for account in accounts}

    def put(self, parcel: Parcel) -> None:
        """Queue up behind everybody of the account."""
        self._of(parcel).append(parcel)

    def put_together(self, tasks: Iterable[Task]) -> None:
        """Queue up, those of one session in envelopes where their source has such."""
        groups: dict[tuple[str, SessionKey | None], list[Task]] = {}
        for task in tasks:
            groups.setdefault((task.walk.flow.source, task.walk.flow.session), []).append(task)
        for (source, _), group in groups.items():
            envelope = self._sources[source].envelope
            limit = envelope.limit if envelope else 1
            for start in range(0, len(group), limit):
                self.put(tuple(group[start : start + limit]))

    def first(self, parcels: Iterable[Parcel]) -> None:
        """Go before everybody of the account, in this order."""
        for parcel in reversed(list(parcels)):
            self._of(parcel).appendleft(parcel)

    def released(self, parcel: Parcel) -> None:
        """Give back the place of a parcel whose reply has come."""
        self._budgets[self._account(parcel)].release()

    def pause(self, parcel: Parcel, until: float) -> bool:
        """Send nothing for the parcel's account before that monotonic second; tell whether that is news."""
        return self._budgets[self._account(parcel)].pause(until)

    def clear(self) -> None:
        """Forget everybody."""
        for queue in self._ready.values():
            queue.clear()

    def dispatch(
        self, now: float, idle: Callable[[], bool], admit: Callable[[Parcel], bool], send: Callable[[Parcel], None]
    ) -> float:
        """Send what may go, one from each account in turn; return the moment at which a budget allows more.

        `admit` tells whether a parcel has its session; one that has not is parked there and leaves the queue.
        """
        while True:
            moments = [self._offer(account, now, idle, admit, send) for account in self._ready]
            if 0.0 not in moments:
                return min(moments, default=math.inf)

    def _offer(
        self,
        account: str,
        now: float,
        idle: Callable[[], bool],
        admit: Callable[[Parcel], bool],
        send: Callable[[Parcel], None],
    ) -> float:
        queue = self._ready[account]
        if not queue or not idle():
            return math.inf
        parcel = tuple(task for task in queue[0] if task.wanted)
        if not parcel or not admit(parcel):
            queue.popleft()
            return 0.0
        moment = self._budgets[account].take(now)
        if moment == 0.0:
            queue.popleft()
            send(parcel)
        return moment

    def _account(self, parcel: Parcel) -> str:
        return self._sources[parcel[0].walk.flow.source].account

    def _of(self, parcel: Parcel) -> deque[Parcel]:
        return self._ready[self._account(parcel)]
