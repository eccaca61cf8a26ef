"""The sandbox's services: names, the library, what changes something; traps included (kaltura.md §1, §10, §13)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

import pytest
from sandbox_caller import KS, NOW, Clock
from service_asker import ANA, LIVE, TOWN, At, ids, page, refusal, running, where

from reportrunner.sandbox import SANDBOX_KS, Faults, Sandbox, child_secret
from reportrunner.sandbox.accounts import CHILDREN
from reportrunner.sandbox.library import captions, items
from reportrunner.sandbox.universe import entries, events


@pytest.fixture(scope="module")
def at() -> Iterator[At]:
    yield from running()


@pytest.fixture
def fresh() -> Iterator[At]:
    yield from running()


@pytest.fixture(scope="module")
def large() -> Iterator[At]:
    yield from running(library=12_000)


# --- names


def test_row_01_without_format_a_list_is_xml(at: At) -> None:
    reply = at.caller.raw("baseEntry.list", KS, page(1))
    assert reply.headers["Content-Type"] == "text/xml"
    assert "<result><objectType>KalturaBaseEntryListResponse</objectType><objects><item><objectType>" in reply.text


def test_row_02_a_json_body_counts_only_with_the_exact_content_type(at: At) -> None:
    body = json.dumps({"ks": SANDBOX_KS, "filter": {"idIn": "1_gdpr1"}, "format": 1})
    path = "/api_v3/service/baseEntry/action/list?format=1"
    assert ids(at.caller.post(path, body, Content_Type="APPLICATION/json").json()) == ["1_gdpr1"]
    ignored = at.caller.post(path, body, Content_Type="application/json;charset=utf-8").json()
    assert ignored["code"] == "MISSING_KS"


def test_row_13_a_blocked_service_stays_blocked_for_its_seconds() -> None:
    clock = Clock()
    with Sandbox(clock=clock, faults=Faults(blocked_seconds=10)) as sandbox:
        at = At(sandbox, clock)
        assert refusal(at.ask("category.list")) == (
            "ACTION_BLOCKED",
            {"ACTION_NAME": "list", "SERVICE_NAME": "category"},
        )
        assert refusal(at.ask("category.list", now=NOW + 9))[0] == "ACTION_BLOCKED"
        assert at.ask("category.list", now=NOW + 10)["totalCount"] == 6


@pytest.mark.parametrize(
    "name", ["beacon", "eventNotificationTemplate", "entryVendorTask", "captionAsset", "eSearch", "appTokens"]
)
def test_row_19_a_bare_plugin_name_does_not_exist(at: At, name: str) -> None:
    assert refusal(at.ask(f"{name}.list")) == ("SERVICE_DOES_NOT_EXISTS", {"SRV_NAME": name})


@pytest.mark.parametrize(
    ("service", "action"),
    [("thumbAsset", "addFromEntry"), ("liveReports", "getEvent"), ("elasticsearch_esearch", "search")],
)
def test_row_19_an_action_that_does_not_exist(at: At, service: str, action: str) -> None:
    wanted = {"ACTION_NAME": action, "SERVICE_NAME": service}
    assert refusal(at.ask(f"{service}.{action}")) == ("ACTION_DOES_NOT_EXISTS", wanted)


@pytest.mark.parametrize(
    "call", ["liveReports.exportToCsv", "baseEntry.get", "appToken.list", "session.impersonateByKs"]
)
def test_an_action_that_exists_and_is_not_simulated_says_so(at: At, call: str) -> None:
    error = at.ask(call)
    assert error["code"] == "INTERNAL_SERVERL_ERROR"
    assert error["message"].endswith(f"(sandbox: {call} is not simulated)")


def test_names_are_case_insensitive_and_logged_as_the_provider_spells_them(at: At) -> None:
    assert ids(at.ask("BASEENTRY.List", where(idEqual=TOWN))) == [TOWN]
    assert at.ask("Caption_CaptionASSET.LIST", where(entryIdEqual=TOWN))["totalCount"] == 0
    assert [record.action for record in at.caller.sandbox.log[-2:]] == ["baseEntry.list", "caption_captionAsset.list"]


# --- entries and categories


def test_the_library_is_the_account_and_the_newest_comes_first(at: At) -> None:
    answer = at.ask("baseEntry.list")
    assert ids(answer) == [entry.entry_id for entry in sorted(entries(), key=lambda e: e.created_at, reverse=True)]
    assert answer["totalCount"] == 16
    assert answer["objects"][0]["objectType"] == "KalturaLiveStreamEntry"
    (gdpr,) = at.ask("baseEntry.list", where(idEqual="1_gdpr1"))["objects"]
    (truth,) = (entry for entry in entries() if entry.entry_id == "1_gdpr1")
    assert gdpr == {
        "id": "1_gdpr1",
        "name": truth.name,
        "partnerId": 10042,
        "userId": truth.owner,
        "creatorId": truth.owner,
        "tags": "course, compliance",
        "categories": "Compliance>Privacy",
        "categoriesIds": "4002",
        "status": "2",
        "type": "1",
        "createdAt": truth.created_at,
        "updatedAt": truth.created_at,
        "duration": truth.duration,
        "msDuration": truth.duration * 1000,
        "mediaType": 1,
        "sourceType": "1",
        "objectType": "KalturaMediaEntry",
    }


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"idIn": "1_gdpr1,1_fire1,0_none,"}, ["1_fire1", "1_gdpr1"]),
        ({"idIn": "1_gdpr1|1_fire1"}, []),
        ({"categoriesIdsMatchOr": "4002"}, ["1_priv1", "1_gdpr2", "1_gdpr1"]),
        (
            {"categoriesIdsMatchOr": "4002,4003", "idNotIn": "1_priv1"},
            ["1_acce1", "1_ergo1", "1_fire1", "1_gdpr2", "1_gdpr1"],
        ),
        ({"nameLike": "GDPR", "orderBy": "+name"}, ["1_gdpr1"]),
        ({"nameEqual": "Fire safety"}, ["1_fire1"]),
        ({"statusIn": "1,4"}, []),
        ({"createdAtLessThanOrEqual": "1551657600"}, ["1_gdpr1"]),
        ({"createdAtGreaterThanOrEqual": "1565913600"}, ["1_quest1"]),
        ({"createdAtGreaterThanOrEqual": "-86400"}, []),
        ({"categoriesIdsMatchOr": "4004", "orderBy": "+createdAt"}, list(LIVE)),
        ({"categoriesIdsMatchOr": "4004", "orderBy": " createdAt"}, list(LIVE)[::-1]),
    ],
)
def test_entries_are_filtered(at: At, fields: dict[str, str], found: list[str]) -> None:
    assert ids(at.ask("baseEntry.list", where(**fields))) == found


def test_one_filter_means_the_category_alone_and_another_everything_below_it_too(at: At) -> None:
    alone = at.ask("baseEntry.list", where(categoriesIdsMatchOr="4001"))
    assert ids(alone) == ["1_code1", "1_phis1", "1_brib1"]
    below = at.ask("baseEntry.list", where(categoryAncestorIdIn="4001"))["totalCount"]
    assert below == 9
    assert at.ask("baseEntry.list", where(categoriesIdsMatchOr="4001", categoryAncestorIdIn="4002"))["totalCount"] == 0
    listed = {one["id"]: one for one in at.ask("category.list")["objects"]}
    assert (listed[4001]["entriesCount"], listed[4001]["directEntriesCount"]) == (9, 3)
    assert (listed[4002]["fullName"], listed[4002]["fullIds"], listed[4002]["depth"]) == (
        "Compliance>Privacy",
        "4001>4002",
        1,
    )
    assert sum(one["directEntriesCount"] for one in listed.values()) == 16


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"idIn": "4003,4001"}, [4001, 4003]),
        ({"parentIdEqual": "4001"}, [4002, 4003]),
        ({"fullNameStartsWith": "Compliance>"}, [4002, 4003]),
        ({"fullNameEqual": "Events"}, [4004]),
        ({"orderBy": "-name", "idIn": "4001,4002,4003"}, [4003, 4002, 4001]),
        ({"idEqual": "1"}, []),
    ],
)
def test_categories_are_filtered(at: At, fields: dict[str, str], found: list[int]) -> None:
    assert [one["id"] for one in at.ask("category.list", where(**fields)).get("objects", [])] == found


@pytest.mark.parametrize(
    ("call", "fields"),
    [
        ("baseEntry.list", {"tagsLike": "course"}),
        ("baseEntry.list", {"mediaTypeEqual": "1", "objectType": "KalturaMediaEntryFilter"}),
        ("category.list", {"tagsLike": "x"}),
        ("entryServerNode.list", {"serverNodeIdEqual": "900"}),
        ("caption_captionAsset.list", {"entryIdEqual": TOWN, "tagsLike": "x"}),
        (
            "caption_captionAsset.list",
            {"entryIdEqual": TOWN, "formatEqual": "1", "objectType": "KalturaCaptionAssetFilter"},
        ),
        ("thumbAsset.list", {"entryIdEqual": TOWN, "thumbParamsIdEqual": "1", "objectType": "KalturaThumbAssetFilter"}),
        ("reach_entryVendorTask.list", {"vendorPartnerIdEqual": "1"}),
        ("eventNotification_eventNotificationTemplate.listTemplates", {"systemNameEqual": "x"}),
    ],
)
def test_a_filter_that_is_known_and_not_simulated_is_refused(at: At, call: str, fields: dict[str, str]) -> None:
    assert "not simulated" in at.ask(call, where(**fields))["message"]


@pytest.mark.parametrize(
    ("call", "fields", "count"),
    [
        ("baseEntry.list", {"entryIdIn": "1_gdpr1"}, 16),
        ("baseEntry.list", {"mediaTypeEqual": "201"}, 16),
        ("category.list", {"idsIn": "4001"}, 6),
        ("thumbAsset.list", {"entryIdEqual": TOWN, "thumbParamsIdEqual": "1"}, 1),
    ],
)
def test_a_filter_that_the_class_lacks_is_ignored_silently(
    at: At, call: str, fields: dict[str, str], count: int
) -> None:
    assert at.ask(call, where(**fields))["totalCount"] == count


def test_pages_of_a_large_library_are_capped_at_500_silently(large: At) -> None:
    first = large.ask("baseEntry.list", page(20_000))
    assert (len(first["objects"]), first["totalCount"]) == (500, 12_016)
    assert len(large.ask("baseEntry.list")["objects"]) == 30
    assert "objects" not in large.ask("baseEntry.list", page(0))
    newest = large.ask("baseEntry.list", page(2, 0))
    assert ids(newest) == ["1_lib12000", "1_lib11999"]


def test_beyond_10000_matches_a_list_fails_and_a_window_goes_on(large: At) -> None:
    assert len(large.ask("baseEntry.list", page(500, 20))["objects"]) == 500
    assert refusal(large.ask("baseEntry.list", page(500, 21)))[0] == "QUERY_EXCEEDED_MAX_MATCHES_ALLOWED"
    found: set[str] = set()
    until = 0
    for _ in range(3):
        for number in range(1, 21):
            limit = where(createdAtLessThanOrEqual=until) if until else {}
            objects = large.ask("baseEntry.list", {**page(500, number), **limit}).get("objects", [])
            found |= {one["id"] for one in objects}
            last = objects[-1]["createdAt"] if objects else until
        if last == until:
            break
        until = last
    assert found == {one.entry_id for one in items(12_000)}


def test_plain_entries_are_never_played_and_one_in_three_is_captioned(large: At) -> None:
    plain = items(12_000)[16:]
    assert len({one.entry_id for one in plain}) == 12_000
    assert events(frozenset(one.entry_id for one in plain), int(NOW) - 86_400 * 30, int(NOW)) == []
    assert Counter(Counter(one.created_at for one in plain).values()) == {3: 4000}
    captioned = sum(bool(captions(one)) for one in plain)
    assert 0.3 < captioned / len(plain) < 0.37
    assert large.ask("baseEntry.list", where(idEqual="1_lib00001"))["objects"][0]["categories"] == "Archive"


@pytest.mark.parametrize(
    ("call", "form"),
    [("baseEntry.exportToCsv", {}), ("reach_entryVendorTask.exportToCsv", where(statusEqual=1))],
)
def test_an_export_goes_to_the_address_of_the_user(at: At, call: str, form: dict[str, str]) -> None:
    assert at.ask(call, form, ks=at.caller.session(userId=ANA)) == ANA
    assert refusal(at.ask(call, form)) == ("USER_EMAIL_NOT_FOUND", {"USER_ID": ""})
    assert refusal(at.ask(call, form, ks=at.caller.session(userId="robot")))[1] == {"USER_ID": "robot"}


# --- what changes something


def ordered_task(**fields: object) -> dict[str, str]:
    given = {"objectType": "KalturaEntryVendorTask", **fields}
    return {f"entryVendorTask[{name}]": str(value) for name, value in given.items()}


def test_a_task_is_added_once_and_listed(fresh: At) -> None:
    whole = ordered_task(entryId="1_gdpr1", reachProfileId=3, catalogItemId=12, notes="please")
    made = fresh.ask("reach_entryVendorTask.add", whole)
    assert (made["status"], made["entryId"], made["createdAt"], made["notes"]) == (1, "1_gdpr1", NOW, "please")
    assert refusal(fresh.ask("reach_entryVendorTask.add", whole, NOW + 5)) == (
        "ENTRY_VENDOR_TASK_DUPLICATION",
        {"ENTRY_ID": "1_gdpr1", "CATALOG_ITEM_ID": "12"},
    )
    other = fresh.ask("reach_entryVendorTask.add", {**whole, "entryVendorTask[catalogItemId]": "13"}, NOW + 5)
    assert fresh.ask("reach_entryVendorTask.list") == {
        "objects": [other, made],
        "totalCount": 2,
        "objectType": "KalturaEntryVendorTaskListResponse",
    }
    for fields, found in (
        ({"catalogItemIdEqual": 13}, [other]),
        ({"statusIn": "2,3"}, []),
        ({"entryIdEqual": "1_gdpr1", "createdAtLessThanOrEqual": int(NOW)}, [made]),
        ({"idEqual": made["id"]}, [made]),
        ({"orderBy": "+id"}, [made, other]),
    ):
        assert fresh.ask("reach_entryVendorTask.list", where(**fields)).get("objects", []) == found
    child = {"secret": child_secret(CHILDREN[0]), "partnerId": str(CHILDREN[0]), "type": "2"}
    ks = fresh.caller.json("session.start", child)
    assert fresh.ask("reach_entryVendorTask.list", ks=ks)["totalCount"] == 0
    assert "code" not in fresh.ask("reach_entryVendorTask.add", whole, ks=ks)


def test_tasks_have_the_same_ids_in_whatever_order_they_come(at: At, fresh: At) -> None:
    wanted = [ordered_task(entryId=entry, reachProfileId=3, catalogItemId=77) for entry in ("1_gdpr1", "1_fire1")]
    there = [at.ask("reach_entryVendorTask.add", one)["id"] for one in wanted]
    here = [fresh.ask("reach_entryVendorTask.add", one)["id"] for one in reversed(wanted)]
    assert there == here[::-1]
    assert len({*there}) == 2


@pytest.mark.parametrize("name", ["entryId", "reachProfileId", "catalogItemId"])
def test_a_task_needs_three_fields(fresh: At, name: str) -> None:
    fields = {"entryId": "1_gdpr1", "reachProfileId": 3, "catalogItemId": 12}
    del fields[name]
    assert refusal(fresh.ask("reach_entryVendorTask.add", ordered_task(**fields))) == (
        "PROPERTY_VALIDATION_CANNOT_BE_NULL",
        {"PROP_NAME": f"KalturaEntryVendorTask::{name}"},
    )
    assert fresh.ask("reach_entryVendorTask.list")["totalCount"] == 0


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"entryId": "1_none"}, "ENTRY_ID_NOT_FOUND"),
        ({"reachProfileId": "x"}, "REACH_PROFILE_NOT_FOUND"),
        ({"catalogItemId": "-1"}, "CATALOG_ITEM_NOT_FOUND"),
    ],
)
def test_a_task_for_what_does_not_exist_is_refused(fresh: At, fields: dict[str, str], code: str) -> None:
    whole = {"entryId": "1_gdpr1", "reachProfileId": "3", "catalogItemId": "12", **fields}
    assert refusal(fresh.ask("reach_entryVendorTask.add", ordered_task(**whole)))[0] == code
    assert refusal(fresh.ask("reach_entryVendorTask.add"))[1] == {"PARAM_NAME": "entryVendorTask"}


def test_a_frame_becomes_a_picture_and_the_default(fresh: At) -> None:
    def defaults() -> list[tuple[str, str]]:
        listed = fresh.ask("thumbAsset.list", where(entryIdEqual="1_gdpr1"))
        return [(one["id"], one["tags"]) for one in listed["objects"]]

    assert defaults() == [("1_gdpr1_t0", "default_thumb")]
    made = fresh.ask("thumbAsset.generate", {"thumbParams[videoOffset]": "12"}, entryId="1_gdpr1")
    assert (made["id"], made["entryId"], made["createdAt"]) == ("1_gdpr1_t1", "1_gdpr1", NOW)
    assert fresh.ask("thumbAsset.setAsDefault", thumbAssetId=made["id"]) is None
    assert defaults() == [("1_gdpr1_t0", ""), ("1_gdpr1_t1", "default_thumb")]
    both = {"entryIdIn": "1_gdpr1,1_gdpr2", "idIn": "1_gdpr1_t1,1_gdpr2_t0"}
    assert ids(fresh.ask("thumbAsset.list", where(**both))) == ["1_gdpr1_t1", "1_gdpr2_t0"]


def test_pictures_of_what_does_not_exist_are_refused(fresh: At) -> None:
    frame = {"thumbParams[videoOffset]": "12"}
    assert refusal(fresh.ask("thumbAsset.generate", frame, entryId="1_none"))[0] == "ENTRY_ID_NOT_FOUND"
    assert refusal(fresh.ask("thumbAsset.generate", entryId="1_gdpr1"))[1] == {"PARAM_NAME": "thumbParams"}
    assert refusal(fresh.ask("thumbAsset.setAsDefault", thumbAssetId="1_gdpr1_t7")) == (
        "THUMB_ASSET_ID_NOT_FOUND",
        {"THUMB_ASSET_ID": "1_gdpr1_t7"},
    )
    assert refusal(fresh.ask("thumbAsset.list"))[0] == "MISSING_MANDATORY_PARAMETER"
    assert refusal(fresh.ask("thumbAsset.list", where(idEqual="1_gdpr1_t0")))[0] == "PROPERTY_VALIDATION_CANNOT_BE_NULL"


TEMPLATES = "eventNotification_eventNotificationTemplate"


def changed(**fields: object) -> dict[str, str]:
    return {f"eventNotificationTemplate[{name}]": str(value) for name, value in fields.items()}


def test_a_template_is_cloned_and_changed_and_never_added(fresh: At) -> None:
    assert refusal(fresh.ask(f"{TEMPLATES}.add", changed(name="x"))) == (
        "SERVICE_FORBIDDEN",
        {"SERVICE": f"{TEMPLATES}->add"},
    )
    listed = fresh.ask(f"{TEMPLATES}.listTemplates", where(typeEqual="httpNotification.Http"))
    (source,) = listed["objects"]
    assert (source["partnerId"], source["eventType"], source["eventObjectType"]) == (0, "3", "1")
    assert fresh.ask(f"{TEMPLATES}.list")["totalCount"] == 0
    stranger = changed(**{"contentType][objectType": "KalturaHttpNotificationObjectData", "name": "Mine"})
    clone = fresh.ask(f"{TEMPLATES}.clone", stranger, id=source["id"])
    assert (clone["partnerId"], clone["name"], clone["createdAt"]) == (10042, "Mine", NOW)
    assert "contentType" not in clone
    asked = changed(**{"url": "https://hook.example.org", "method": 1, "data][apiObjectType": "KalturaBaseEntry"})
    after = fresh.ask(f"{TEMPLATES}.update", asked, NOW + 9, id=clone["id"])
    assert (after["url"], after["method"], after["data"]["apiObjectType"], after["updatedAt"]) == (
        *("https://hook.example.org", 1, "KalturaBaseEntry", NOW + 9),
    )
    assert fresh.ask(f"{TEMPLATES}.list")["objects"] == [after]
    assert fresh.ask(f"{TEMPLATES}.listTemplates")["objects"] == [source]
    assert "objects" not in fresh.ask(f"{TEMPLATES}.list", where(typeEqual="emailNotification.Email"))


def test_a_template_of_others_is_not_found(fresh: At) -> None:
    for action in ("clone", "update"):
        assert refusal(fresh.ask(f"{TEMPLATES}.{action}"))[1] == {"PARAM_NAME": "id"}
        assert refusal(fresh.ask(f"{TEMPLATES}.{action}", id=1))[0] == "EVENT_NOTIFICATION_TEMPLATE_NOT_FOUND"
    assert refusal(fresh.ask(f"{TEMPLATES}.update", changed(name="x"), id=301))[1] == {"ID": "301"}


def test_statistics_are_taken_from_anybody(at: At) -> None:
    assert at.caller.json("stats.collect", {"event[eventType]": "3", "event[entryId]": TOWN}) is True
    assert at.caller.json("stats.collect", {"event[eventType]": "3"}, ks="not-a-session") is True
    assert refusal(at.caller.json("stats.collect"))[1] == {"PARAM_NAME": "event"}
