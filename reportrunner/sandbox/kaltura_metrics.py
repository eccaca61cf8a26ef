"""Every metric column of every report as a function of one tally: what adds up, and what must not (kaltura.md §5.6).

Plays, times and completion are the plays' own. What the plays know nothing of (clicks, registrations, storage) comes
from their marks by a rule that is the same for ever: counts and sums add up over rows and over slices of time to the
total, uniques, averages, ratios, stocks and peaks do not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from zlib import crc32

from reportrunner.sandbox.kaltura_tally import Number, Tally
from reportrunner.sandbox.traits import TRAITS, library
from reportrunner.sandbox.universe import MARKS, WHOLE, Event

Metric = Callable[[Tally], Number]

_ON_AIR = ("live", "dvr")


def ratio(part: Number, whole: int) -> Number:
    """Divide, nothing by nothing being 0."""
    return part / whole if whole else 0


def _watched(events: Iterable[Event]) -> int:
    return sum(event.watched for event in events)


def _period(events: Iterable[Event]) -> int:
    return sum(event.period for event in events)


def _viewers(events: Iterable[Event]) -> int:
    return len({event.viewer for event in events})


def _completed(events: list[Event]) -> Number:
    return ratio(sum(event.completion for event in events) / WHOLE, len(events))


def percent(event: Event) -> int:
    """How far into the entry a play came, 0 to 100."""
    return event.completion * 100 // WHOLE


# What a play says itself; times are minutes, except real-time ``sum_view_time*``: seconds; ratios run from 0 to 1.
_SUMS: dict[str, Metric] = {
    "count_plays": lambda t: t.plays,
    "total_plays": lambda t: t.plays,
    "count_plays_25": lambda t: t.reached[0],
    "count_plays_50": lambda t: t.reached[1],
    "count_plays_75": lambda t: t.reached[2],
    "count_plays_100": lambda t: t.reached[3],
    "count_loads": lambda t: t.loads,
    "count_play_requested": lambda t: t.loads,
    "total_views": lambda t: t.loads,
    "count_viral": lambda t: t.viral,
    "count_viewers": lambda t: t.plays,
    "sum_time_viewed": lambda t: t.watched / 60,
    "sum_view_period": lambda t: t.period / 60,
    "vod_plays_count": lambda t: len(t.of("vod")),
    "live_plays_count": lambda t: len(t.of(*_ON_AIR)),
    "sum_live_view_period": lambda t: _period(t.of(*_ON_AIR)) / 60,
    "sum_vod_view_period": lambda t: _period(t.of("vod")) / 60,
    "vod_view_time": lambda t: _watched(t.of("vod")) / 60,
    "live_view_time": lambda t: _watched(t.of(*_ON_AIR)) / 60,
    "total_view_time": lambda t: t.watched / 60,
    "union_live_meeting_vod_view_time": lambda t: t.watched / 60,
    "sum_view_time": lambda t: t.watched,
    "sum_view_time_live": lambda t: _watched(t.of("live")),
    "sum_view_time_dvr": lambda t: _watched(t.of("dvr")),
    "bandwidth_consumption": lambda t: t.watched / 20,
    "bandwidth_size": lambda t: t.watched / 20,
    "origin_bandwidth_consumption": lambda t: t.watched / 40,
}
_COUNTERS = (
    *("count_video", "count_audio", "count_image", "count_mix", "count_ugc", "count_admin", "count_all", "count_edit"),
    *("count_download", "count_report", "count_report_submitted", "count_captions", "count_info", "count_speed"),
    *("count_related_selected", "count_node_plays", "count_node_switch", "count_hotspot_clicked", "count_ebvs"),
    *("count_buffer_start", "count_flavor_switch", "count_add_to_calendar_clicked", "count_attended"),
    *("count_cnc_group_message_sent", "count_cnc_message_liked", "count_group_chat_messages_sent"),
    *("count_poll_answered", "count_q_and_a_threads", "count_raise_hand_clicked"),
    *("count_download_attachment_clicked", "q_and_a_threads_count", "known_flavor_params_view_count"),
    *("combined_live_view_period_count", "view_event_combined", "views", "video_streams"),
    *("reaction_clap_clicked", "reaction_heart_clicked", "reaction_think_clicked", "reaction_wow_clicked"),
    *("reaction_smile_clicked", "error_position_count", "error_unknown_position_count", "error_session_count"),
    *("added_entries", "deleted_entries", "total_credits", "total_jobs_completed", "reach_unit_used"),
    *("registered", "confirmed", "attended", "participated", "blocked", "unregistered", "invited", "created"),
    *("messageResponse", "messageFeedbackSent", "callStarted", "avatar_call_messages", "avatar_chat_messages"),
)
_TOGETHER = {
    "count_total": ("count_video", "count_audio", "count_image", "count_mix"),
    "count_reaction_clicked": (
        *("reaction_clap_clicked", "reaction_heart_clicked", "reaction_think_clicked"),
        *("reaction_wow_clicked", "reaction_smile_clicked"),
    ),
    "error": ("error_position_count", "error_unknown_position_count"),
}
# name: (unit, by what a mark is divided)
_AMOUNTS = {
    "added_msecs": (1500, 1),
    "deleted_msecs": (500, 1),
    "added_storage_mb": (1, 4),
    "deleted_storage_mb": (1, 8),
    "added_storage": (1, 4),
    "deleted_storage": (1, 8),
    "transcoding_consumption": (3, 4),
    "transcoding_usage": (3, 4),
    "transcoding_duration": (7, 4),
    "transcoding_user_cpu_sec": (5, 2),
    "added_meeting_recording_hours": (1, 20),
    "meeting_view_time": (1, 20),
    "reach_duration": (9, 2),
    "price": (1, 4),
    "avatar_call_duration": (3, 2),
}
_PEOPLE = (
    *("attended_unique_users", "call_unique_threads", "call_unique_users", "download_attachment_unique_users"),
    *("reaction_clicked_unique_users", "registered_unique_users", "unique_logged_in_users", "unique_threads"),
    *("unique_users_answered_poll", "unique_users_q_and_a_thread", "unique_users_sent_group_message"),
    *("unique_users_sent_private_message", "view_unique_buffering_users", "view_unique_engaged_users"),
    *("view_unique_combined_live_engaged_users", "viewers_buffering", "viewers_engagement"),
)
# name: the most it can be
_AVERAGES = {
    "avatar_avg_call_duration": 40,
    "avg_bitrate": 4000,
    "avg_join_time": 8,
    "avg_live_buffer_time": 2,
    "avg_messages": 12,
    "avg_view_bitrate": 4000,
    "avg_view_buffering": 1,
    "avg_view_downstream_bandwidth": 9000,
    "avg_view_dropped_frames_ratio": 0.05,
    "avg_view_dvr": 1,
    "avg_view_engagement": 1,
    "avg_view_live_latency": 20,
    "avg_view_manifest_download_time_sec": 1,
    "avg_view_segment_download_time_sec": 2,
    "avg_view_session_error_rate": 0.2,
    "combined_live_avg_view_engagement": 1,
    "combined_live_engaged_users_play_time_ratio": 1,
    "combined_live_engaged_users_ratio": 1,
    "contributor_ranking": 10,
    "ebvs_ratio": 0.3,
    "live_engaged_users_play_time_ratio": 1,
    "live_engaged_users_ratio": 1,
    "live_no_eng_view_period_play_time_rate": 0.2,
    "live_low_eng_view_period_play_time_rate": 0.2,
    "live_fair_eng_view_period_play_time_rate": 0.2,
    "live_good_eng_view_period_play_time_rate": 0.2,
    "live_high_eng_view_period_play_time_rate": 0.2,
    "view_buffer_time_ratio": 0.1,
}
# name: what an entry that was played weighs in it
_STOCKS = {
    "total_entries": 4,
    "total_media_entries": 3,
    "total_interactive_video_entries": 1,
    "peak_entries": 5,
    "total_msecs": 360_000,
    "total_storage_mb": 12.5,
    "total_storage": 12.5,
    "average_storage": 11.25,
    "peak_storage": 14.75,
    "aggregated_monthly_avg_storage": 11.5,
    "combined_bandwidth_storage": 20.25,
    "combined_bandwidth_aggregated_storage": 21.5,
}
_OTHERS: dict[str, Metric] = {
    "play_through_ratio": lambda t: ratio(t.reached[3], t.plays),
    "load_play_ratio": lambda t: ratio(t.plays, t.loads),
    "avg_time_viewed": lambda t: ratio(t.watched / 60, t.plays),
    "avg_view_period_time": lambda t: ratio(t.period / 60, t.plays),
    "avg_view_play_time_sec": lambda t: ratio(t.watched, t.plays),
    "vod_avg_play_time": lambda t: ratio(_watched(t.of("vod")) / 60, len(t.of("vod"))),
    "combined_live_avg_play_time": lambda t: ratio(_watched(t.of(*_ON_AIR)) / 60, len(t.of(*_ON_AIR))),
    "vod_live_avg_view_time": lambda t: ratio(t.watched / 60, len(t.viewers)),
    "avg_view_drop_off": lambda t: ratio(t.quarters / 4, t.plays),
    "avg_completion_rate": lambda t: ratio(t.completion / WHOLE, t.plays),
    "avg_vod_completion_rate": lambda t: _completed(t.of("vod")),
    "total_completion_rate": lambda t: min(1, t.completion / WHOLE),
    "engagement_ranking": lambda t: round(10 * ratio(t.completion / WHOLE, t.plays)),
    "unique_known_users": lambda t: len(t.known),
    "unique_viewers": lambda t: len(t.viewers),
    "unique_videos": lambda t: len(t.videos),
    "unique_played_videos": lambda t: len(t.videos),
    "unique_owners": lambda t: len({library()[entry].owner for entry in t.videos}),
    "unique_contributors": lambda t: len({library()[entry].owner for entry in t.videos}),
    "unique_domains": lambda t: len({TRAITS["domain"](event) for event in t.events}),
    "unique_vod_viewers": lambda t: _viewers(t.of("vod")),
    "unique_combined_live_viewers": lambda t: _viewers(t.of(*_ON_AIR)),
    "unique_vod_live_viewers": lambda t: len(t.viewers),
    "unique_event_attendees": lambda t: len(t.viewers),
    "total_end_users": lambda t: len(t.viewers),
    "viewers": lambda t: len(t.viewers),
    "viewers_dvr": lambda t: _viewers(t.of("dvr")),
    "view_unique_audience": lambda t: len(t.viewers),
    "view_unique_audience_dvr": lambda t: _viewers(t.of("dvr")),
    "view_unique_combined_live_audience": lambda t: len(t.viewers),
    "view_unique_sessions": lambda t: len(t.viewers),
}


def _counter(number: int) -> Metric:
    first, second = number % MARKS, (number * 7 + 3) % MARKS
    return lambda t: t.mark(first) + t.mark(second)


def _amount(number: int, unit: int, part: int) -> Metric:
    lane = number % MARKS
    if part == 1:
        return lambda t: t.mark(lane) * unit
    return lambda t: t.mark(lane) * unit / part


def _together(parts: tuple[str, ...]) -> Metric:
    numbers = [_counter(_COUNTERS.index(part)) for part in parts]
    return lambda t: sum(number(t) for number in numbers)


def _some_people(name: str) -> Metric:
    """Half of the viewers, the same for ever: distinct people, so that nothing adds up."""
    salt = crc32(name.encode())
    return lambda t: sum(crc32(viewer.encode(), salt) & 1 for viewer in t.viewers)


def _average(number: int, most: float) -> Metric:
    lane = number * 5 % MARKS
    return lambda t: ratio(t.mark(lane) * most / 3, t.plays)


def _stock(weight: float) -> Metric:
    return lambda t: weight * len(t.videos)


_ADDING: dict[str, Metric] = {
    **_SUMS,
    **{name: _counter(number) for number, name in enumerate(_COUNTERS)},
    **{name: _together(parts) for name, parts in _TOGETHER.items()},
    **{name: _amount(number, *how) for number, (name, how) in enumerate(_AMOUNTS.items())},
}
METRICS: dict[str, Metric] = {
    **_ADDING,
    **_OTHERS,
    **{name: _some_people(name) for name in _PEOPLE},
    **{name: _average(number, most) for number, (name, most) in enumerate(_AVERAGES.items())},
    **{name: _stock(weight) for name, weight in _STOCKS.items()},
}
ADDITIVE = frozenset(_ADDING)
"""The metrics that add up over rows and over slices of time."""
