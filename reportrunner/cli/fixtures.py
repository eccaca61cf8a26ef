"""What the stand-in is given of a source that the project describes itself: its fixtures, and secrets in their form."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from reportrunner.ask import Source
from reportrunner.errors import InvalidError, UsageError
from reportrunner.fixtures import FixtureRequest, ReadyExchange, load_fixtures

if TYPE_CHECKING:
    from reportrunner.sandbox import RestExchange


def fixtures_of(source: Source, root: Path) -> tuple[RestExchange, ...]:
    """Return what a source is asked and answers; UsageError when it has no fixtures, InvalidError for wrong ones."""
    file = getattr(source.settings, "fixtures", None)
    if not file:
        raise UsageError(
            f'source "{source.name}" has no fixtures, so nothing can stand in for it under --sandbox; write fixtures = '
            f'"apis/{source.name}.fixtures.toml" under [sources.{source.name}], and in that file what it answers'
        )
    found = load_fixtures(root, file, "")
    if found.problems:
        raise InvalidError(found.problems)
    return tuple(map(_exchange, found.exchanges))


def invented(source: Source) -> Mapping[str, str]:
    """Return the secrets of a source under the stand-in: `sandbox-` and the secret's name."""
    return {name: f"sandbox-{name}" for name in source.provider.secrets(source.settings)}


def _exchange(ready: ReadyExchange) -> RestExchange:
    from reportrunner.sandbox import RestExchange, RestReply

    asked: FixtureRequest = ready.request
    return RestExchange(
        asked.method,
        asked.path,
        tuple(RestReply(each.status, each.headers, each.body, each.packed, each.gzip) for each in ready.replies),
        _pairs(asked.query),
        asked.any_query,
        ready.headers,
        None if asked.form is None else _pairs(asked.form),
        asked.json_,
    )


def _pairs(given: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """Return pairs as the wire has them; a list is one pair for each of its values."""
    return tuple(
        (name, _written(each))
        for name, value in given.items()
        for each in (value if isinstance(value, list) else [value])
    )


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
