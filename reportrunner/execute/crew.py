"""Threads that do ready work and hand back what the owner's thread has to do about it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue

Then = Callable[[], None]
"""What the owner does with a result, in the owner's own thread: state is never shared."""
Work = Callable[[], Then]


class Crew:
    """Up to `size` daemon threads, started when first needed; nothing ever waits for one of them to end."""

    def __init__(self, name: str, size: int, results: SimpleQueue[Then]) -> None:
        """Put every result, as something to do, on `results`."""
        self._name = name
        self._size = size
        self._results = results
        self._orders: SimpleQueue[Work | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self.busy = 0

    @property
    def idle(self) -> bool:
        """Tell whether work given now begins at once."""
        return self.busy < self._size

    def give(self, work: Work) -> None:
        """Have the work done; what it raises is raised again in the owner's thread."""
        self.busy += 1
        if self.busy > len(self._threads) and len(self._threads) < self._size:
            name = f"{self._name}-{len(self._threads) + 1}"
            self._threads.append(threading.Thread(target=self._serve, name=name, daemon=True))
            self._threads[-1].start()
        self._orders.put(work)

    def close(self) -> None:
        """Let every thread end after what it is doing."""
        for _ in self._threads:
            self._orders.put(None)

    def _serve(self) -> None:
        while (work := self._orders.get()) is not None:
            try:
                then = work()
            except BaseException as error:  # noqa: BLE001 - a bug belongs to the owner, not to a thread nobody watches
                then = partial(_again, error)
            self._results.put(partial(self._back, then))

    def _back(self, then: Then) -> None:
        self.busy -= 1
        then()


def _again(error: BaseException) -> None:
    raise error
