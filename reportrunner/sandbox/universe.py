"""A world computed for any date: the same hash decides the same week for ever; nothing is stored, no clock is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from hashlib import shake_128
from zoneinfo import ZoneInfo

from reportrunner.sandbox.people import ANONYMOUS, Person, guests, roster, watchers

HOME = ZoneInfo("America/New_York")
ACCOUNT = 10042
ACCOUNT_CREATED = int(datetime(2012, 1, 1, tzinfo=UTC).timestamp())
WHOLE = 21_600  # every entry's duration divides it, so completion is counted in exact parts of it

MARKS = 16
TRAITS = 16

_BYTES = 16
_LANE = 32  # bits: what one mark adds up to fits, however many plays are added
_LANES = sum(3 << _LANE * lane for lane in range(MARKS))
_MORE = TRAITS + MARKS * _LANE // 8
_ANONYMOUS_SEATS = 20
_DEVICES = ("Computer", "Computer", "Computer", "Mobile", "Mobile", "Tablet")
_COUNTRIES = ("United States", "United States", "United States", "Germany", "United Kingdom", "Japan", "Brazil")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the library; ``duration`` in seconds, ``created_at`` in unix seconds, ``pull`` 0..255 a week."""

    entry_id: str
    name: str
    media_type: str
    source: str
    owner: str
    duration: int
    created_at: int
    pull: int

    @property
    def live(self) -> bool:
        """Whether people come to it while it is broadcast."""
        return self.media_type == "Live stream"


@dataclass(frozen=True, slots=True)
class Event:
    """One play: ``at`` in unix seconds (UTC), ``watched`` and ``period`` in seconds, multiples of 3 (0.05 minutes).

    ``traits`` decides what the play was seen with and where; ``marks`` holds small counts, one per lane, made so that
    the marks of many plays add up as one number. A child account's play is the parent's with another ``partner``.
    """

    at: int
    user_id: str
    viewer: str
    entry_id: str
    watched: int
    period: int
    completion: int
    loads: int
    viral: int
    playback: str
    device: str
    country: str
    traits: bytes = field(default=bytes(TRAITS), compare=False)
    marks: int = field(default=0, compare=False)
    partner: int = field(default=ACCOUNT, compare=False)

    @property
    def quarters(self) -> int:
        """How many quartiles of the entry were reached, 0..4."""
        return self.completion * 4 // WHOLE


def _created(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())


# Owners: the second is held by nobody; the third's display name carries a line break.
OWNERS = {
    "training@example.org": "Training Team",
    "studio@example.org": "Studio\nEvents",
    "ceo.office@example.org": 'Office of the "CEO"',
}

_LIBRARY = (
    ("1_gdpr1", "GDPR basics", "Video", "Upload", 12, 62),
    ("1_gdpr2", "Data subjects; rights | duties", "Video", "Upload", 18, 60),
    ("1_fire1", "Fire safety", "Video", "Upload", 5, 20),
    ("1_brib1", '"Gifts" and bribery', "Video", "Upload", 20, 18),
    ("1_phis1", "=Phishing: spot it", "Video", "Webcam", 8, 22),
    ("1_ergo1", "Ergonomics, at home", "Video", "Clip", 6, 9),
    ("1_code1", "Code of conduct", "Video", "Upload", 24, 16),
    ("1_onbd1", "Welcome aboard", "Video", "Kaltura Meeting", 10, 12),
    ("1_sale1", "Sales kick-off: the story", "Video", "Upload", 45, 10),
    ("1_prod1", "Product tour: été", "Video", "Upload", 15, 14),
    ("1_podc1", "Podcast no. 12", "Audio", "Upload", 30, 8),
    ("1_acce1", "Accessibility", "Video", "Classroom Capture", 9, 11),
    ("1_priv1", "Privacy / security desk", "Video", "Zoom", 40, 6),
    ("1_town1", "Town hall (live)", "Live stream", "Other", 60, 90),
    ("1_earn1", "Investor briefing (live)", "Live stream", "Other", 45, 120),
    ("1_quest1", "Ask the experts (live)", "Live stream", "Other", 30, 40),
)


@cache
def entries() -> tuple[Entry, ...]:
    """List the account's library, vod first, live last."""
    owners = tuple(OWNERS)
    return tuple(
        Entry(
            entry_id=entry_id,
            name=name,
            media_type=media_type,
            source=source,
            owner=owners[number % 3],
            duration=minutes * 60,
            created_at=_created("2019-03-04") + number * 86_400 * 11,
            pull=pull,
        )
        for number, (entry_id, name, media_type, source, minutes, pull) in enumerate(_LIBRARY)
    )


def _share(*key: object) -> int:
    return shake_128("|".join(map(str, key)).encode()).digest(1)[0]


@lru_cache(maxsize=64)
def _audience(entry_id: str) -> tuple[tuple[Person | None, int], ...]:
    """Who may ever play an entry and how likely in one week (of 256); None is an anonymous seat."""
    entry = {entry.entry_id: entry for entry in entries()}[entry_id]
    seats: list[tuple[Person | None, int]] = []
    crowd = (*guests(), *roster()[::4]) if entry.live else (*roster(), *watchers())
    for person in crowd:
        never = _share("never", person.user_id) < 10 or _share("never", person.user_id, entry_id) < 6
        slow = _share("slow", person.user_id) < 46
        seats.append((person, 0 if never else max(1, entry.pull // 3) if slow else entry.pull))
    seats.extend((None, max(4, entry.pull)) for _ in range(_ANONYMOUS_SEATS))
    return tuple(seats)


def more(stream: bytes, seat: int) -> tuple[bytes, int]:
    """Cut one seat's traits and marks (0 to 3 each) out of a stream of hashed bytes."""
    mine = stream[seat * _MORE : (seat + 1) * _MORE]
    raw = int.from_bytes(mine[TRAITS:])
    return mine[:TRAITS], raw & raw >> 8 & _LANES


def more_stream(name: str, seats: int) -> bytes:
    """Hash a name into the stream that ``more`` cuts."""
    return shake_128(f"more|{name}".encode()).digest(_MORE * seats)


def mark(marks: int, lane: int) -> int:
    """Read one lane of a play's marks, or of the sum of many."""
    return marks >> _LANE * lane & (1 << _LANE) - 1


@lru_cache(maxsize=64)
def midnight(day: int) -> int:
    """Return the start of a day (an ordinal) in New York, in unix seconds."""
    return int(datetime.combine(date.fromordinal(day), datetime.min.time(), HOME).timestamp())


def _moment(entry: Entry, monday: int, bits: bytes) -> int:
    """When in the week: office hours in New York, one play in sixteen within half an hour of local midnight."""
    if entry.live:  # broadcast every Wednesday at 11:00
        return midnight(monday + 2) + 11 * 3600 + bits[2] * 7
    day = bits[1] % 7 if bits[1] < 56 else bits[1] % 5
    if bits[2] < 16:
        edge = (bits[3] - 128) * 14 + bits[4] % 14
        return midnight(monday + day) + (edge if edge >= 0 else 86_400 + edge)
    return midnight(monday + day) + 8 * 3600 + (bits[3] * 256 + bits[4]) * 36_000 // 65_536


def _watched(entry: Entry, bits: bytes) -> int:
    steps = entry.duration // 3
    full = 120 if entry.duration > 720 else 105
    return entry.duration if bits[5] < full else 3 * max(1, steps * (bits[6] * 256 + bits[7]) // 65_536)


@lru_cache(maxsize=4096)
def week_events(entry: Entry, monday: int) -> tuple[Event, ...]:
    """Compute the plays of one entry in the week that begins on that Monday (a day ordinal), by time."""
    audience = _audience(entry.entry_id)
    stream = shake_128(f"{entry.entry_id}|{monday}".encode()).digest(_BYTES * len(audience))
    further = more_stream(f"{entry.entry_id}|{monday}", len(audience))
    found = []
    for seat, (person, chance) in enumerate(audience):
        if stream[seat * _BYTES] >= chance:
            continue
        bits = stream[seat * _BYTES : (seat + 1) * _BYTES]
        watched = _watched(entry, bits)
        at = _moment(entry, monday, bits)
        traits, marks = more(further, seat)
        on_air = "dvr" if bits[8] < 50 else "live"
        found.append(
            Event(
                at=at,
                user_id=person.user_id if person else ANONYMOUS,
                viewer=person.user_id if person else f"cookie-{entry.entry_id}-{monday}-{seat}",
                entry_id=entry.entry_id,
                watched=watched,
                period=watched + 3 * (bits[9] % 40),
                completion=watched * (WHOLE // entry.duration),
                loads=1 + (bits[10] < 60),
                viral=int(bits[11] < 8),
                playback=on_air if entry.live else "vod",
                device=_DEVICES[bits[12] % len(_DEVICES)],
                country=_COUNTRIES[bits[13] % len(_COUNTRIES)],
                traits=traits,
                marks=marks,
            )
        )
    return tuple(sorted(found, key=lambda event: (event.at, event.viewer)))


def mondays(start: int, end: int) -> range:
    """List the day ordinals of the Mondays whose weeks can touch a window of unix seconds."""
    first = datetime.fromtimestamp(start, HOME).date() - timedelta(days=1)
    return range(first.toordinal() - first.weekday(), datetime.fromtimestamp(end, HOME).date().toordinal() + 1, 7)


def events(entry_ids: frozenset[str] | None, start: int, end: int) -> list[Event]:
    """Every play with ``start <= at < end`` (unix seconds) of those entries (None: of all), entry by entry, by time."""
    if end <= start:
        return []
    wanted = [entry for entry in entries() if entry_ids is None or entry.entry_id in entry_ids]
    return [
        event
        for entry in wanted
        for monday in mondays(start, end)
        for event in week_events(entry, monday)
        if start <= event.at < end
    ]
