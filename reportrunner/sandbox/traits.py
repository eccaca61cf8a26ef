"""What a play was seen with: every dimension that a filter or a report may ask for, derived from its traits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from reportrunner.sandbox.categories import category_of, context
from reportrunner.sandbox.crowd import CROWD
from reportrunner.sandbox.people import people
from reportrunner.sandbox.places import COUNTRIES, place
from reportrunner.sandbox.universe import Entry, Event, entries
from reportrunner.sandbox.virtual_events import VIRTUAL_EVENTS

_OS = {
    "Computer": ("Windows 10", "Windows 11", "Mac OS X 14", "Linux"),
    "Mobile": ("iOS 17", "iOS 18", "Android 14"),
    "Tablet": ("iOS 17", "Android 13"),
}
_FAMILY = {"Windows": "Windows", "Mac": "Mac OS X", "Linux": "Linux", "iOS": "iOS", "Android": "Android"}
_BROWSERS = ("Chrome 130", "Chrome 131", "Edge 130", "Firefox 132", "Safari 17")
_DOMAINS = ("learn.example.org", "www.example.org", "intranet.example.org")
_PAGES = ("/", "/courses", "/courses/privacy?from=mail;week")
_ROLES = ("Attendee", "Speaker", "Moderator")
_INDUSTRIES = ("Logistics", "Retail", "Research & development", "Finance, insurance")
_TITLES = ("Analyst", "Engineer", "Team lead", "Director, sales")
HOTSPOTS = {"hs_1": "https://learn.example.org/more", "hs_2": "n_2", "hs_3": "n_3"}
FLAVORS = {"0": "Source", "487041": "Basic/Small", "487051": "HD/1080"}
ATTACHMENTS = (("att_1", "Slides", "pdf"), ("att_2", "Hand-out, printable", "docx"))
REACTIONS = ("clap", "heart", "think", "wow", "smile")
SOURCES = {"src_1": ("Handbook", "document"), "src_2": ("Help pages", "web"), "src_3": ("GDPR basics", "entry")}


@cache
def library() -> dict[str, Entry]:
    """Return every entry by its id, the crowd's among them."""
    return {entry.entry_id: entry for entry in (*entries(), CROWD)}


def _pick(choices: Sequence[str], byte: int) -> Callable[[Event], str]:
    return lambda event: choices[event.traits[byte] % len(choices)]


def _of_user(choices: Sequence[str], step: int) -> Callable[[Event], str]:
    """Pick by the viewer, so that a person keeps title, role and industry."""
    return lambda event: choices[sum(event.viewer.encode()) // step % len(choices)]


def _os(event: Event) -> str:
    systems = _OS[event.device]
    return systems[event.traits[2] % len(systems)]


def _browser(event: Event) -> str:
    return _BROWSERS[event.traits[3] % len(_BROWSERS)]


def _domain(event: Event) -> str:
    return _DOMAINS[event.traits[4] % len(_DOMAINS)]


def _company(event: Event) -> str:
    person = people().get(event.user_id)
    return person.company if person else "Unknown"


def _virtual_event(event: Event) -> str:
    first, second = event.traits[7], event.traits[15]
    return VIRTUAL_EVENTS[0] if first % 4 == 0 else VIRTUAL_EVENTS[1 + (first * 256 + second) % 40]


# Names are those of columns where a report shows the dimension, and of filters elsewhere.
TRAITS: dict[str, Callable[[Event], str]] = {
    "entry_id": lambda event: event.entry_id,
    "category_id": lambda event: str(category_of(event.entry_id)),
    "context_category": lambda event: str(context(event)),
    "device": lambda event: event.device,
    "country": lambda event: event.country,
    "country_code": lambda event: COUNTRIES[event.country].code,
    "region": lambda event: place(event).region,
    "city": lambda event: place(event).city,
    "world_region": lambda event: COUNTRIES[event.country].world_region,
    "os": _os,
    "os_family": lambda event: _FAMILY[_os(event).partition(" ")[0]],
    "browser": _browser,
    "browser_family": lambda event: _browser(event).partition(" ")[0],
    "domain": _domain,
    "referrer": lambda event: f"https://{_domain(event)}{_PAGES[event.traits[5] % len(_PAGES)]}",
    "playback_type": lambda event: event.playback,
    "partner_id": lambda event: str(event.partner),
    "user_id": lambda event: event.user_id,
    "owner": lambda event: library()[event.entry_id].owner,
    "source": lambda event: library()[event.entry_id].source,
    "virtual_event": _virtual_event,
    "custom_var1": _pick(("green", "blue", "north; east"), 8),
    "custom_var2": _pick(("alpha", "beta"), 9),
    "custom_var3": _pick(("x", "y", "z", "=1+1"), 10),
    "player_version": _pick(("3.17.1", "3.17.4", "3.18.0"), 9),
    "isp": _pick(("Example Telecom", "Fibre, Inc.", "Mobile One"), 8),
    "application": _pick(("portal", "mobile app", "KMC"), 10),
    "application_version": _pick(("5.12", "5.13"), 11),
    "ui_conf_id": _pick(("23448001", "23448002"), 11),
    "playlist_id": _pick(("", "", "0_list1", "0_list2"), 12),
    "playback_rate": _pick(("1", "1", "1.25", "1.5", "2", "0.5"), 11),
    "playback_mode": _pick(("normal", "preview"), 12),
    "video_codec": _pick(("avc1", "hvc1"), 13),
    "error_code": _pick(("1001", "1002", "3016", "6007"), 12),
    "node_id": _pick(("n_1", "n_2", "n_3"), 13),
    "hotspot_id": _pick(tuple(HOTSPOTS), 13),
    "flavor_params_id": _pick(tuple(FLAVORS), 14),
    "cdn": _pick(("cdn-a", "cdn-b"), 14),
    "reaction": _pick(REACTIONS, 15),
    "reason": _pick(("Spam", "Harmful; dangerous", "Copyright"), 11),
    "role": _of_user(_ROLES, 3),
    "industry": _of_user(_INDUSTRIES, 2),
    "title": _of_user(_TITLES, 5),
    "company": _company,
    "origin": _pick(("mail", "web"), 5),
    "cue_point_id": lambda event: f"{event.entry_id}-cue{event.traits[13] % 3 + 1}",
    "context_id": lambda event: f"ctx_{event.traits[14] % 3 + 1}",
    "event_session_context_id": lambda event: f"ses_{event.entry_id}",
    "agent_id": _pick(("agent_1", "agent_2"), 14),
    "genie_id": _pick(("genie_1", "genie_2"), 15),
    "experience": _pick(("avatar", "chat"), 12),
    "response_type": _pick(("answer", "question", "refusal"), 13),
    "reactionType": _pick(("like", "dislike"), 15),
    "source_id": _pick(tuple(SOURCES), 14),
    "is_preview": _pick(("false", "false", "false", "true"), 12),
    "reachProfileId": _pick(("501", "502"), 9),
    "serviceType": _pick(("1", "2"), 10),
    "serviceFeature": _pick(("1", "2"), 11),
    "turnaroundTime": _pick(("1800", "86400", "864000"), 12),
    "catalog_item_id": _pick(("7001", "7002"), 13),
    "profile_type": _pick(("1", "2"), 9),
    "crm_id": lambda event: f"CRM-{event.partner}",
    "attachment_id": lambda event: ATTACHMENTS[event.traits[15] % len(ATTACHMENTS)][0],
}
