"""Every row of the multirequest table (kaltura.md §3) and its rows of §13."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sandbox_caller import KS, WEEK, multi, total_in
from service_asker import ANA, TOWN, At, ids, refusal, running, where

from reportrunner.sandbox import SANDBOX_ADMIN_SECRET, SANDBOX_KS


@pytest.fixture(scope="module")
def at() -> Iterator[At]:
    yield from running()


def listing(index: int, **fields: object) -> dict[str, str]:
    given = {"service": "baseEntry", "action": "list", **{f"filter:{name}": value for name, value in fields.items()}}
    return {f"{index}:{name}": str(value) for name, value in given.items()}


def test_row_14_a_gap_or_a_later_start_shortens_a_multirequest_without_an_error(at: At) -> None:
    assert len(multi(at.caller, listing(1), listing(2), listing(4))) == 2
    assert multi(at.caller, listing(2)) == []
    without_action = {"2:service": "baseEntry"}
    assert len(multi(at.caller, listing(1), without_action, listing(3))) == 1
    assert multi(at.caller) == []


def test_row_15_a_failing_element_is_an_exception_among_lists(at: At) -> None:
    wrong = {"2:service": "beacon", "2:action": "list"}
    one, failed, other = multi(at.caller, listing(1, idEqual=TOWN), wrong, listing(3, idEqual=TOWN))
    assert refusal(failed)[0] == "SERVICE_DOES_NOT_EXISTS"
    assert ids(one) == ids(other) == [TOWN]


def test_a_multirequest_needs_no_action_and_takes_json(at: At) -> None:
    single = {"service": "baseEntry", "action": "list", "filter": {"idEqual": TOWN}}
    document = {"ks": SANDBOX_KS, "format": 1, "1": single, "2": single}
    url = f"{at.caller.sandbox.base_url}/api_v3/service/multirequest"
    first, second = at.caller.http.post(url, json=document, timeout=10).json()
    assert first == second == at.ask("baseEntry.list", where(idEqual=TOWN))


def test_index_0_is_taken_and_tokens_count_ordinals(at: At) -> None:
    first, second, third = multi(
        at.caller,
        listing(0, idEqual="1_gdpr1"),
        listing(1, idEqual="1_gdpr2"),
        listing(2, idEqual="{1:result:objects:0:id}"),
    )
    assert (ids(first), ids(second), ids(third)) == (["1_gdpr1"], ["1_gdpr2"], ["1_gdpr1"])


def test_only_session_partner_and_tag_are_inherited_and_only_where_missing(at: At) -> None:
    own = {**listing(1), "1:ks": "not-a-session"}
    top = {"filter:idEqual": TOWN, "pager:pageSize": "1", "responseProfile:fields": "id"}
    refused, inherited = multi(at.caller, own, listing(2), top)
    assert refused["args"]["KSID"] == "not-a-session"
    assert (inherited["totalCount"], len(inherited["objects"])) == (16, 16)
    assert "name" in inherited["objects"][0]
    forbidden = {"partnerId": "10042", "format": "1", **listing(1)}
    (answer,) = at.caller.post("/api_v3/service/multirequest", forbidden).json()
    assert refusal(answer)[0] == "SERVICE_FORBIDDEN"


def test_the_format_counts_at_the_top_only(at: At) -> None:
    form = {**KS, **listing(1), "1:format": "1"}
    reply = at.caller.post("/api_v3/service/multirequest", form)
    assert reply.text.startswith('<?xml version="1.0" encoding="utf-8"?><xml><result><item><objectType>')
    (answer,) = multi(at.caller, {**listing(1, idEqual=TOWN), "1:format": "2"})
    assert ids(answer) == [TOWN]


def test_tokens_follow_lists_and_all_has_a_trailing_comma(at: At) -> None:
    _, some, tag = multi(
        at.caller,
        listing(1, categoriesIdsMatchOr="4002"),
        listing(2, idIn="{1:result:objects:_all:id}"),
        {"3:service": "session", "3:action": "get", "3:session": "x{1:result:objects:_all:id}y{1:result:totalCount}"},
    )
    assert ids(some) == ["1_priv1", "1_gdpr2", "1_gdpr1"]
    assert tag["args"]["KSID"] == "x1_priv1,1_gdpr2,1_gdpr1,y{1:result:totalCount}"


def test_a_token_to_a_failed_or_null_result_is_empty_and_the_next_call_runs_unfiltered(at: At) -> None:
    failing = {"1:service": "baseEntry", "1:action": "none"}
    failed, unfiltered = multi(at.caller, failing, listing(2, idIn="{1:result:objects:0:id}"))
    assert refusal(failed)[0] == "ACTION_DOES_NOT_EXISTS"
    assert unfiltered["totalCount"] == 16
    void = {"1:service": "thumbAsset", "1:action": "setAsDefault", "1:thumbAssetId": "1_gdpr1_t0"}
    nothing, again = multi(at.caller, void, listing(2, idIn="{1:result}"))
    assert nothing is None
    assert again["totalCount"] == 16


def test_a_token_of_a_session_opens_the_next_call(at: At) -> None:
    start = {"service": "session", "action": "start", "secret": SANDBOX_ADMIN_SECRET, "type": "2", "userId": ANA}
    export = {"service": "baseEntry", "action": "exportToCsv", "ks": "{1:result}"}
    form = {f"{n}:{name}": value for n, one in enumerate((start, export), 1) for name, value in one.items()}
    reply = at.caller.post("/api_v3/service/multirequest", {"format": "1", **form}).json()
    assert reply[1] == ANA


def test_a_file_swallows_the_whole_response(at: At) -> None:
    asked = "from_date_id=20261109;to_date_id=20261115;timezone_offset=300"
    given = {"service": "report", "action": "getCsvFromStringParams", "id": "3007", "params": asked}
    form = {**KS, "format": "1", **listing(1), **{f"2:{name}": value for name, value in given.items()}, **total_in(3)}
    reply = at.caller.post("/api_v3/service/multirequest", form)
    assert reply.headers["Content-Type"].startswith("text/csv")
    assert reply.content.startswith(b"\xef\xbb\xbfuser_id,")


def test_reports_and_services_share_a_multirequest(at: At) -> None:
    total = {f"1:{name}": value for name, value in WEEK.items()}
    total |= {"1:service": "report", "1:action": "getTotal", "1:reportType": "13"}
    first, second = multi(at.caller, total, listing(2, idEqual=TOWN))
    assert first == at.ask("report.getTotal", WEEK, reportType=13)
    assert ids(second) == [TOWN]
