"""What Spectrum's two event reads share: dimensions, metrics, order, filters, and how they are written (§2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from reportrunner.ask import Ask
from reportrunner.days import Days
from reportrunner.diagnose import Hinted
from reportrunner.flow import Pairs
from reportrunner.providers.cloudflare.dataset import CloudflareDataset
from reportrunner.providers.cloudflare.filters import DIMENSIONS, METRICS, Dimension, Filters, written
from reportrunner.providers.cloudflare.source import ShortId, settings_of
from reportrunner.providers.cloudflare.times import as_span
from reportrunner.spelling import did_you_mean
from reportrunner.table import Column, ColumnType

PERMISSIONS: Final = "Analytics Read, by an API token or by e-mail and key (documented)"
INSTANTS: Final = Days("instants", "source-proven", words="sent in RFC 3339 as UTC")
SOURCE: Final = "cloudflare.md §2"
Metric = Literal[
    "count", "bytesIngress", "bytesEgress", "durationAvg", "durationMedian", "duration90th", "duration99th"
]
_MEANINGS: Final = {
    "event": "Event of the connection: connect, progress, disconnect, originError, clientFiltered",
    "appID": "The Spectrum application",
    "coloName": "The data centre, by its code",
    "ipVersion": "Version of the client's IP: 4 or 6",
    "count": "Number of events",
    "bytesIngress": "Bytes that came in",
    "bytesEgress": "Bytes that went out",
    "durationAvg": "Average length of connections",
    "durationMedian": "Median length of connections",
    "duration90th": "90th percentile of the length of connections",
    "duration99th": "99th percentile of the length of connections",
}
MOMENT: Final = ColumnType.TIMESTAMP


def dimension_column(name: str) -> Column:
    """Return the column of a dimension; all of them are texts."""
    return Column(name, ColumnType.STRING, personal=False, description=_MEANINGS[name], source=SOURCE)


def metric_column(name: str) -> Column:
    """Return the column of a metric: counts and bytes add up, lengths of time do not."""
    if name.startswith("duration"):
        return Column(name, ColumnType.DECIMAL, "ms", False, False, _MEANINGS[name], SOURCE)
    unit = "count" if name == "count" else "bytes"
    return Column(name, ColumnType.INTEGER, unit, True, False, _MEANINGS[name], SOURCE)


def _each_once(value: list[str]) -> list[str]:
    doubled = sorted({name for name in value if value.count(name) > 1})
    if doubled:
        raise Hinted(f"{', '.join(doubled)} stands more than once", "name each once")
    return value


class EventsDataset(CloudflareDataset):
    """Keys of both reads of events."""

    familiar: ClassVar[dict[str, str]] = {
        "since": 'is decided by the window; write window = "name"',
        "until": 'is decided by the window; write window = "name"',
        "order": 'is called sort here; write sort = ["-count"]',
        "zone": 'is called zone_id; write zone_id = "..."',
    }
    closed: ClassVar[Mapping[str, str]] = {
        "filters": 'write [[datasets.<name>.filters]] with dimension = "appID" and value = "{{ ... }}"'
    }
    window: str
    zone_id: ShortId
    metrics: Annotated[list[Metric], Field(min_length=1), AfterValidator(_each_once)]
    dimensions: Annotated[list[Dimension], AfterValidator(_each_once)] = Field(default=[])
    filters: Filters | None = None
    sort: list[str] = Field(default=[], description='Metrics or dimensions of this dataset, such as "-count"')
    limit: int | None = Field(
        default=None, ge=1, description="Documented, and not in the specification; a cut answer is an error"
    )

    @model_validator(mode="after")
    def _sortable(self) -> Self:
        chosen = [*self.metrics, *self.dimensions]
        for place, word in enumerate(self.sort):
            name = word[1:] if word[:1] in {"+", "-"} else word
            if name not in chosen:
                near = did_you_mean(name, chosen)
                known = f", and {name} is none of this dataset's" if name in {*METRICS, *DIMENSIONS} else near
                said = f'"{word}" is no order: rows are sorted by chosen metrics and dimensions{known}'
                raise Hinted(said, f"one of {', '.join(chosen)}, with + or - before it", key=("sort", place))
            if name == word:
                said = f'"{word}" does not say which way'
                raise Hinted(said, f'write "+{word}" or "-{word}"', key=("sort", place))
        return self


def events_query(ask: Ask) -> Pairs:
    """Return what both reads are asked with; both ends are always sent, for the defaults move with the clock."""
    parameters = ask.parameters
    assert isinstance(parameters, EventsDataset)
    assert ask.window is not None
    since, until = as_span(ask.window)
    joined = settings_of(ask.source.settings).lists == "comma"
    lists = (("dimensions", parameters.dimensions), ("metrics", parameters.metrics), ("sort", parameters.sort))
    return (
        *(pair for name, values in lists for pair in _listed(name, values, joined=joined)),
        *((("filters", written(parameters.filters)),) if parameters.filters is not None else ()),
        ("since", since),
        ("until", until),
        *((("limit", str(parameters.limit)),) if parameters.limit is not None else ()),
    )


def _listed(name: str, values: Sequence[str], *, joined: bool) -> Pairs:
    """Write a list: a key per value as the specification has it, or one text where a service takes only that (§2.1)."""
    if joined and values:
        return ((name, ",".join(values)),)
    return tuple((name, value) for value in values)


def event_columns(parameters: Any) -> tuple[tuple[Column, ...], tuple[Column, ...]]:
    """Return the columns of the chosen dimensions, and those of the chosen metrics."""
    assert isinstance(parameters, EventsDataset)
    return tuple(map(dimension_column, parameters.dimensions)), tuple(map(metric_column, parameters.metrics))


TRAPS: Final = (
    "since and until are always sent: without them the service answers the last six hours",
    "filters are encoded once; text that is encoded already is refused, with the raw form to type",
    "which number is which metric is read from the query that the answer repeats, and every length is checked",
    "an answer that repeats other filters, another since or another until is an error",
    "the totals of the answer are held against the sums of counts and bytes; lengths of time are never added up",
)
LIMITS: Final = (
    "the longest span, the oldest since and the most rows of an answer are not documented",
    "an answer of as many rows as its limit, the service's own included, has been cut: cloudflare.truncated",
)
