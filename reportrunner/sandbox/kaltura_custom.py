"""The rows of the custom reports that public guides name (kaltura.md §7.2); what they leave open is decided here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from reportrunner.sandbox.accounts import account_events
from reportrunner.sandbox.kaltura_errors import ApiError
from reportrunner.sandbox.kaltura_metrics import METRICS
from reportrunner.sandbox.kaltura_question import World
from reportrunner.sandbox.kaltura_session import number
from reportrunner.sandbox.kaltura_tally import Tally, php_number, tallies
from reportrunner.sandbox.people import people
from reportrunner.sandbox.traits import ATTACHMENTS, TRAITS, library
from reportrunner.sandbox.universe import Event

Given = dict[str, str]
Row = dict[str, str]

_DAY = 86_400
_LISTS = ("entry_ids", "entries_ids")
_EVENTS = ("virtualeventid", "virtual_event_ids")


@dataclass(frozen=True, slots=True)
class Custom:
    """One custom report: the parameters it cannot do without, its columns, its rows."""

    mandatory: tuple[str, ...]
    columns: tuple[str, ...]
    rows: Callable[[Given, World], list[Row]]


def _day(text: str) -> int | None:
    try:
        return int(datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).timestamp())
    except ValueError:
        return None


def _window(given: Given) -> tuple[int, int]:
    """Read either pair of dates as a half-open window of unix seconds; an unreadable one is empty."""
    if "from_date_id" in given:
        first, last = _day(given["from_date_id"]), _day(given["to_date_id"])
        shift = number(dict(given), "timezone_offset", 0) * 60
        return (0, 0) if first is None or last is None else (first + shift, last + _DAY + shift)
    return number(dict(given), "from_date", 0), number(dict(given), "to_date", 0) + 1


def plays_of(given: Given, world: World) -> list[Event]:
    """Find the plays that the parameters choose: window, entries and virtual events, comma separated."""
    entry_ids = next((frozenset(given[name].split(",")) for name in _LISTS if given.get(name)), None)
    wanted = next((frozenset(given[name].split(",")) for name in _EVENTS if given.get(name)), None)
    plays = account_events(world.partner, entry_ids, *_window(given), world.crowd)
    return [event for event in plays if wanted is None or TRAITS["virtual_event"](event) in wanted]


def _minutes(seconds: int) -> str:
    return php_number(seconds / 60)


def person_cells(user_id: str) -> Row:
    """Describe a user as the enriched reports do; an unknown one has empty cells."""
    person = people().get(user_id)
    if person is None:
        return dict.fromkeys(("email", "first_name", "last_name", "company"), "")
    return {
        "email": person.email,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "company": person.company,
    }


def _by(plays: list[Event], *traits: str) -> list[tuple[tuple[str, ...], Tally]]:
    of = [TRAITS[name] for name in traits]
    return sorted(tallies(plays, lambda event: tuple(one(event) for one in of)).items())


def _count(sums: Tally, metric: str) -> str:
    return php_number(METRICS[metric](sums))


def _calendar(given: Given, world: World) -> list[Row]:
    return [
        {
            "entry_id": entry_id,
            "user_id": user_id,
            "count_add_to_calendar_clicked": _count(sums, "count_add_to_calendar_clicked"),
            **person_cells(user_id),
        }
        for (user_id, entry_id), sums in _by(plays_of(given, world), "user_id", "entry_id")
    ]


def _attachments(given: Given, world: World) -> list[Row]:
    titles = {name: title for name, title, _ in ATTACHMENTS}
    return [
        {
            "user_id": user_id,
            "entry_id": entry_id,
            "attachment_id": attachment,
            "attachment_title": titles[attachment],
            "download_attachment_clicked": _count(sums, "count_download_attachment_clicked"),
            **person_cells(user_id),
        }
        for (user_id, entry_id, attachment), sums in _by(plays_of(given, world), "user_id", "entry_id", "attachment_id")
    ]


def _session_id(event: Event) -> str:
    return f"{event.entry_id}-{datetime.fromtimestamp(event.at, UTC):%Y%m%d}"


def _attendance(given: Given, world: World) -> list[Row]:
    return [
        {
            "user": user_id,
            "email": person_cells(user_id)["email"],
            "entry_id": sums.events[0].entry_id,
            "session_id": session,
            "entry_name": library()[sums.events[0].entry_id].name,
            "view_time": _minutes(sums.watched),
        }
        for (user_id, session), sums in sorted(
            tallies(plays_of(given, world), lambda event: (event.user_id, _session_id(event))).items()
        )
    ]


def _certificate(given: Given, world: World) -> list[Row]:
    mine = [event for event in plays_of(given, world) if event.user_id == given["user_id"]]
    rows = []
    for session, sums in sorted(tallies(mine, _session_id).items()):
        entry = library()[sums.events[0].entry_id]
        rows.append(
            {
                "Date": f"{datetime.fromtimestamp(sums.events[0].at, UTC):%Y-%m-%d}",
                "Entry Id": entry.entry_id,
                "Session Id": session,
                "Entry Name": entry.name,
                "VOD Duration (min)": "0" if entry.live else _minutes(entry.duration),
                "View Time (min)": _minutes(sums.watched),
            }
        )
    return rows


_REACTIONS = {
    "combined_live_engaged_users_play_time_ratio": "combined_live_engaged_users_play_time_ratio",
    "download_attachment": "count_download_attachment_clicked",
    "add_to_calendar": "count_add_to_calendar_clicked",
    "raise_hand": "count_raise_hand_clicked",
    "mic_on": "count_info",
    "cam_on": "count_captions",
    "clap_clicked_count": "reaction_clap_clicked",
    "heart_clicked_count": "reaction_heart_clicked",
    "think_clicked_count": "reaction_think_clicked",
    "wow_clicked_count": "reaction_wow_clicked",
    "smile_clicked_count": "reaction_smile_clicked",
    "total_reactions_activity": "count_reaction_clicked",
    "answered_polls": "count_poll_answered",
    "messages_sent_group": "count_group_chat_messages_sent",
    "qna_threads": "count_q_and_a_threads",
}


def _reactions(given: Given, world: World) -> list[Row]:
    return [
        {
            "email": person_cells(user_id)["email"],
            **{name: _count(sums, metric) for name, metric in _REACTIONS.items()},
        }
        for (user_id,), sums in _by(plays_of(given, world), "user_id")
        if user_id in people()
    ]


def _broadcasts(given: Given, world: World) -> list[tuple[str, list[Event]]]:
    on_air = [event for event in plays_of(given, world) if event.playback == "live"]
    return [(session, sums.events) for session, sums in sorted(tallies(on_air, _session_id).items())]


def _room(session: str, plays: list[Event]) -> Row:
    entry = library()[plays[0].entry_id]
    start = min(event.at for event in plays)
    return {
        "entry_id": entry.entry_id,
        "entry_name": entry.name,
        "parent_entry_id": "",
        "cue_point_id": f"{session}-room",
        "session_start_time": str(start),
        "session_end_time": str(start + entry.duration),
        "session_host_user_id": entry.owner,
        "attendees": str(len({event.viewer for event in plays})),
    }


def _rooms(given: Given, world: World) -> list[Row]:
    return [_room(session, plays) for session, plays in _broadcasts(given, world)]


def _attendees(given: Given, world: World) -> list[Row]:
    return [
        {
            "entry_id": event.entry_id,
            "session_id": session,
            "user_id": event.user_id,
            "email": person_cells(event.user_id)["email"],
            "join_time": str(event.at),
            "leave_time": str(event.at + event.watched),
            "attendance_minutes": _minutes(event.watched),
        }
        for session, plays in _broadcasts(given, world)
        for event in plays
    ]


def _breakouts(given: Given, world: World) -> list[Row]:
    rows = []
    for session, plays in _broadcasts(given, world):
        for number_, part in enumerate((plays[::2], plays[1::2]), 1):
            if part:
                room = _room(session, part)
                rows.append(
                    {
                        **room,
                        "entry_id": f"{room['entry_id']}_b{number_}",
                        "entry_name": f"{room['entry_name']}, room {number_}",
                        "parent_entry_id": room["entry_id"],
                        "cue_point_id": f"{session}-room{number_}",
                    }
                )
    return rows


_DAYS = ("from_date_id", "to_date_id", "timezone_offset")
_DATES = ("from_date", "to_date")
_WHO = ("first_name", "last_name", "company")
_ROOM = (
    *("entry_id", "entry_name", "parent_entry_id", "cue_point_id", "session_start_time", "session_end_time"),
    *("session_host_user_id", "attendees"),
)
CUSTOM = {
    "3006": Custom(_DAYS, ("entry_id", "user_id", "email", "count_add_to_calendar_clicked", *_WHO), _calendar),
    "3008": Custom(
        _DAYS,
        (
            *("user_id", "email", "entry_id", "attachment_id", "attachment_title", "download_attachment_clicked"),
            *_WHO,
        ),
        _attachments,
    ),
    "3009": Custom(_DATES, ("user", "email", "entry_id", "session_id", "entry_name", "view_time"), _attendance),
    "3010": Custom(
        (*_DATES, "user_id"),
        ("Date", "Entry Id", "Session Id", "Entry Name", "VOD Duration (min)", "View Time (min)"),
        _certificate,
    ),
    "4021": Custom((*_DATES, "virtualeventid"), ("email", *_REACTIONS), _reactions),
    "6000": Custom(_DATES, _ROOM, _rooms),
    "6001": Custom(
        _DATES,
        ("entry_id", "session_id", "user_id", "email", "join_time", "leave_time", "attendance_minutes"),
        _attendees,
    ),
    "6002": Custom(_DATES, _ROOM, _breakouts),
}


def check_given(custom: Custom, given: Given) -> None:
    """Demand the parameters a report cannot do without; raises INTERNAL_SERVERL_ERROR."""
    if any(name not in given for name in custom.mandatory):
        raise ApiError("INTERNAL_SERVERL_ERROR")
