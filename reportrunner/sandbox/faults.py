"""Fault switches of the sandbox: a frozen value, written ``name=value`` on a command line, and the count of its use."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields
from difflib import get_close_matches
from hashlib import shake_128


@dataclass(frozen=True, slots=True)
class First:
    """The first ``count`` requests, of one action (``report.getTable``, ``reports.generate``) or of any."""

    count: int = 0
    action: str = ""

    @classmethod
    def parse(cls, text: str) -> First:
        """``3`` or ``report.getTable:3``; raises ValueError."""
        action, colon, count = text.rpartition(":")
        if not count.isdecimal() or (colon and not action):
            raise ValueError(f'"{text}" is neither a count nor action:count')
        return cls(int(count), action)


@dataclass(frozen=True, slots=True)
class Quota:
    """``count`` requests in ``seconds``; what comes beyond is refused for as many seconds again."""

    count: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> Quota:
        """``5/10s``; raises ValueError."""
        found = re.fullmatch(r"([1-9]\d{0,8})/([1-9]\d{0,8})s", text)
        if not found:
            raise ValueError(f'"{text}" is no quota such as 5/10s')
        return cls(int(found[1]), int(found[2]))


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong and when; plain ``Faults()`` is a healthy service whose exports need one poll to get ready."""

    rate_limited: First = First()
    """ACTION_BLOCKED (kaltura.md §2)."""
    blocked_seconds: float = 0.0
    """ACTION_BLOCKED for that long by the clock from an action's first call on (kaltura.md §13 row 13)."""
    druid_timeout: First = First()
    """DRUID_QUERY_TIMED_OUT from the report service."""
    internal_error: First = First()
    """INTERNAL_SERVERL_ERROR from the report service."""
    http_429: First = First()
    http_500: First = First()
    http_502: First = First()
    """HTTP 502 with an HTML page of a proxy."""
    http_503: First = First()
    retry_after: int = 1
    """Seconds that 429 and 503 state in Retry-After."""
    html_body: First = First()
    """HTTP 200 with an HTML page of a proxy."""
    cut_body: First = First()
    """Half of the body, then the connection closes."""
    drop_connection: First = First()
    """The connection closes without a reply, the request having had its effect."""
    expire_session_after: int = 0
    """A session is EXPIRED after that many calls, once per user, type and privileges; 0: never."""
    session_cap: int = 0
    """Seconds that a session granted by the service lives at most, whatever was asked for; 0: no cap."""
    library: int = 0
    """How many plain entries, never played, the library has beside its own ones."""
    polls_before_ready: int = 1
    """Status polls of an export that answer "not yet"."""
    export_seconds: float = 0.0
    """How long an export takes by the clock."""
    generate_fails: First = First()
    """Exports that end as failed."""
    unknown_status: str = ""
    """The word that status polls answer instead of one of the documented ones."""
    serve_json_instead_of_csv: First = First()
    export_rows: int = 0
    """Rows of every `registration` report; 0: as many as registered."""
    delay_seconds: float = 0.0
    """Real seconds before every reply."""
    shuffle_seed: int = 0
    """Real delays of 0 to 40 ms, so that replies overtake one another; 0: none."""
    slow_seconds: float = 0.0
    """Real seconds over which every body drips out."""
    livekit_plan: First = First()
    """403 that asks for the Scale plan."""
    livekit_snake: First = First()
    """Answers whose fields are written in snake_case."""
    livekit_gone: str = ""
    """The id of a session that the list has, and that is not found."""
    livekit_arrivals: int = 0
    """Sessions that begin between two pages of a list, and move all others back."""
    livekit_cap: int = 0
    """The most sessions of a page, whatever was asked for; 0: as many as asked."""
    livekit_end: str = "exclusive"
    """Whether the day in ``end`` belongs to the list: ``inclusive`` or ``exclusive``."""
    livekit_days: int = 7
    """How many days before today (UTC) a list may start."""
    livekit_sessions: int = 0
    """No fault but a size: sessions that begin on each UTC day; 0: the usual 22 to 28."""
    crowd: int = 0
    """No fault but a size: one more entry, ``1_crowd1``, played by so many distinct users; 0: there is none."""
    cloudflare_quota: Quota = Quota(1200, 300)
    """Requests that Cloudflare takes from one token or key (cloudflare.md §5)."""
    cloudflare_success_false: First = First()
    """HTTP 200 that says ``success: false`` (cloudflare.md §4)."""
    cloudflare_comma_lists: int = 0
    """1: Spectrum takes comma-joined lists beside repeated keys (cloudflare.md §2.1)."""
    cloudflare_page_cap: int = 0
    """Rows that a RealtimeKit page holds at most, whatever ``per_page`` says; 0: as many as asked for."""
    cloudflare_stuck_page: First = First()
    """Later pages of a RealtimeKit list that are the first one again, offsets and all."""
    cloudflare_repeated_page: First = First()
    """Later pages of a RealtimeKit list with the rows of the one before, under offsets of their own."""
    cloudflare_short_cells: First = First()
    """Answers by time whose last list is one number short."""
    cloudflare_no_intervals: First = First()
    """Answers by time without ``time_intervals``."""
    cloudflare_transposed: First = First()
    """Answers by time with a list per interval instead of one per metric."""
    cloudflare_null_cells: First = First()
    """Answers by time with null where nothing happened."""
    cloudflare_no_metrics: First = First()
    """Answers whose last row has no ``metrics``."""
    cloudflare_reordered: First = First()
    """Answers with the metrics in another order than asked for, as the echoed query says."""

    @classmethod
    def parse(cls, switches: Iterable[str]) -> Faults:
        """Faults from ``name=value`` texts; raises ValueError that names the known switches or the wanted form."""
        known = {field.name: type(field.default) for field in fields(cls)}
        values: dict[str, First | Quota | float | str] = {}
        for switch in switches:
            name, equals, text = switch.partition("=")
            if name not in known:
                raise ValueError(_unknown(name, tuple(known)))
            if not equals:
                raise ValueError(f"the fault switch {name} needs a value: {name}=...")
            values[name] = _value(name, text, known[name])
        return cls(**values)  # type: ignore[arg-type]  # _value made each of its field's type


def _unknown(name: str, known: tuple[str, ...]) -> str:
    near = get_close_matches(name, known, n=1)
    hint = f'; did you mean "{near[0]}"?' if near else ""
    return f'no fault switch "{name}"{hint} Known switches: {", ".join(known)}'


def _value(name: str, text: str, kind: type) -> First | Quota | float | str:
    try:
        if kind is First or kind is Quota:
            return kind.parse(text)
        if kind is str:
            return text
        number = int(text) if kind is int else float(text)
    except ValueError as error:
        raise ValueError(f"the fault switch {name}={text} is not understood: {error}") from None
    if not 0 <= number < 1e9:
        raise ValueError(f"the fault switch {name}={text} is not understood: a number from 0 on is wanted")
    return number


NO_FAULTS = Faults()


class FaultCounter:
    """Counts the use of the switches; one per running sandbox, safe between threads."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self._lock = threading.Lock()
        self._seen: Counter[str] = Counter()
        self._first_call: dict[str, float] = {}

    def due(self, name: str, action: str) -> bool:
        """Whether the switch strikes this request of that action; asking uses it up."""
        first: First = getattr(self.faults, name)
        if first.action not in ("", action):
            return False
        with self._lock:
            self._seen[name] += 1
            return self._seen[name] <= first.count

    def blocked(self, action: str, now: float) -> bool:
        """Whether the action is still inside its blocked seconds; ``now`` in unix seconds."""
        if not self.faults.blocked_seconds:
            return False
        with self._lock:
            first = self._first_call.setdefault(action, now)
        return now < first + self.faults.blocked_seconds

    def delay(self) -> float:
        """Real seconds to hold the next reply back."""
        if not self.faults.shuffle_seed:
            return self.faults.delay_seconds
        with self._lock:
            self._seen["delay"] += 1
            number = self._seen["delay"]
        share = shake_128(f"{self.faults.shuffle_seed}|{number}".encode()).digest(1)[0]
        return self.faults.delay_seconds + 0.04 * share / 255
