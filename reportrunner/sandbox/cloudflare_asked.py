"""What a request to the sandbox's Cloudflare asks: parameters read strictly, each in the one form that is right."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from urllib.parse import parse_qsl

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_MOST_SECONDS = 10**11
_EPOCH = date(1970, 1, 1)


class Wrong(Exception):  # noqa: N818  # a refusal of the service, no error of ours
    """A request that the service refuses: an HTTP status and words."""

    def __init__(self, words: str, status: int = 400) -> None:
        super().__init__(words)
        self.words = words
        self.status = status


class Asked:
    """The query of one request; every reader takes its parameter away, ``done`` refuses what is left."""

    def __init__(self, query: str) -> None:
        self.pairs = tuple(parse_qsl(query, keep_blank_values=True))
        self._left: dict[str, list[str]] = {}
        for name, value in self.pairs:
            self._left.setdefault(name, []).append(value)

    def done(self) -> None:
        """Refuse what nobody read; raises Wrong."""
        if self._left:
            raise Wrong(f"unknown query parameter: {', '.join(sorted(self._left))}")

    def many(self, name: str) -> list[str]:
        """Return every value of a repeated key, in their order."""
        return self._left.pop(name, [])

    def text(self, name: str) -> str | None:
        """Return a value that may stand once."""
        values = self.many(name)
        if len(values) > 1:
            raise Wrong(f"{name} may be given once")
        return values[0] if values else None

    def choice(self, name: str, known: Sequence[str]) -> str | None:
        """Return one of the known words."""
        value = self.text(name)
        if value is not None and value not in known:
            raise Wrong(f"{name} must be one of {', '.join(known)}")
        return value

    def flag(self, name: str) -> bool | None:
        """Return ``true`` or ``false``, in lower case only."""
        value = self.choice(name, ("true", "false"))
        return None if value is None else value == "true"

    def number(self, name: str, least: int, most: int = 10**9) -> int | None:
        """Return a whole number inside its bounds; ``5.0`` is one as well as ``5``, an empty value is none."""
        value = self.text(name)
        if not value:
            return None
        if not re.fullmatch(r"\d{1,9}(\.0+)?", value) or not least <= int(value.partition(".")[0]) <= most:
            raise Wrong(f"{name} must be a whole number from {least} to {most}")
        return int(value.partition(".")[0])

    def moment(self, name: str) -> int | None:
        """Return a moment in RFC 3339, with its offset, as unix milliseconds."""
        value = self.text(name)
        if value is None:
            return None
        if not _RFC3339.fullmatch(value):
            raise Wrong(f"{name} must be a date-time as in RFC 3339, with its offset")
        try:
            at = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", value))
        except ValueError:
            raise Wrong(f"{name} is no moment that exists") from None
        return round(at.timestamp() * 1000)

    def seconds(self, name: str) -> int | None:
        """Return a Unix timestamp in seconds as unix milliseconds."""
        value = self.text(name)
        if value is None:
            return None
        if not re.fullmatch(r"-?\d+", value) or abs(int(value)) > _MOST_SECONDS:
            raise Wrong(f"{name} must be a Unix timestamp in seconds")
        return int(value) * 1000

    def day(self, name: str) -> int | None:
        """Return a calendar date as days since 1970."""
        value = self.text(name)
        if value is None:
            return None
        try:
            return (date.fromisoformat(value if _DATE.fullmatch(value) else "") - _EPOCH).days
        except ValueError:
            raise Wrong(f"{name} must be a date, YYYY-MM-DD") from None


def both(first: int | None, last: int | None, names: str, default: tuple[int, int]) -> tuple[int, int]:
    """Return a span whose ends come together or not at all; raises Wrong."""
    if (first is None) != (last is None):
        raise Wrong(f"{names} go together")
    if first is None or last is None:
        return default
    if last < first:
        raise Wrong(f"{names}: the end lies before the start")
    return first, last
