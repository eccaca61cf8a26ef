"""Where a guide and the specification disagree, this product follows the page: cloudflare.md §8, a test per row.

`cloudflare_mutations.toml` has what each test was seen to fail for.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from asking import SOURCES, ask, days, flow
from pydantic import ValidationError
from replies import says, text

from reportrunner.errors import ProviderError
from reportrunner.fill import fill
from reportrunner.flow import Again, Done, Flow, Refused, Reply, Verdict
from reportrunner.providers.cloudflare import PROVIDER
from reportrunner.table import Rows
from reportrunner.window import Window

APP = "14a396e7-ca44-4937-bf1f-050a69118543"
SESSION = "0f1a7b52-6a8f-4d0c-9d0a-6d9f1f5c2b11"
ZONE = "8d4c9f2b6a1e4f0db7c35a9e21f6d840"
JANUARY = days("2026-01-05", "2026-01-08", "UTC")
KIT: dict[str, Any] = {"source": "cloudflare", "app_id": APP}
DAYWISE = {**KIT, "endpoint": "realtime.kit.analytics.daywise"}
STREAMS = {**KIT, "endpoint": "realtime.kit.analytics.livestreams.daywise"}
LIVESTREAMS = {**KIT, "endpoint": "realtime.kit.livestreams"}
ONE_SESSION = {**KIT, "endpoint": "realtime.kit.session", "session_id": SESSION}
BYTIME: dict[str, Any] = {
    "source": "cloudflare",
    "endpoint": "spectrum.analytics.events.bytime",
    "zone_id": ZONE,
    "time_delta": "hour",
    "metrics": ["count", "bytesIngress"],
    "dimensions": ["coloName"],
}
HOURS = days("2026-01-05T00:00", "2026-01-05T03:00", "UTC")
SERIES: dict[str, Any] = {
    "rows": 1,
    "data_lag": 3,
    "query": {"dimensions": ["coloName"], "metrics": ["count", "bytesIngress"]},
    "time_intervals": [[f"2026-01-05T0{hour}:00:00Z", f"2026-01-05T0{hour + 1}:00:00Z"] for hour in range(3)],
    "data": [{"dimensions": ["SFO"], "metrics": [[4, 0, 7], [1200, 0, 3300]]}],
    "min": {"count": 0, "bytesIngress": 0},
    "max": {"count": 7, "bytesIngress": 3300},
    "totals": {"count": 11, "bytesIngress": 4500},
}


def asked(keys: Mapping[str, Any], window: Window | None = JANUARY) -> Flow:
    """The flow of a question that is sent long after its window."""
    made = replace(ask(keys, window), now=dt.datetime(2026, 1, 20, tzinfo=dt.UTC))
    return made.endpoint.unfold(made)


def sent(keys: Mapping[str, Any], window: Window | None = JANUARY) -> str:
    """The URL as the wire sees it."""
    request = flow(keys, window).steps[0].request
    return fill(request, "https://cloudflare.example/client/v4", str).url


def read(keys: Mapping[str, Any], document: object, window: Window | None = JANUARY) -> Rows:
    found = asked(keys, window).read((says(document),))
    assert isinstance(found, Rows)
    return found


def v4(result: object, **more: object) -> dict[str, object]:
    return {"success": True, "errors": [], "messages": [], "result": result, **more}


def judged(keys: Mapping[str, Any], reply: Reply, window: Window | None = JANUARY) -> Verdict:
    step = flow(keys, window).steps[0]
    return step.judge(step.request, reply)


def refused(keys: Mapping[str, Any]) -> str:
    with pytest.raises(ValidationError) as found:
        ask(keys, JANUARY)
    return str(found.value)


def daywise(**stats: object) -> dict[str, object]:
    return {"success": True, "data": stats}


def test_c8_01_an_app_is_named_by_36_characters() -> None:
    assert f"/realtime/kit/{APP}/analytics/daywise?" in sent(DAYWISE)
    assert "at most 32" in refused({**BYTIME, "zone_id": APP})


def test_c8_02_minutes_of_recordings_keep_their_fraction() -> None:
    listed = [{"day": "2026-01-06", "total_recordings": 1, "total_recording_minutes": 12.5}]
    rows = read(DAYWISE, daywise(recording_stats={"day_stats": listed})).rows
    assert [row[4] for row in rows] == [0, Decimal("12.5"), 0]


def test_c8_03_days_are_sent_bare_and_read_bare_or_at_midnight() -> None:
    assert sent(DAYWISE).endswith("?start_date=2026-01-05&end_date=2026-01-07")
    sessions = [{"day": "2026-01-05T00:00:00.000Z", "total_sessions": 2, "total_session_minutes": 41}]
    recordings = [{"day": "2026-01-05", "total_recordings": 1, "total_recording_minutes": 3}]
    rows = read(DAYWISE, daywise(session_stats={"day_stats": sessions}, recording_stats={"day_stats": recordings})).rows
    assert rows[0] == (dt.date(2026, 1, 5), 2, 41, 1, 3)


def test_c8_04_the_path_is_what_counts_whichever_client_a_guide_shows() -> None:
    for name in ("GetOrgAnalytics", "realtime_kit.analytics.get_org_analytics", "realtime.kit.livestreams.daywise"):
        assert PROVIDER.familiar[name] == DAYWISE["endpoint"]
    assert f"/accounts/023e105f4ecef8ad9ca31a8372d0c353/realtime/kit/{APP}/analytics/daywise?" in sent(DAYWISE)


def test_c8_05_the_length_of_intervals_is_always_sent_and_one_of_eight() -> None:
    year, week = days("2025-01-01", "2026-01-01", "UTC"), days("2026-01-05", "2026-01-12", "UTC")
    windows = {"year": year, "quarter": year, "month": year, "week": week, "day": week}
    for delta in ("year", "quarter", "month", "week", "day", "hour", "dekaminute", "minute"):
        window = windows.get(delta, HOURS)
        assert f"time_delta={delta}&" in sent({**BYTIME, "time_delta": delta}, window)
    assert "time_delta" in refused({**BYTIME, "time_delta": "auto"})
    assert "Field required" in refused({name: value for name, value in BYTIME.items() if name != "time_delta"})


def test_c8_06_filters_are_encoded_once_and_refused_when_they_are_encoded_already() -> None:
    raw = "event==disconnect AND coloName!=SFO"
    assert "filters=event%3D%3Ddisconnect%20AND%20coloName%21%3DSFO&" in sent({**BYTIME, "filters": raw}, HOURS)
    assert "encoded already" in refused({**BYTIME, "filters": raw.replace(" ", "%20")})


def test_c8_07_a_limit_is_passed_through_and_a_cut_answer_is_seen() -> None:
    assert sent({**BYTIME, "limit": 1}, HOURS).endswith("&limit=1")
    assert "limit" not in sent(BYTIME, HOURS)
    cut = read({**BYTIME, "limit": 1}, v4({**SERIES, "totals": {"count": 999}}), HOURS)
    assert [note.code for note in cut.notes] == ["cloudflare.truncated"]
    assert cut.claim is None


def test_c8_08_intervals_are_pairs() -> None:
    rows = read(BYTIME, v4(SERIES), HOURS).rows
    hours = [dt.datetime(2026, 1, 5, hour, tzinfo=dt.UTC) for hour in range(4)]
    assert [row[1:3] for row in rows] == list(pairwise(hours))
    with pytest.raises(ProviderError, match="interval 1 is no pair"):
        read(BYTIME, v4({**SERIES, "time_intervals": [["2026-01-05T00:00:00Z"]] * 3}), HOURS)


def test_c8_09_spectrum_takes_both_ways_to_sign_in_and_realtimekit_the_token() -> None:
    pair = {"email": {"env": "EMAIL"}, "api_key": {"env": "KEY"}}
    settings = PROVIDER.settings.model_validate({"provider": "cloudflare", "account": "a", "auth": pair})
    source = replace(SOURCES["cloudflare"], settings=settings)
    made = replace(ask(BYTIME, HOURS), source=source)
    request = made.endpoint.unfold(made).steps[0].request
    assert [name for name, _ in request.headers] == ["X-Auth-Email", "X-Auth-Key"]
    assert PROVIDER.unfit(settings, ask(BYTIME, HOURS).parameters) is None
    unfit = PROVIDER.unfit(settings, ask(DAYWISE).parameters)
    assert unfit is not None
    assert "API tokens only" in unfit.message


def test_c8_10_livestream_analytics_are_asked_in_unix_seconds() -> None:
    assert sent(STREAMS).endswith("?start_time=1767571200&end_time=1767830399")
    assert sent({**STREAMS, "endpoint": STREAMS["endpoint"].replace("daywise", "overall")}).endswith("1767830399")


def test_c8_11_livestreams_are_read_from_a_list_and_from_an_object() -> None:
    stream = {"id": "s1", "name": None, "disabled": "false", "status": "IDLE", "stream_key": "f26566285faca6fb"}
    shapes = ([stream], stream, {"livestreams": [stream]}, {"data": [stream]})
    found = [read(LIVESTREAMS, {"success": True, "data": data}) for data in shapes]
    assert {rows.rows[0][:5] for rows in found} == {("s1", None, None, "IDLE", False)}
    assert [len(rows.rows) for rows in found] == [1, 1, 1, 1]
    assert "f26566285faca6fb" not in str(found)


def test_c8_12_a_session_is_the_data_or_stands_in_it() -> None:
    session = {"id": SESSION, "status": "ENDED", "minutes_consumed": 41.5}
    bare, nested = (
        read(ONE_SESSION, {"success": True, "data": data}, None) for data in (session, {"session": session})
    )
    assert bare.rows == nested.rows
    assert bare.rows[0][0] == SESSION


def test_c8_13_both_kinds_of_errors_are_read() -> None:
    own = says({"success": False, "error": {"code": 404, "message": "no such app"}}, 404)
    gateway = says(
        {"success": False, "errors": [{"code": 7003, "message": "no route"}, {"code": 7000, "message": "none"}]}, 400
    )
    hidden = says({"success": False, "error": {"code": 422, "message": "bad date"}})
    for reply, words in (
        (own, "no such app (404)"),
        (gateway, "no route (7003); none (7000)"),
        (hidden, "bad date (422)"),
    ):
        verdict = judged(DAYWISE, reply)
        assert isinstance(verdict, Refused)
        assert words in verdict.words
    assert judged(DAYWISE, says({"success": True, "data": {}})) == Done()
    assert isinstance(judged(DAYWISE, text("<html>", 502)), Again)


def test_c8_14_numbers_are_by_metric_and_then_by_interval_and_every_length_is_checked() -> None:
    rows = read(BYTIME, v4(SERIES), HOURS).rows
    assert [(row[3], row[4]) for row in rows] == [(4, 1200), (0, 0), (7, 3300)]
    turned = {**SERIES, "query": {"dimensions": ["coloName"], "metrics": ["bytesIngress", "count"]}}
    turned |= {"data": [{"dimensions": ["SFO"], "metrics": [[1200, 0, 3300], [4, 0, 7]]}]}
    assert read(BYTIME, v4(turned), HOURS).rows == rows
    for lists in ([[4, 1200], [0, 0], [7, 3300]], [[4, 0, 7]], [[4, 0], [1200, 0]], [4, 1200]):
        with pytest.raises(ProviderError, match="row 1"):
            read(BYTIME, v4({**SERIES, "data": [{"dimensions": ["SFO"], "metrics": lists}]}), HOURS)
    with pytest.raises(ProviderError, match="no time_intervals"):
        read(BYTIME, v4({name: value for name, value in SERIES.items() if name != "time_intervals"}), HOURS)
