"""What the rows of a report are about: the key that tells them apart, the cells that describe one (kaltura.md §8)."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cache
from typing import Any

from reportrunner.sandbox.accounts import account_names
from reportrunner.sandbox.categories import Category, by_id, category_of, context, tags
from reportrunner.sandbox.kaltura_metrics import METRICS
from reportrunner.sandbox.kaltura_tally import Number
from reportrunner.sandbox.people import Person, people
from reportrunner.sandbox.places import COUNTRIES, place, region_coordinates
from reportrunner.sandbox.traits import ATTACHMENTS, FLAVORS, HOTSPOTS, SOURCES, TRAITS, library
from reportrunner.sandbox.universe import ACCOUNT_CREATED, OWNERS, Entry, Event

Cell = Number | str | None
Describe = Callable[[Event], Cell]

_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Subject:
    """``key`` tells rows apart; ``cells`` describe a row by any play of it, where a column's usual meaning differs."""

    key: Callable[[Event], Hashable]
    cells: dict[str, Describe]


def _entry(event: Event) -> Entry:
    return library()[event.entry_id]


def _person(name: Callable[[Person], str], otherwise: Cell = None) -> Describe:
    def describe(event: Event) -> Cell:
        person = people().get(event.user_id)
        return name(person) if person else otherwise

    return describe


def _attachment(part: int) -> Describe:
    found = {attachment[0]: attachment for attachment in ATTACHMENTS}
    return lambda event: found[TRAITS["attachment_id"](event)][part]


@cache
def _entry_categories() -> tuple[int, ...]:
    return tuple(category_of(entry_id) for entry_id in tags())


def _category(event: Event) -> Category:
    return by_id()[int(TRAITS["category_id"](event))]


def _minute(event: Event) -> Cell:
    return event.at - event.at % _MINUTE


_USUAL: dict[str, Describe] = {
    **TRAITS,
    "object_id": lambda event: event.entry_id,
    "entry_name": lambda event: _entry(event).name,
    "creator_name": lambda event: OWNERS[_entry(event).owner],
    "created_at": lambda event: _entry(event).created_at,
    "status": lambda _: "2",
    "media_type": lambda event: _entry(event).media_type,
    "duration_msecs": lambda event: 0 if _entry(event).live else _entry(event).duration * 1000,
    "entry_source": lambda event: _entry(event).source,
    "entry_media_source_name": lambda event: _entry(event).source,
    "name": lambda event: event.user_id,
    "user_name": _person(lambda person: person.name),
    "full_name": _person(lambda person: person.name),
    "first_name": _person(lambda person: person.first_name, "Unknown"),
    "last_name": _person(lambda person: person.last_name, ""),
    "email": _person(lambda person: person.email),
    "coordinates": lambda event: COUNTRIES[event.country].coordinates,
    "domain_name": TRAITS["domain"],
    "location_name": TRAITS["region"],
    "destination": lambda event: HOTSPOTS[TRAITS["hotspot_id"](event)],
    "percentile": lambda event: event.traits[15] % 101,
    "position": _minute,
    "user_engagement": lambda event: ("None", "Low", "Fair", "Good", "High")[event.quarters],
    "extract_time": lambda event: event.at,
    "attachment_name": _attachment(1),
    "attachment_ext": _attachment(2),
    "partner_name": lambda event: account_names()[event.partner],
    "id": TRAITS["partner_id"],
}
_BY_ENTRY = Subject(TRAITS["entry_id"], {})
_BY_USER = Subject(TRAITS["user_id"], {})
_OWNER: dict[str, Describe] = {
    **dict.fromkeys(("object_id", "name", "kuser_id", "user_id"), TRAITS["owner"]),
    **dict.fromkeys(("user_screen_name", "user_full_name", "full_name"), _USUAL["creator_name"]),
    "email": TRAITS["owner"],
    "created_at": lambda _: ACCOUNT_CREATED,
}
_BY_OWNER = Subject(TRAITS["owner"], _OWNER)
_DOMAIN = Subject(TRAITS["domain"], {"object_id": TRAITS["domain"]})
_COUNTRY = Subject(TRAITS["country"], {"object_id": TRAITS["country_code"]})
_REGION = Subject(
    lambda event: (event.country, place(event).region),
    {
        "object_id": TRAITS["region"],
        "coordinates": lambda event: region_coordinates(event.country, place(event).region),
    },
)
_CITY = Subject(place, {"coordinates": lambda event: place(event).coordinates})
_CONTEXT: dict[str, Describe] = {
    "object_id": TRAITS["context_category"],
    "name": lambda event: by_id()[context(event)].full_name,
}
_CATEGORY: dict[str, Describe] = {
    "object_id": TRAITS["category_id"],
    "name": lambda event: _category(event).name,
    "entries_count": lambda event: sum(TRAITS["category_id"](event) == str(one) for one in _entry_categories()),
    "direct_sub_categories_count": lambda event: sum(one.parent == _category(event).id for one in by_id().values()),
    "parent_name": lambda event: ">".join(step.name for step in _category(event).path[:-1]),
}
_MEETING: dict[str, Describe] = {"name": _USUAL["entry_name"]}
_ACCOUNT: dict[str, Describe] = {"status": lambda _: "1", "created_at": lambda _: ACCOUNT_CREATED}
_AGENT: dict[str, Describe] = {
    "source": TRAITS["source_id"],
    "source_name": lambda event: SOURCES[TRAITS["source_id"](event)][0],
    "source_type": lambda event: SOURCES[TRAITS["source_id"](event)][1],
}


_BY_WIRE = {
    **dict.fromkeys(("5", "17", "20", "39"), _BY_OWNER),
    "7": Subject(TRAITS["source"], {"object_id": TRAITS["source"]}),
    "12": _BY_ENTRY,
    "16": Subject(TRAITS["application"], {"name": TRAITS["application"]}),
    "25": Subject(TRAITS["context_category"], _CONTEXT),
    "53": Subject(TRAITS["category_id"], _CATEGORY),
    "61": Subject(TRAITS["flavor_params_id"], {"name": lambda event: FLAVORS[TRAITS["flavor_params_id"](event)]}),
    "60013": _BY_USER,
    "60017": Subject(TRAITS["event_session_context_id"], _MEETING),
    **dict.fromkeys(("19", "42"), Subject(TRAITS["partner_id"], _ACCOUNT)),
    "80004": Subject(TRAITS["source_id"], _AGENT),
}
_BY_LEADING = {
    ("object_id", "entry_name"): _BY_ENTRY,
    ("entry_id", "entry_name"): _BY_ENTRY,
    ("object_id", "domain_name"): _DOMAIN,
    ("object_id", "country"): _COUNTRY,
    ("object_id", "location_name"): _REGION,
    ("country", "region", "coordinates"): _REGION,
    ("country", "region", "city"): _CITY,
    ("user_id", "user_name"): _BY_USER,
    ("name",): _BY_USER,
}


def described(columns: list[str]) -> list[str]:
    """List the columns that describe a row, which are no metrics."""
    return [name for name in columns if name not in METRICS]


def _keyed(names: tuple[str, ...]) -> Subject:
    describe = [_USUAL[name] for name in names]
    if len(describe) == 1:
        return Subject(describe[0], {})
    return Subject(lambda event: tuple(one(event) for one in describe), {})


def _leading(columns: list[str]) -> Subject | None:
    return next((subject for names, subject in _BY_LEADING.items() if tuple(columns[: len(names)]) == names), None)


_ENTRY_AND_MORE = {
    "28": ("object_id", "reachProfileId", "serviceType", "serviceFeature", "turnaroundTime"),
    "60016": ("entry_id", "position"),
}


def subject_of(report: dict[str, Any], columns: list[str]) -> Subject:
    """Find what a report's rows are about; one that shows the account tells accounts apart."""
    wire = str(report.get("base_id") or report["wire"])
    leading = _leading(columns)
    if wire in _ENTRY_AND_MORE:
        found = _keyed(_ENTRY_AND_MORE[wire])
    else:
        found = _BY_WIRE.get(wire) or leading or _keyed(tuple(described(columns)))
    if report["family"] != "multi-account" or "partner_id" not in columns:
        return found
    key = found.key
    return Subject(lambda event: (event.partner, key(event)), found.cells)


def describe(subject: Subject, column: str) -> Describe:
    """Find how a column describes a row of that subject."""
    return subject.cells.get(column) or _USUAL[column]
