"""The answers of a dataset while they come: one per value of its `each`, some asked before all values are known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from reportrunner.environment import Finished
from reportrunner.errors import ReportrunnerError
from reportrunner.flow import Answer, Flow
from reportrunner.table import Value


@dataclass(slots=True)
class Fetching:
    """What was asked, by value, and what came of it; without `each` the one value is None."""

    flows: dict[Value, Flow] = field(default_factory=dict)
    values: Sequence[Value] | None = None
    """All values in their order; None while the dataset that holds them is still coming."""
    _answers: dict[Value, Answer] = field(default_factory=dict)
    _errors: dict[Value, ReportrunnerError] = field(default_factory=dict)

    def settle(self, values: Sequence[Value]) -> Iterable[Flow]:
        """Take the values for what they are; what was asked for others is dropped, and its flows are returned."""
        self.values = values
        wanted = set(values)
        self._answers = {value: answer for value, answer in self._answers.items() if value in wanted}
        self._errors = {value: error for value, error in self._errors.items() if value in wanted}
        return [flow for value, flow in self.flows.items() if value not in wanted]

    def take(self, value: Value, done: Finished) -> None:
        """Keep what came of one value."""
        if done.error is not None:
            self._errors[value] = done.error
        else:
            assert done.answer is not None
            self._answers[value] = done.answer

    @property
    def error(self) -> ReportrunnerError | None:
        """Return why the dataset is lost; what was asked early loses nothing until its value is known to count."""
        return next(iter(self._errors.values()), None) if self.values is not None else None

    @property
    def answers(self) -> list[Answer] | None:
        """Return the answers in the order of the values, or None while one is missing."""
        if self.values is None or len(self._answers) < len(self.values):
            return None
        return [self._answers[value] for value in self.values]
