"""The fan-out of a dataset: everything that closes its ask, once its values are known, and the flow of each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from reportrunner.ask import EndpointNode
from reportrunner.closing import CEILING, Closing
from reportrunner.diagnose import first_words
from reportrunner.errors import InvalidError
from reportrunner.flow import Flow
from reportrunner.table import Rows, Table, Value
from reportrunner.table_file import column_values, null_count
from reportrunner.toml_file import TomlFile

_LEAVE_OUT = "go over a dataset whose sql leaves out what cannot be asked"


@dataclass(frozen=True, slots=True)
class FanOut:
    """How often a dataset asks, and what; `file` is the job's, where its faults are placed."""

    node: EndpointNode
    file: TomlFile

    def known(self) -> tuple[Closing, ...]:
        """Return the closings of an ask whose values the job itself holds."""
        each = self.node.each
        return self.node.closings(each.values or () if each else ())

    def closings(self, table: Table) -> tuple[Closing, ...]:
        """Return the closings for the values of a landed table; InvalidError for values that cannot be asked."""
        each = self.node.each
        assert each is not None
        if empty := null_count(table, each.of):
            raise self._invalid(f"{each.dataset}.{each.of} has {empty:,} rows without a value")
        values = column_values(table, each.of)
        if len(values) > CEILING:
            raise self._invalid(f"each goes over {len(values):,} values, and {CEILING:,} are the most")
        found = self.node.closings(values)
        if len(found) > CEILING:
            said = f"{len(values):,} values and {len(self.node.slices):,} slices of the window"
            hint = "split by a longer period, ask a shorter window, or add pack to each"
            raise self._invalid(f"{said} are {len(found):,} requests, and {CEILING:,} are the most", hint)
        return found

    def early(self, rows: Rows, begun: Collection[Closing]) -> list[Closing]:
        """Return what can be asked before the list of values has ended: never packs, which the whole list fills."""
        each, names = self.node.each, [column.name for column in rows.columns]
        if each is None or each.pack or each.of not in names:
            return []
        place = names.index(each.of)
        found = [value for value in dict.fromkeys(row[place] for row in rows.rows) if value is not None]
        new = [closing for closing in self.node.closings(found) if closing not in begun]
        return new[: CEILING - len(begun)]

    def flow(self, closing: Closing) -> Flow:
        """Return the flow of one closing; InvalidError names the value that does not fit where `each` stands."""
        try:
            ask = self.node.ask(closing)
        except ValueError as error:
            value = next((one for one in closing.pack if not self._fits(one)), closing.pack or closing.value)
            place, model = ("datasets", self.node.name), self.node.endpoint.parameters
            words = first_words(self.file, place, error, model)
            what = f'the value "{value}"' if not isinstance(value, tuple) else f"the pack of {closing.label}"
            raise self._invalid(f"{what} does not fit where each stands: {words}") from None
        return self.node.endpoint.unfold(ask)

    def _fits(self, value: Value) -> bool:
        try:
            self.node.ask(Closing(pack=(value,)))
        except ValueError:
            return False
        return True

    def _invalid(self, message: str, hint: str = _LEAVE_OUT) -> InvalidError:
        return InvalidError((self.file.diagnostic(("datasets", self.node.name, "each"), message, hint=hint),))


def flows_of(fan: FanOut, closings: Sequence[Closing], begun: dict[Closing, Flow]) -> list[Flow]:
    """Return the flow of every closing; what has begun is not made anew."""
    return [begun[closing] if closing in begun else fan.flow(closing) for closing in closings]
