"""The answers of a dataset while they come: one per closing of its ask, some asked before all values are known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from reportrunner.closing import Closing
from reportrunner.environment import Finished
from reportrunner.errors import ReportrunnerError
from reportrunner.flow import Answer, Flow


@dataclass(slots=True)
class Fetching:
    """What was asked, by what closed the ask, and what came of it."""

    flows: dict[Closing, Flow] = field(default_factory=dict)
    closings: Sequence[Closing] | None = None
    """All closings in their order; None while the dataset that holds them is still coming."""
    _answers: dict[Closing, Answer] = field(default_factory=dict)
    _errors: dict[Closing, ReportrunnerError] = field(default_factory=dict)

    def settle(self, closings: Sequence[Closing]) -> Iterable[Flow]:
        """Take the closings for what they are; what was asked for others is dropped, and its flows are returned."""
        self.closings = closings
        wanted = set(closings)
        self._answers = {closing: answer for closing, answer in self._answers.items() if closing in wanted}
        self._errors = {closing: error for closing, error in self._errors.items() if closing in wanted}
        return [flow for closing, flow in self.flows.items() if closing not in wanted]

    def take(self, closing: Closing, done: Finished) -> None:
        """Keep what came of one closing."""
        if done.error is not None:
            self._errors[closing] = done.error
        else:
            assert done.answer is not None
            self._answers[closing] = done.answer

    @property
    def error(self) -> ReportrunnerError | None:
        """Return why the dataset is lost; what was asked early loses nothing until its value is known to count."""
        return next(iter(self._errors.values()), None) if self.closings is not None else None

    @property
    def answers(self) -> list[Answer] | None:
        """Return the answers in the order of the closings, or None while one is missing."""
        if self.closings is None or len(self._answers) < len(self.closings):
            return None
        return [self._answers[closing] for closing in self.closings]
