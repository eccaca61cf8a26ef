"""Actions: what they say they change, what is sent once, which answers and refusals come of it."""

# ruff: noqa: E501 - a line of a table is one case

from __future__ import annotations

from typing import Any

import pytest
from asking import WEEK, ask, flow
from projects import problem
from pydantic import ValidationError
from replies import exception, says

from reportrunner.flow import Again, Done, Refused, Reply, Verdict
from reportrunner.table import Rows
from reportrunner.window import Window

ORDER: dict[str, Any] = {
    "source": "kaltura",
    "endpoint": "reach_entryVendorTask.add",
    "entryId": "1_gdpr1",
    "reachProfileId": 7,
    "catalogItemId": 8,
}
REPORTS: dict[str, Any] = {
    "source": "kaltura",
    "endpoint": "report.exportToCsv",
    "recipientEmail": "ana.berg@example.org",
    "reportsItemsGroup": "Weekly plays",
    "reportItems": [
        {"report": "TOP_CONTENT", "title": "Plays", "order": "-count_plays", "filters": {"entryIdIn": ["1_a", "1_b"]}},
        {"report": 34, "kind": "graph", "objectIds": ["1_a"]},
    ],
}
TASKS: dict[str, Any] = {"source": "kaltura", "endpoint": "reach_entryVendorTask.exportToCsv"}
ENTRIES: dict[str, Any] = {"source": "kaltura", "endpoint": "baseEntry.exportToCsv"}
OUT = '[outputs.o]\nformat = "html"\n'


def form(keys: dict[str, Any], window: Window | None = None) -> dict[str, str]:
    request = flow(keys, window).steps[0].request
    return {name: str(value) for name, value in request.form or () if name not in {"ks", "format"}}


def judged(keys: dict[str, Any], reply: Reply, window: Window | None = None) -> Verdict:
    step = flow(keys, window).steps[0]
    return step.judge(step.request, reply)


def rows(keys: dict[str, Any], reply: Reply, window: Window | None = None) -> list[tuple[object, ...]]:
    found = flow(keys, window).read((reply,))
    assert isinstance(found, Rows)
    return [tuple(row) for row in found.rows]


@pytest.mark.parametrize(
    ("keys", "window", "words"),
    [
        (ORDER, None, "orders catalogue item 8 for 1_gdpr1"),
        (REPORTS, WEEK, "mails TOP_CONTENT, USER_ENGAGEMENT_TIMELINE to ana.berg@example.org"),
        (TASKS, None, "mails a list of orders to the session's user"),
        (ENTRIES, None, "mails a list of entries to the session's user"),
    ],
)
def test_an_action_says_what_it_changes_and_is_sent_once(
    keys: dict[str, Any], window: Window | None, words: str
) -> None:
    made = ask(keys, window)
    assert made.endpoint.action(made.parameters) == words
    (step,) = flow(keys, window).steps
    assert (step.name, step.repeatable) == ("act", False)


def test_an_order_is_one_object() -> None:
    assert flow(ORDER, None).steps[0].request.path == "/api_v3/service/reach_entryVendorTask/action/add"
    assert form({**ORDER, "notes": "urgent"}) == {
        "entryVendorTask[objectType]": "KalturaEntryVendorTask",
        "entryVendorTask[entryId]": "1_gdpr1",
        "entryVendorTask[reachProfileId]": "7",
        "entryVendorTask[catalogItemId]": "8",
        "entryVendorTask[notes]": "urgent",
    }


def test_an_order_is_answered_by_its_task() -> None:
    task = {"id": 55, "entryId": "1_gdpr1", "status": 4, "reachProfileId": 7, "catalogItemId": 8}
    answer = says({**task, "objectType": "KalturaEntryVendorTask"})
    assert judged(ORDER, answer) == Done()
    assert rows(ORDER, answer) == [(55, "1_gdpr1", 4, "pending_moderation", 7, 8)]
    unlike = judged(ORDER, says({"objectType": "KalturaEntryVendorTask"}))
    assert getattr(unlike, "kind", "") == "unreadable"


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("ENTRY_VENDOR_TASK_DUPLICATION", "the task was ordered before: leave out entries that have one"),
        ("EXCEEDED_MAX_CREDIT_ALLOWED", "the profile's credit is used up"),
        ("ENTRY_ID_NOT_FOUND", "check entryId"),
        ("CATALOG_ITEM_NOT_FOUND", "check catalogItemId"),
        ("SOMETHING_ELSE", ""),
    ],
)
def test_a_refused_order_says_what_to_do(code: str, hint: str) -> None:
    verdict = judged(ORDER, says(exception(code, "no; really")))
    assert isinstance(verdict, Refused)
    assert (verdict.words, verdict.hint) == (f"{code}: no; really", hint)


def test_reports_are_mailed_with_the_window_and_the_filters_of_each() -> None:
    sent = form(REPORTS, WEEK)
    first, second = "params[reportItems][0]", "params[reportItems][1]"
    assert sent["params[objectType]"] == "KalturaReportExportParams"
    assert (sent["params[recipientEmail]"], sent["params[reportsItemsGroup]"]) == (
        "ana.berg@example.org",
        "Weekly plays",
    )
    assert sent["params[timeZoneOffset]"] == "300"
    assert {name: value for name, value in sent.items() if name.startswith(first)} == {
        f"{first}[objectType]": "KalturaReportExportItem",
        f"{first}[action]": "1",
        f"{first}[reportType]": "1",
        f"{first}[filter][objectType]": "KalturaReportInputFilter",
        f"{first}[filter][entryIdIn]": "1_a|1_b",
        f"{first}[filter][fromDate]": "1794200400",
        f"{first}[filter][toDate]": "1794805199",
        f"{first}[filter][timeZoneOffset]": "300",
        f"{first}[reportTitle]": "Plays",
        f"{first}[order]": "-count_plays",
        f"{first}[responseOptions][objectType]": "KalturaReportResponseOptions",
        f"{first}[responseOptions][delimiter]": "|",
        f"{first}[responseOptions][skipEmptyDates]": "false",
    }
    assert (sent[f"{second}[action]"], sent[f"{second}[reportType]"], sent[f"{second}[objectIds]"]) == (
        "3",
        "34",
        "1_a",
    )
    assert (sent[f"{second}[filter][fromDay]"], sent[f"{second}[filter][toDay]"]) == ("20261109", "20261115")


def test_the_answer_of_an_export_is_a_job_and_an_address() -> None:
    answer = says({"referenceJobId": 99, "reportEmail": "ana@example.org", "objectType": "KalturaReportExportResponse"})
    assert judged(REPORTS, answer, WEEK) == Done()
    assert rows(REPORTS, answer, WEEK) == [("99", "ana@example.org")]
    wrong = judged(REPORTS, says(exception("INVALID_REPORT_ITEMS_GROUP")), WEEK)
    assert getattr(wrong, "hint", "") == "letters, digits, _ and blanks make a reportsItemsGroup"
    forbidden = judged(REPORTS, says(exception("SERVICE_FORBIDDEN")), WEEK)
    assert getattr(forbidden, "hint", "") == "the session's role needs ANALYTICS_BASE"


def test_lists_are_mailed_with_their_filter() -> None:
    filters = {"statusIn": ["pending", "error"], "catalogItemIdIn": [8]}
    assert form({**TASKS, "filters": filters}, WEEK) == {
        "filter[objectType]": "KalturaEntryVendorTaskFilter",
        "filter[catalogItemIdIn]": "8",
        "filter[createdAtGreaterThanOrEqual]": "1794200400",
        "filter[createdAtLessThanOrEqual]": "1794805199",
        "filter[statusIn]": "1,6",
    }
    assert form({**ENTRIES, "metadataProfileId": 5}) == {
        "filter[objectType]": "KalturaBaseEntryFilter",
        "metadataProfileId": "5",
    }
    assert flow(ENTRIES, None).steps[0].request.path == "/api_v3/service/baseEntry/action/exportToCsv"


@pytest.mark.parametrize("keys", [TASKS, ENTRIES])
def test_the_answer_of_a_mailed_list_is_an_address(keys: dict[str, Any]) -> None:
    assert judged(keys, says("ana@example.org")) == Done()
    assert rows(keys, says("ana@example.org")) == [("ana@example.org",)]
    for answer in (None, "", True, {"objectType": "KalturaUser"}):
        assert getattr(judged(keys, says(answer)), "kind", "") == "unreadable"
    missing = judged(keys, says(exception("USER_EMAIL_NOT_FOUND")))
    assert "give the source a user" in getattr(missing, "hint", "")
    assert isinstance(judged(keys, says(exception("INTERNAL_SERVERL_ERROR"))), Again)
    made = ask(keys, None)
    assert [column.personal for column in made.endpoint.columns(made.parameters)] == [True]


ADD = 'endpoint = "reach_entryVendorTask.add"\nreachProfileId = 7\ncatalogItemId = 8\n'
MAIL = 'endpoint = "report.exportToCsv"\nwindow = "week"\n'
ITEM = 'reportItems = [{ report = "TOP_CONTENT" }]\n'


@pytest.mark.parametrize(
    ("more", "answer"),
    [
        (ADD, '[datasets.d]: reach_entryVendorTask.add needs the key "entryId" (text) | add entryId = "..."'),
        ('endpoint = "entryVendorTask.add"\n', '"entryVendorTask.add": kaltura has no endpoint "entryVendorTask.add"; did you mean "reach_entryVendorTask.add"?'),
        (ADD + 'entryId = "1_a"\nwindow = "week"\n', '"week": reach_entryVendorTask.add takes no window | remove it; an expression such as {{ windows.week.start | unix }} may stand where a value is asked'),
        (MAIL + ITEM + 'reportsItemsGroup = "Plays: week"\n', '"Plays: week": reportsItemsGroup takes letters, digits, _ and blanks | write reportsItemsGroup = "Weekly plays"'),
        (MAIL + ITEM + f'reportsItemsGroup = "{"a" * 101}"\n', f'"{"a" * 101}": the service cuts a name of 101 characters to 100 | write "{"a" * 100}"'),
        (MAIL + ITEM + 'recipientEmail = "ana"\n', '"ana": "ana" is no e-mail address | write recipientEmail = "name@example.org"'),
        (MAIL + 'reportItems = [{ report = "TOP_CONTENTS" }]\n', '"TOP_CONTENTS": there is no report type "TOP_CONTENTS"; did you mean "TOP_CONTENT"?'),
        (MAIL + 'reportItems = [{ report = "TOP_CONTENT", reportType = 1 }]\n', 'reportType: unknown key "reportType" in a report item | reportType is spelt report here; write report = "TOP_CONTENT"'),
        (MAIL + 'reportItems = [{ report = "TOP_CONTENT", order = "-count_play" }]\n', None),
        (MAIL + "reportItems = []\n", '[]: "reportItems" must not be empty'),
    ],
)  # fmt: skip
def test_what_is_answered(more: str, answer: str | None) -> None:
    week = '[windows.week]\nperiod = "week"\n' if "window" in more else ""
    said = problem(f'{week}[datasets.d]\nsource = "kaltura"\n{more}\n{OUT}')
    if answer is None:
        assert said.startswith('"-count_play": TOP_CONTENT has no column "count_play"; did you mean "count_plays"?')
    else:
        assert said == answer


def test_an_id_with_a_comma_is_refused_in_a_report_item() -> None:
    item = {"report": "VPAAS_USAGE_MULTI", "objectIds": ["10042,10101"]}
    with pytest.raises(ValidationError, match='"10042,10101" would be one id'):
        flow({**REPORTS, "reportItems": [item]}, WEEK)
