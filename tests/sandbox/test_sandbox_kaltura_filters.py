"""Every filter of a report that the universe can express, trap for trap (kaltura.md §6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sandbox_caller import KS, NOW, PAGE, PIPE, WEEK, Caller, Clock, midnight, when

from reportrunner.sandbox import Sandbox
from reportrunner.sandbox.accounts import CHILDREN, account_events
from reportrunner.sandbox.categories import category_of, context
from reportrunner.sandbox.kaltura_question import World
from reportrunner.sandbox.kaltura_report import table, total
from reportrunner.sandbox.people import people
from reportrunner.sandbox.traits import TRAITS, library
from reportrunner.sandbox.universe import Event, events
from reportrunner.sandbox.virtual_events import VIRTUAL_EVENTS

START, END = midnight("2026-11-09", 300), midnight("2026-11-16", 300)


@pytest.fixture(scope="module")
def caller() -> Iterator[Caller]:
    with Sandbox(clock=Clock()) as sandbox:
        yield Caller(sandbox)


def plays(caller: Caller, wire: str = "1", **fields: object) -> int:
    """How many plays a report says the filter leaves over."""
    answer = caller.json("report.getTotal", KS, PIPE, WEEK, when(**fields), reportType=wire)
    whole = dict(zip(answer["header"].split("|"), answer["data"].split("|"), strict=True))
    return int(whole["count_plays"] or 0)


def vod(stays: Callable[[Event], bool] = lambda _: True) -> int:
    return sum(event.playback == "vod" and stays(event) for event in events(None, START, END))


OF_ENTRIES: list[tuple[str, str, Callable[[Event], bool]]] = [
    ("entryIdIn", "1_gdpr1|1_fire1", lambda e: e.entry_id in ("1_gdpr1", "1_fire1")),
    ("rootEntryIdIn", "1_gdpr2", lambda e: e.entry_id == "1_gdpr2"),
    ("mediaTypeIn", "Audio", lambda e: library()[e.entry_id].media_type == "Audio"),
    ("sourceTypeIn", "Webcam|Zoom", lambda e: library()[e.entry_id].source in ("Webcam", "Zoom")),
    ("ownerIdsIn", "training@example.org", lambda e: library()[e.entry_id].owner == "training@example.org"),
    ("categoriesIdsIn", "4001", lambda e: category_of(e.entry_id) == 4001),
    ("categoriesAncestorIdIn", "4001", lambda e: category_of(e.entry_id) in (4001, 4002, 4003)),
    ("categories", "Compliance>Privacy|Talks", lambda e: category_of(e.entry_id) in (4002, 4005)),
    ("entryCreatedAtGreaterThanOrEqual", "1553472000", lambda e: library()[e.entry_id].created_at >= 1553472000),
    ("entryCreatedAtLessThanOrEqual", "1553472000", lambda e: library()[e.entry_id].created_at <= 1553472000),
]
OF_PLAYS = {
    "deviceIn": ("device", "Mobile|Tablet"),
    "countryIn": ("country", "Japan"),
    "regionIn": ("region", "Bavaria"),
    "citiesIn": ("city", "Washington, D.C.|London"),
    "operatingSystemIn": ("os", "Windows 10"),
    "operatingSystemFamilyIn": ("os_family", "iOS|Linux"),
    "browserIn": ("browser", "Chrome 131"),
    "browserFamilyIn": ("browser_family", "Chrome"),
    "domainIn": ("domain", "learn.example.org"),
    "canonicalUrlIn": ("referrer", "https://learn.example.org/courses"),
    "customVar1In": ("custom_var1", "north; east"),
    "customVar2In": ("custom_var2", "alpha"),
    "customVar3In": ("custom_var3", "=1+1"),
    "playbackContextIdsIn": ("context_category", "4002"),
    "playlistIdIn": ("playlist_id", "0_list1"),
    "uiConfIdIn": ("ui_conf_id", "23448001"),
    "virtualEventIdIn": ("virtual_event", "4711"),
}


@pytest.mark.parametrize(("name", "value", "stays"), OF_ENTRIES, ids=[case[0] for case in OF_ENTRIES])
def test_a_filter_of_entries_leaves_their_plays(
    caller: Caller, name: str, value: str, stays: Callable[[Event], bool]
) -> None:
    assert plays(caller, **{name: value}) == vod(stays)
    assert 0 < vod(stays) < vod()


@pytest.mark.parametrize("name", OF_PLAYS)
def test_a_filter_of_plays_leaves_those(caller: Caller, name: str) -> None:
    trait, value = OF_PLAYS[name]
    left = vod(lambda event: TRAITS[trait](event) in value.split("|"))
    assert plays(caller, **{name: value}) == left
    assert 0 < left < vod()


@pytest.mark.parametrize("name", ["categoriesIdsIn", *OF_PLAYS])
def test_the_wrong_separator_and_blanks_around_a_value_match_nothing(caller: Caller, name: str) -> None:
    value = OF_PLAYS[name][1].partition("|")[0] if name in OF_PLAYS else "4001"
    assert plays(caller, **{name: value})
    assert plays(caller, **{name: f"{value},{value}"}) == 0
    assert plays(caller, **{name: f" {value}"}) == 0
    assert plays(caller, **{name: f"nothing|{value}"}) == plays(caller, **{name: value})


@pytest.mark.parametrize(
    ("wire", "name", "value"),
    [
        ("201", "countryIn", "Japan"),
        ("201", "entryIdIn", "1_gdpr1"),
        ("17", "deviceIn", "Mobile"),
        ("1", "errorCodeIn", "1001"),
        ("1", "roleIn", "Speaker"),
        ("13", "nodeIdsIn", "n_1"),
        ("30001", "agentIdIn", "agent_1"),
        ("13", "reachProfileIdIn", "501"),
        ("54", "hotspotIdIn", "hs_1"),
        ("13", "streamTypeIn", "x"),
        ("13", "noSuchFieldIn", "x"),
    ],
)
def test_a_filter_that_the_report_lacks_is_dropped_silently(caller: Caller, wire: str, name: str, value: str) -> None:
    filtered = caller.json("report.getTotal", KS, PIPE, WEEK, when(**{name: value}), reportType=wire)
    assert filtered == caller.json("report.getTotal", KS, PIPE, WEEK, reportType=wire)
    assert filtered["data"].strip("|")


@pytest.mark.parametrize(
    ("wire", "name", "value"),
    [
        ("30039", "errorCodeIn", "1001"),
        ("30001", "playerVersionIn", "3.17.4"),
        ("30001", "ispIn", "Fibre, Inc."),
        ("30001", "applicationVersionIn", "5.12"),
        ("30001", "videoCodecIn", "hvc1"),
        ("30001", "playbackModeIn", "normal"),
        ("50", "nodeIdsIn", "n_1"),
        ("50000", "roleIn", "Speaker"),
        ("50000", "industryIn", "Finance, insurance"),
        ("50000", "companyIn", "Example Labs"),
        ("50000", "originIn", "mail"),
        ("60001", "eventSessionContextIdIn", "ses_1_town1"),
        ("70001", "cuePointIdIn", "1_town1-cue1"),
        ("70001", "contextIdIn", "ctx_1"),
        ("80001", "agentIdIn", "agent_1"),
        ("80001", "genieIdIn", "genie_1"),
        ("80001", "isPreview", "true"),
        ("69", "reachProfileIdIn", "501"),
        ("17", "ownerIdsIn", "training@example.org"),
        ("17", "userIds", "training@example.org"),
    ],
)
def test_a_filter_that_the_report_has_changes_it(caller: Caller, wire: str, name: str, value: str) -> None:
    filtered = caller.json("report.getTotal", KS, PIPE, WEEK, when(**{name: value}), reportType=wire)
    assert filtered != caller.json("report.getTotal", KS, PIPE, WEEK, reportType=wire)
    assert filtered["data"].strip("|")


def test_the_account_reports_filter_by_crm_id(caller: Caller) -> None:
    assert (
        caller.json("report.getTotal", KS, PIPE, WEEK, when(crmIdIn="CRM-7"), reportType=201)["data"].strip("|") == ""
    )
    own = caller.json("report.getTotal", KS, PIPE, WEEK, when(crmIdIn="CRM-10042"), reportType=201)
    assert own == caller.json("report.getTotal", KS, PIPE, WEEK, reportType=201)


def test_applications_are_comma_separated_whatever_the_delimiter(caller: Caller) -> None:
    left = vod(lambda event: TRAITS["application"](event) in ("portal", "KMC"))
    assert plays(caller, application="portal,KMC") == left
    assert plays(caller, application="portal|KMC") == 0
    base = when(objectType="KalturaReportInputFilter")
    answer = caller.json("report.getTotal", KS, PIPE, WEEK, base, when(application="portal"), reportType=1)
    assert answer["data"].split("|")[0] == str(vod())


def test_playback_contexts_by_name_and_by_subtree_and_not_both(caller: Caller) -> None:
    privacy = vod(lambda event: context(event) == 4002)
    assert plays(caller, playbackContext="Compliance>Privacy") == privacy
    assert plays(caller, ancestorPlaybackContext="Compliance") == vod(
        lambda event: context(event) in (4001, 4002, 4003)
    )
    assert plays(caller, playbackContext="No such category") == 0
    assert plays(caller, playbackContext="Compliance", ancestorPlaybackContext="Compliance") == 0


def test_keywords_are_searched_in_tags_only_when_told(caller: Caller) -> None:
    assert plays(caller, keywords="compliance", searchInTags="true") == vod(
        lambda event: event.entry_id in ("1_gdpr1", "1_gdpr2", "1_fire1", "1_brib1", "1_phis1", "1_code1")
    )
    assert plays(caller, keywords="compliance") == 0
    assert plays(caller, searchInTags="compliance") == vod()


def test_reach_tasks_are_filtered_by_service_feature_and_turnaround(caller: Caller) -> None:
    reach = when(objectType="KalturaReachReportInputFilter")
    everything = caller.rows(KS, WEEK, reach, reportType=28)
    for name, column, value in (
        ("serviceType", "serviceType", "2"),
        ("serviceFeature", "serviceFeature", "1"),
        ("turnAroundTime", "turnaroundTime", "86400"),
    ):
        kept = caller.rows(KS, WEEK, reach, when(**{name: value}), reportType=28)
        assert {row[column] for row in kept} == {value}
        assert len(kept) < len(everything)
    assert caller.rows(KS, WEEK, reach, when(serviceType="3", turnAroundTime="0"), reportType=28) == everything


def test_each_of_forty_one_virtual_events_has_plays(caller: Caller) -> None:
    assert VIRTUAL_EVENTS[0] == "4711"
    assert VIRTUAL_EVENTS[1:] == tuple(str(number) for number in range(4801, 4841))
    each = [plays(caller, virtualEventIdIn=event) for event in VIRTUAL_EVENTS]
    assert min(each) > 0
    assert sum(each) == vod()


def test_an_empty_value_is_no_filter(caller: Caller) -> None:
    assert plays(caller, countryIn="", entryIdIn="") == vod()


ACCOUNTS = {"fromDay": "20261109", "toDay": "20261115", "timeZoneOffset": "300"}


def asked(wire: str, object_ids: str = "") -> dict[str, object]:
    pager = {"pageSize": "500"}
    options = {"delimiter": "|"}
    return {
        "reportType": wire,
        "reportInputFilter": ACCOUNTS,
        "responseOptions": options,
        "pager": pager,
        "objectIds": object_ids,
    }


def of(partner: int) -> list[Event]:
    return [event for event in account_events(partner, None, START, END) if event.playback == "vod"]


def test_a_variant_counts_the_own_account_and_its_direct_children() -> None:
    whole = total(asked("20015"), World(10042, NOW)).fields["data"].split("|")
    assert whole[0] == str(sum(len(of(partner)) for partner in (10042, *CHILDREN)))
    header, data = (table(asked("20003"), World(10042, NOW)).fields[name] for name in ("header", "data"))
    column = header.split("|").index("partner_id")
    seen = {line.split("|")[column] for line in data.split(";")[:-1]}
    assert len(seen & {str(child) for child in CHILDREN}) > 5


@pytest.mark.parametrize("wire", ["13", "20003"])
def test_a_child_account_sees_its_own_plays_only(wire: str) -> None:
    child = CHILDREN[3]
    header, data = (total(asked(wire), World(child, NOW)).fields[name].split("|") for name in ("header", "data"))
    whole = dict(zip(header, data, strict=True))
    assert 0 < int(whole["count_plays"]) == len(of(child)) < vod()
    mine = {(event.at, event.viewer, event.entry_id) for event in of(child)}
    assert mine < {(event.at, event.viewer, event.entry_id) for event in events(None, START, END)}


@pytest.mark.parametrize("wire", ["19", "42", "63", "64", "65", "66"])
def test_cross_account_reports_speak_of_the_partners_in_object_ids(wire: str) -> None:
    def partners(object_ids: str) -> set[str]:
        fields = table(asked(wire, object_ids), World(10042, NOW)).fields
        column = fields["header"].split("|").index("id" if wire == "63" else "partner_id")
        return {line.split("|")[column] for line in fields["data"].split(";")[:-1]}

    assert partners("") == {"10042"}
    assert partners("10101|10104") == {"10101", "10104"}
    assert partners("10042|10101|777") == {"10042", "10101"}
    assert table(asked(wire, "777"), World(10042, NOW)).fields == {}
    assert table(asked(wire, "10042"), World(10101, NOW)).fields == {}


@pytest.mark.parametrize("wire", ["201", "20023"])
def test_cross_account_series_too(wire: str) -> None:
    def whole(object_ids: str) -> list[str]:
        return list(total(asked(wire, object_ids), World(10042, NOW)).fields["data"].split("|"))

    assert whole("10101") != whole("10102")
    assert set(whole("777")) == {""}


def test_every_viewer_of_a_child_is_one_of_the_parent() -> None:
    viewers = {event.user_id for event in of(CHILDREN[0])} - {"Unknown"}
    assert len(viewers) > 10
    assert viewers < people().keys()


def test_only_a_full_page_hides_the_count(caller: Caller) -> None:
    ordered = caller.json("report.getTable", KS, WEEK, PAGE, reportType=2, order="-play_through_ratio")
    assert ordered["totalCount"] == 13
    full = caller.json("report.getTable", KS, WEEK, {"pager[pageSize]": "13"}, reportType=2)
    assert full["totalCount"] == 0
