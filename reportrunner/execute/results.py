"""What a run gets back: replies are read by the crew, and whatever has ended waits here until it is taken."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial

from reportrunner.environment import Finished, LocalDone, Page
from reportrunner.errors import ProviderError, ReportrunnerError
from reportrunner.execute.crew import Crew
from reportrunner.execute.kept import Kept, Whole
from reportrunner.flow import Flow, Reply


class Results:
    """The results of an executor, in the order in which they came; owned by one thread."""

    def __init__(self, crew: Crew, redact: Callable[[str], str]) -> None:
        """Begin with nothing ended and nothing owed."""
        self._crew = crew
        self._redact = redact
        self._ended: deque[Finished | LocalDone | Page] = deque()
        self.kept = Kept()
        """Whole replies, for equal flows that may still come."""
        self.pending = 0
        """How many are still owed to whoever takes them."""

    def __bool__(self) -> bool:
        """Tell whether there is one to take."""
        return bool(self._ended)

    def take(self) -> Finished | LocalDone | Page:
        """Return the one that came first."""
        self.pending -= 1
        return self._ended.popleft()

    def work(self, crew: Crew, token: object, work: Callable[[], object]) -> None:
        """Have local work done by a crew; its end is a result."""
        self.pending += 1
        crew.give(lambda: partial(self._ended.append, LocalDone.of(token, work)))

    def read(self, flow: Flow, whole: Whole) -> None:
        """Have the replies of a flow read; its answer, or why it cannot be read, is a result."""
        self._crew.give(lambda: partial(self._ended.append, whole.read(flow, self._redact)))

    def page(self, flow: Flow, reply: Reply) -> None:
        """Have one page of a flow read alone; its rows are a result."""
        self.pending += 1
        self._crew.give(lambda: partial(self._ended.append, _page(flow, reply)))

    def fail(self, flow: Flow, error: ReportrunnerError) -> None:
        """Let the flow end in an error."""
        self._ended.append(Finished(flow, error=error))


def _page(flow: Flow, reply: Reply) -> Page:
    assert flow.early is not None
    try:
        return Page(flow, flow.early((reply,)))
    except ProviderError:
        return Page(flow, None)
