"""The sandbox's Kaltura tells the truth, in the forms and with the sessions of kaltura.md §1-§9."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

import pytest
from sandbox_caller import (
    CAMPAIGN,
    COURSE,
    KS,
    NOW,
    PAGE,
    PIPE,
    WEEK,
    Caller,
    Clock,
    midnight,
    multi,
    total_in,
    truth,
    when,
)

from reportrunner.sandbox import SANDBOX_ADMIN_SECRET, SANDBOX_KS, Faults, Sandbox
from reportrunner.sandbox.kaltura_tally import php_number
from reportrunner.sandbox.people import people
from reportrunner.sandbox.universe import WHOLE


@pytest.fixture(scope="module")
def caller() -> Iterator[Caller]:
    with Sandbox(clock=Clock()) as sandbox:
        yield Caller(sandbox)


def test_a_table_of_users_equals_the_truth(caller: Caller) -> None:
    plays = truth()
    seconds: Counter[str] = Counter()
    parts: Counter[str] = Counter()
    for event in plays:
        seconds[event.user_id] += event.watched
        parts[event.user_id] += event.completion
    rows = {row["name"]: row for row in caller.rows(KS, WEEK, COURSE, reportType=13)}
    assert rows.keys() == seconds.keys()
    assert rows["Unknown"]["full_name"] == ""
    for name, row in rows.items():
        assert row["sum_time_viewed"] == php_number(seconds[name] / 60)
        assert row["total_completion_rate"] == php_number(min(1, parts[name] / WHOLE))
        if name in people():
            assert row["full_name"].replace(" ", "") in people()[name].name.replace(";", "").replace("|", "").replace(
                " ", ""
            )


def test_pages_together_are_the_table_and_add_up_to_the_total(caller: Caller) -> None:
    pages = [caller.rows(KS, CAMPAIGN, COURSE, {"pager[pageIndex]": str(page)}, reportType=13) for page in (1, 2, 3)]
    assert [len(page) == 500 for page in pages] == [True, False, False]
    assert pages[2] == []
    rows = pages[0] + pages[1]
    assert len({row["name"] for row in rows}) == len(rows) > 500
    total = caller.json("report.getTotal", KS, CAMPAIGN, COURSE, PIPE, reportType=13)
    whole = dict(zip(total["header"].split("|"), total["data"].split("|"), strict=True))
    assert sum(int(row["count_plays"]) for row in rows) == int(whole["count_plays"])
    assert sum(round(float(row["sum_time_viewed"]) * 20) for row in rows) == round(float(whole["sum_time_viewed"]) * 20)
    assert int(whole["unique_known_users"]) == len(rows) - 1


def test_graph_and_time_series_and_total_agree(caller: Caller) -> None:
    graphs = {graph["id"]: graph["data"] for graph in caller.json("report.getGraphs", KS, WEEK, PIPE, reportType=34)}
    series = caller.rows(KS, WEEK, reportType=34)
    assert graphs["count_plays"] == "".join(f"{row['date_id']}|{row['count_plays']};" for row in series)
    total = caller.json("report.getTotal", KS, WEEK, PIPE, reportType=34)["data"].split("|")[0]
    assert sum(int(row["count_plays"]) for row in series) == int(total)


def test_whole_exact_instants_equal_whole_days(caller: Caller) -> None:
    start, end = midnight("2026-11-09", 300), midnight("2026-11-16", 300)
    dates = when(objectType="KalturaEndUserReportInputFilter", fromDate=start, toDate=end - 1)
    assert caller.rows(KS, dates, COURSE, reportType=13) == caller.rows(KS, WEEK, COURSE, reportType=13)


def test_the_second_of_to_date_still_counts(caller: Caller) -> None:
    at = sorted(event.at for event in truth())[3]

    def plays(**window: int) -> int:
        return sum(int(row["count_plays"]) for row in caller.rows(KS, COURSE, when(**window), reportType=13))

    assert plays(fromDate=at - 7, toDate=at) == sum(at - 7 <= event.at <= at for event in truth())
    assert plays(fromDate=at - 7, toDate=at) > plays(fromDate=at - 7, toDate=at - 1)


def test_equal_dates_mean_the_whole_day_and_a_reversed_window_is_empty(caller: Caller) -> None:
    noon = midnight("2026-11-10", 0) + 12 * 3600
    one_day = caller.rows(KS, when(fromDay=20261110, toDay=20261110), reportType=13)
    assert caller.rows(KS, when(fromDate=noon, toDate=noon), reportType=13) == one_day != []
    assert caller.rows(KS, when(fromDate=noon + 86_400, toDate=noon), reportType=13) == []


def test_a_small_time_is_relative_to_now(caller: Caller) -> None:
    exact = when(fromDate=int(NOW) - 86_400, toDate=int(NOW) - 3600)
    assert caller.rows(KS, when(fromDate=-86_400, toDate=-3600), reportType=13) == caller.rows(KS, exact, reportType=13)


def test_empty_buckets_are_skipped_unless_asked_for(caller: Caller) -> None:
    hours = when(interval="hours")
    keep = {"responseOptions[skipEmptyDates]": "false"}
    assert len(caller.rows(KS, WEEK, COURSE, hours, keep, reportType=34)) == 7 * 24
    assert len(caller.rows(KS, WEEK, COURSE, hours, reportType=34)) < 7 * 24


def test_intervals_name_and_lose_their_date_column(caller: Caller) -> None:
    assert caller.rows(KS, WEEK, when(interval="months"), reportType=34)[0]["month_id"] == "202611"
    years = caller.json("report.getTable", KS, WEEK, PAGE, when(interval="years"), reportType=34)
    assert years["header"].startswith("count_plays,")


def test_only_vod_counts_unless_playback_types_are_asked(caller: Caller) -> None:
    everything = when(playbackTypeIn="vod|live|dvr")
    vod = {row["object_id"] for row in caller.rows(KS, CAMPAIGN, reportType=38)}
    more = {row["object_id"] for row in caller.rows(KS, CAMPAIGN, everything, reportType=38)}
    assert more - vod == {"1_town1", "1_earn1", "1_quest1"}


def test_a_misspelled_filter_is_an_unfiltered_report(caller: Caller) -> None:
    assert caller.rows(KS, WEEK, when(entryIdsIn="1_gdpr1"), reportType=38) == caller.rows(KS, WEEK, reportType=38)


def test_user_ids_need_the_end_user_filter_class(caller: Caller) -> None:
    one = when(userIds="ana.berg@example.org", fromDay=20260901, toDay=20261115)
    end_user = when(objectType="KalturaEndUserReportInputFilter")
    assert len(caller.rows(KS, one, end_user, reportType=13)) == 1
    assert len(caller.rows(KS, one, when(objectType="KalturaNoSuchFilter"), reportType=13)) > 1


def test_what_is_not_simulated_says_so(caller: Caller) -> None:
    operator = {"reportInputFilter[entryOperator][operator]": "1"}
    error = caller.json("report.getTotal", KS, WEEK, operator, reportType=13)
    assert error["code"] == "INTERNAL_SERVERL_ERROR"
    assert "the filter entryOperator is not simulated" in error["message"]


def test_parameters_come_from_body_query_and_path_in_every_notation(caller: Caller) -> None:
    wanted = caller.raw("report.getTotal", KS, WEEK, format=1, reportType=13).json()
    body = {name.replace("[", ":").replace("]", ""): value for name, value in WEEK.items()}
    path = f"/api_v3/index.php/service/Report/action/GETTOTAL/ks/{SANDBOX_KS}/reportType/13?format=1"
    assert caller.post(path, {**body, "ks": "wrong", "reportType": "99"}).json() == wanted
    multipart = caller.http.post(
        f"{caller.sandbox.base_url}/api_v3/service/report/action/getTotal",
        files={"json": (None, json.dumps({"ks": SANDBOX_KS, "format": 1, "reportType": 13}))},
        data=WEEK,
        timeout=10,
    )
    assert multipart.json() == wanted


def test_json_is_written_as_the_server_writes_it(caller: Caller) -> None:
    text = caller.raw(
        "report.getTable", KS, WEEK, PAGE, when(entryIdIn="1_priv1|1_prod1"), PIPE, format=1, reportType=38
    ).text
    assert "Privacy \\/ security desk" in text
    assert "\\u00e9t\\u00e9" in text
    assert text.endswith('"objectType":"KalturaReportTable"}')
    headers = caller.raw("session.get", KS, format=1).headers
    assert headers["X-Kaltura-Session"].endswith(f", {int(NOW)}")
    assert headers["X-Me"]


def test_sessions_keep_their_privileges_and_are_checked(caller: Caller) -> None:
    ks = caller.session("virtualeventid:1, edit:*,virtualeventid:4711", userId="ana.berg@example.org")
    info = caller.json("session.get", ks=ks)
    assert (info["privileges"], info["sessionType"], info["userId"]) == (
        "virtualeventid:4711,edit:*",
        2,
        "ana.berg@example.org",
    )
    wrong = {"secret": "x", "partnerId": "10042"}
    assert caller.json("session.start", wrong)["message"].endswith("[10042]")
    other = {"secret": SANDBOX_ADMIN_SECRET, "partnerId": "7"}
    assert caller.json("session.start", other)["args"] == {"PID": "7"}
    user = caller.session(kind=0)
    assert caller.json("report.getTotal", WEEK, ks=user, reportType=13)["code"] == "SERVICE_FORBIDDEN"
    assert caller.json("report.getTotal", WEEK, reportType=13)["code"] == "MISSING_KS"
    assert caller.json("report.getTotal", WEEK, partnerId=10042, reportType=13)["code"] == "SERVICE_FORBIDDEN"
    echoed = caller.json("report.getTotal", WEEK, ks="not-a-session", reportType=13)
    assert (echoed["code"], echoed["args"]["KSID"]) == ("INVALID_KS", "not-a-session")
    assert caller.json("session.end", ks=ks) is None
    assert caller.json("session.get", ks=ks)["args"]["KSID"] == "LOGOUT"
    widget = caller.json("session.startWidgetSession", widgetId="_10042")
    assert (widget["partnerId"], widget["objectType"]) == (10042, "KalturaStartWidgetSessionResponse")


def test_tokens_take_earlier_results_and_become_empty_after_a_failure(caller: Caller) -> None:
    start = {"1:service": "session", "1:action": "start", "1:secret": SANDBOX_ADMIN_SECRET, "1:type": "2"}
    use = {**total_in(2), "2:ks": "{1:result}"}
    assert multi(caller, start, use)[1]["objectType"] == "KalturaReportTotal"
    failing = {**start, "1:secret": "wrong"}
    assert multi(caller, failing, use)[1]["code"] == "MISSING_KS"


def test_the_csv_of_3007_holds_the_truth_without_quoting(caller: Caller) -> None:
    asked = "from_date_id=20261109;to_date_id=20261115;timezone_offset=300;entries_ids=1_gdpr1; partner_id=1"
    reply = caller.raw("report.getCsvFromStringParams", KS, id=3007, params=asked)
    assert reply.headers["Content-Type"].startswith("text/csv")
    assert reply.content.startswith(b"\xef\xbb\xbfuser_id,email,entry_id,")
    header, *lines = [line.split(",") for line in reply.content.decode("utf-8-sig").split("\n")[:-1]]
    rows = [dict(zip(header, line, strict=True)) for line in lines]
    assert sum(int(row["play"]) for row in rows) == len(truth())
    assert {row["company"] for row in rows} >= {"Example Logistics  Inc."}
    short = caller.raw("report.getCsvFromStringParams", KS, id=3007, params=asked, excludedFields="email,company")
    assert short.content.decode("utf-8-sig").startswith("user_id,entry_id,")
    missing = caller.json("report.getCsvFromStringParams", KS, id=3007, params="from_date_id=20261109")
    assert missing["code"] == "INTERNAL_SERVERL_ERROR"


def test_a_session_expires_once_after_its_calls() -> None:
    with Sandbox(clock=Clock(), faults=Faults(expire_session_after=1)) as sandbox:
        caller = Caller(sandbox)
        first = caller.session()
        answers = [caller.json("report.getTotal", WEEK, ks=first, reportType=13) for _ in range(2)]
        assert [answer.get("code") for answer in answers] == [None, "INVALID_KS"]
        renewed = caller.session()
        assert all("code" not in caller.json("report.getTotal", WEEK, ks=renewed, reportType=13) for _ in range(3))


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("rate_limited", "ACTION_BLOCKED"),
        ("druid_timeout", "DRUID_QUERY_TIMED_OUT"),
        ("internal_error", "INTERNAL_SERVERL_ERROR"),
    ],
)
def test_api_faults_strike_the_first_calls_only(fault: str, code: str) -> None:
    with Sandbox(clock=Clock(), faults=Faults.parse([f"{fault}=report.getTotal:2"])) as sandbox:
        caller = Caller(sandbox)
        ks = {"ks": caller.session()}
        answers = [caller.json("report.getTotal", ks, WEEK, reportType=13).get("code") for _ in range(3)]
        assert answers == [code, code, None]


def test_php_numbers() -> None:
    assert [php_number(n) for n in (0.1 + 0.2, 12.0, -0.0, 1 / 3, 1e20, 1.5e-7, 7)] == [
        *("0.3", "12", "0", "0.33333333333333", "1.0E+20", "1.5E-7", "7"),
    ]
