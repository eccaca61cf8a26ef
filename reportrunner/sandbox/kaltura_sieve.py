"""Which plays a report's filter leaves over, trap for trap (kaltura.md §6, kaltura-filter-fields.json)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reportrunner.sandbox.categories import category_of, ids_of_names, inside, tags
from reportrunner.sandbox.crowd import CROWD
from reportrunner.sandbox.kaltura_session import number
from reportrunner.sandbox.kaltura_wire import Params
from reportrunner.sandbox.people import ANONYMOUS
from reportrunner.sandbox.traits import TRAITS
from reportrunner.sandbox.universe import Entry, Event, entries

Stays = Callable[[Event], bool]

# Filter field: the trait that it looks at.
_OF_PLAYS = {
    "deviceIn": "device",
    "countryIn": "country",
    "regionIn": "region",
    "citiesIn": "city",
    "operatingSystemIn": "os",
    "operatingSystemFamilyIn": "os_family",
    "browserIn": "browser",
    "browserFamilyIn": "browser_family",
    "domainIn": "domain",
    "canonicalUrlIn": "referrer",
    "customVar1In": "custom_var1",
    "customVar2In": "custom_var2",
    "customVar3In": "custom_var3",
    "playbackContextIdsIn": "context_category",
    "playlistIdIn": "playlist_id",
    "uiConfIdIn": "ui_conf_id",
    "virtualEventIdIn": "virtual_event",
    "application": "application",
}
_OF_SESSIONS = {
    "errorCodeIn": "error_code",
    "playerVersionIn": "player_version",
    "ispIn": "isp",
    "applicationVersionIn": "application_version",
    "videoCodecIn": "video_codec",
    "playbackModeIn": "playback_mode",
}
_OF_EVENTS = {
    "originIn": "origin",
    "roleIn": "role",
    "industryIn": "industry",
    "companyIn": "company",
    "cuePointIdIn": "cue_point_id",
    "contextIdIn": "context_id",
    "eventSessionContextIdIn": "event_session_context_id",
}
_OF_AGENTS = {"agentIdIn": "agent_id", "genieIdIn": "genie_id", "isPreview": "is_preview"}
_OF_REACH = {
    "reachProfileIdIn": "reachProfileId",
    "serviceType": "serviceType",
    "serviceFeature": "serviceFeature",
    "turnAroundTime": "turnaroundTime",
}
_ONE_VALUE = {
    "serviceType": ("1", "2"),
    "serviceFeature": ("1", "2"),
    "turnAroundTime": ("-1", "1800", "7200", "10800", "21600", "28800", "43200", "86400", "172800", "864000"),
}
_TRAIT = {
    **_OF_PLAYS,
    **_OF_SESSIONS,
    **_OF_EVENTS,
    **_OF_AGENTS,
    **_OF_REACH,
    "nodeIdsIn": "node_id",
    "crmIdIn": "crm_id",
}
_OF_FAMILY = {
    "qoe": _OF_SESSIONS,
    "event-registration": _OF_EVENTS,
    "event-platform": _OF_EVENTS,
    "chat-and-collaboration": _OF_EVENTS,
    "webcast": _OF_EVENTS,
    "immersive-agents": {**_OF_AGENTS, "contextIdIn": "context_id"},
}
_WITH_NODES = {"49", "50", "54", "55", "56", "57"}
_OF_ACCOUNTS = {"19", "26", "42", "60", "63", "64", "65", "66", "67", "68", "201"}
"""Reports of what an account uses: they know neither viewers nor entries."""
_OF_CONTENT = {"5", "7", "17", "18", "20", "27", "28", "39", "41", "61", "69"}
"""Reports of what is uploaded: they know entries and owners, no viewers."""
_QUIZ = "quiz-plugin"
"""Its reports read their lists of users themselves, at commas."""
_TIMES = ("entryCreatedAtGreaterThanOrEqual", "entryCreatedAtLessThanOrEqual")


def _base(report: dict[str, Any]) -> str:
    return str(report.get("base_id") or report["wire"])


def of_accounts(report: dict[str, Any]) -> bool:
    """Whether a report knows accounts only."""
    return _base(report) in _OF_ACCOUNTS


def knows_viewers(report: dict[str, Any]) -> bool:
    """Whether a report's rows come from plays, which have a viewer, a device and a playback type."""
    return _base(report) not in _OF_ACCOUNTS | _OF_CONTENT


def _traits_known(report: dict[str, Any]) -> set[str]:
    """List the filters of plays that a report's data carry; the others are dropped silently."""
    base = _base(report)
    known = set(_OF_PLAYS) if knows_viewers(report) else set()
    known |= set(_OF_FAMILY.get(report["family"], ()))
    known |= {"nodeIdsIn"} if base in _WITH_NODES else set()
    known |= {"crmIdIn"} if base in _OF_ACCOUNTS else set()
    return known | (set(_OF_REACH) if base in {"28", "66", "69"} else set())


def wanted_entries(asked: Params, report: dict[str, Any], delimiter: str) -> frozenset[str] | None:
    """Find the entries that the filters leave over; None: no filter speaks of entries."""
    if of_accounts(report):
        return None
    tests = [test for test in _entry_tests(asked, delimiter) if test]
    if not tests:
        return None
    return frozenset(entry.entry_id for entry in (*entries(), CROWD) if all(test(entry) for test in tests))


def _entry_tests(asked: Params, delimiter: str) -> list[Callable[[Entry], bool] | None]:
    def among(name: str, of: Callable[[Entry], str]) -> Callable[[Entry], bool] | None:
        wanted = set(asked[name].split(delimiter)) if asked.get(name) else None
        return None if wanted is None else lambda entry: of(entry) in wanted

    since, until = (number(asked, name, 0) for name in _TIMES)
    below = frozenset[int]().union(*(inside(one) for one in _ids(asked, "categoriesAncestorIdIn", delimiter)))
    named = ids_of_names(frozenset(str(asked.get("categories") or "").split(delimiter)))
    word = str(asked.get("keywords") or "")
    searched = str(asked.get("searchInTags") or "").lower() not in ("", "0", "false")
    return [
        among("entryIdIn", lambda entry: entry.entry_id),
        among("rootEntryIdIn", lambda entry: entry.entry_id),
        among("mediaTypeIn", lambda entry: entry.media_type),
        among("sourceTypeIn", lambda entry: entry.source),
        among("ownerIdsIn", lambda entry: entry.owner),
        among("categoriesIdsIn", lambda entry: str(category_of(entry.entry_id))),
        (lambda entry: category_of(entry.entry_id) in below) if asked.get("categoriesAncestorIdIn") else None,
        (lambda entry: category_of(entry.entry_id) in named) if asked.get("categories") else None,
        (lambda entry: entry.created_at >= since) if since else None,
        (lambda entry: entry.created_at <= until) if until else None,
        (lambda entry: _found(entry, word, in_tags=searched)) if word else None,
    ]


def _ids(asked: Params, name: str, delimiter: str) -> list[int]:
    return [int(piece) for piece in str(asked.get(name) or "").split(delimiter) if piece.isdecimal()]


def _found(entry: Entry, word: str, *, in_tags: bool) -> bool:
    """With ``searchInTags`` words are looked for in name and tags; without it in admin tags, which nothing has."""
    mine = tags().get(entry.entry_id, ())
    return in_tags and (word.lower() in entry.name.lower() or word.lower() in mine)


def _below(full_name: str) -> frozenset[int]:
    return frozenset[int]().union(*(inside(one) for one in ids_of_names(frozenset([full_name]))))


def _contexts(asked: Params) -> frozenset[str] | None:
    """Find the playback contexts by full names, comma separated; both fields together leave nothing."""
    exact, above = asked.get("playbackContext"), asked.get("ancestorPlaybackContext")
    if not exact and not above:
        return None
    if exact and above:
        return frozenset()
    found = ids_of_names(frozenset(str(exact).split(","))) if exact else _below(str(above))
    return frozenset(map(str, found))


def _among(trait: str, wanted: frozenset[str]) -> Stays:
    of = TRAITS[trait]
    return lambda event: of(event) in wanted


def tests(asked: Params, report: dict[str, Any], delimiter: str) -> list[Stays]:
    """List the conditions on plays that a filter sets for a report."""
    known = _traits_known(report)
    found = []
    for name in [name for name in asked if name in known and name not in _ONE_VALUE]:
        separator = "," if name == "application" else delimiter
        values = _truth(asked[name]) if name == "isPreview" else asked[name].split(separator)
        found.append(_among(_TRAIT[name], frozenset(values)))
    found.extend(
        _among(_TRAIT[name], frozenset([asked[name]]))
        for name, effective in _ONE_VALUE.items()
        if name in known and asked.get(name) in effective
    )
    contexts = _contexts(asked) if knows_viewers(report) else None
    if contexts is not None:
        found.append(_among("context_category", contexts))
    if asked.get("userIds") and not of_accounts(report) and report["family"] != _QUIZ:
        users = frozenset(asked["userIds"].split(delimiter)) - {ANONYMOUS}
        found.append(_among("user_id" if knows_viewers(report) else "owner", users))
    playback = _playback(asked, report, delimiter)
    return [*found, _among("playback_type", playback)] if playback else found


def _truth(text: str) -> list[str]:
    return ["false" if text.lower() in ("false", "0", "") else "true"]


def _playback(asked: Params, report: dict[str, Any], delimiter: str) -> frozenset[str]:
    """Find the playback types: forced ones win over the filter, the filter over the default (kaltura.md §5.6)."""
    forced = report.get("forced_playback_types")
    if forced or not knows_viewers(report):
        return frozenset(forced or ())
    if asked.get("playbackTypeIn"):
        return frozenset(asked["playbackTypeIn"].split(delimiter))
    return frozenset(report.get("default_playback_types") or ())
