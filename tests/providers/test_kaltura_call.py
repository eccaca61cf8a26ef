"""Any call: what only reads, what is refused, how parameters nest, several calls in one request, every form of answer."""

# ruff: noqa: E501 - a line of a table is one case

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from asking import ask, flow
from projects import problem
from replies import exception, says, text

from reportrunner.errors import ProviderError
from reportrunner.flow import Again, Done, More, Refused, Reply, Verdict
from reportrunner.providers.kaltura.calling import reads_only
from reportrunner.table import Rows

USERS: dict[str, Any] = {
    "source": "kaltura",
    "endpoint": "call",
    "service": "user",
    "action": "list",
    "params": {"filter": {"statusEqual": 1, "idIn": "ana,bo"}},
    "columns": {"id": "string", "createdAt": "timestamp", "isAdmin": "boolean"},
}
TWO: dict[str, Any] = {
    "source": "kaltura",
    "endpoint": "call",
    "calls": [
        {"service": "baseEntry", "action": "list", "params": {"filter": {"tagsLike": "x"}, "ids": []}},
        {
            "service": "caption_captionAsset",
            "action": "list",
            "params": {"filter": {"entryIdIn": "{1:result:objects:_all:id}"}},
        },
    ],
    "columns": {"id": "string"},
}
OUT = '[outputs.o]\nformat = "html"\n'


def keys(**more: object) -> dict[str, Any]:
    return {**USERS, **more}


def form(given: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in flow(given, None).steps[0].request.form or ()}


def judged(given: dict[str, Any], reply: Reply) -> Verdict:
    step = flow(given, None).steps[0]
    return step.judge(step.request, reply)


def refused(given: dict[str, Any], reply: Reply) -> Refused:
    verdict = judged(given, reply)
    assert isinstance(verdict, Refused)
    return verdict


def rows(given: dict[str, Any], *replies: Reply) -> list[tuple[object, ...]]:
    found = flow(given, None).read(replies)
    assert isinstance(found, Rows)
    return [tuple(row) for row in found.rows]


def listed(*objects: object, total: int | None = None) -> dict[str, object]:
    count = len(objects) if total is None else total
    return {"objects": list(objects), "totalCount": count, "objectType": "KalturaUserListResponse"}


# --- what only reads -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("service", "action", "reads"),
    [
        ("user", "list", True),
        ("media", "get", True),
        ("media", "count", True),
        ("liveStream", "isLive", True),
        ("eventNotification_eventNotificationTemplate", "listTemplates", True),
        ("elasticsearch_esearch", "searchUser", True),
        ("report", "serve", True),
        ("thumbAsset", "setAsDefault", False),
        ("thumbAsset", "generate", False),
        ("media", "delete", False),
        ("stats", "collect", False),
        ("baseEntry", "exportToCsv", False),
        ("appToken", "get", False),
        ("appToken", "list", False),
        ("apptoken", "list", False),
        ("dropFolder_dropFolder", "getExclusiveDropFolder", False),
        ("invoice", "issue", False),
        ("x", "listen", False),
        ("x", "getaway", False),
        ("x", "LIST", False),
    ],
)
def test_an_action_reads_or_is_taken_for_one_that_changes(service: str, action: str, reads: bool) -> None:
    assert reads_only(service, action) is reads


def test_what_changes_something_says_so_and_is_never_repeated() -> None:
    given = keys(service="thumbAsset", action="setAsDefault", params={"thumbAssetId": "1_t"}, read="value", columns={})
    made = ask(given, None)
    assert made.endpoint.action(made.parameters) == "calls thumbAsset.setAsDefault"
    assert flow(given, None).steps[0].repeatable is False
    reading = ask(USERS, None)
    assert reading.endpoint.action(reading.parameters) == ""
    assert flow(USERS, None).steps[0].repeatable is True


def test_of_several_calls_those_that_change_are_named() -> None:
    acting = {"service": "media", "action": "delete", "params": {"entryId": "{1:result:objects:0:id}"}}
    given = {**TWO, "calls": [TWO["calls"][0], acting, TWO["calls"][1]]}
    made = ask(given, None)
    assert made.endpoint.action(made.parameters) == "calls media.delete"
    assert flow(given, None).steps[0].repeatable is False


# --- what is sent --------------------------------------------------------------------------------------------


def test_parameters_nest_as_they_do_in_the_job() -> None:
    since = dt.datetime(2026, 11, 16, tzinfo=dt.UTC)
    params = {"a": {"b": [{"c": 1}, {"c": 2}], "d": True, "e": 1.5}, "since": since, "none": [], "f": {"g": {}}}
    request = flow(keys(params=params), None).steps[0].request
    assert request.path == "/api_v3/service/user/action/list"
    assert form(keys(params=params)) == {
        "format": "1",
        "ks": "<session:kaltura>",
        "a[b][0][c]": "1",
        "a[b][1][c]": "2",
        "a[d]": "true",
        "a[e]": "1.5",
        "since": "1794787200",
        "none:-": "",
        "f:g:-": "",
    }


def test_several_calls_are_one_request_with_their_numbers_in_front() -> None:
    assert flow(TWO, None).steps[0].request.path == "/api_v3/service/multirequest"
    assert form(TWO) == {
        "format": "1",
        "ks": "<session:kaltura>",
        "1:service": "baseEntry",
        "1:action": "list",
        "1:filter[tagsLike]": "x",
        "1:ids:-": "",
        "2:service": "caption_captionAsset",
        "2:action": "list",
        "2:filter[entryIdIn]": "{1:result:objects:_all:id}",
    }


def test_what_looks_like_a_token_in_a_single_call_is_a_value() -> None:
    assert form(keys(params={"name": "{9:result}"}))["name"] == "{9:result}"


# --- answers of one call -------------------------------------------------------------------------------------


def test_objects_are_rows_of_the_declared_columns() -> None:
    answer = says(listed({"id": "ana", "createdAt": 0, "isAdmin": "1", "email": "x"}, {"id": "bo"}))
    assert judged(USERS, answer) == Done()
    assert rows(USERS, answer) == [("ana", dt.datetime(1970, 1, 1, tzinfo=dt.UTC), True), ("bo", None, None)]
    empty = says({"totalCount": 0, "objectType": "KalturaUserListResponse"})
    assert (judged(USERS, empty), rows(USERS, empty)) == (Done(), [])
    plain = says([{"id": "x"}])
    assert (judged(USERS, plain), rows(USERS, plain)) == (Done(), [("x", None, None)])


def test_an_object_a_value_and_a_file_are_read_as_such() -> None:
    one = keys(action="get", read="object", columns={"id": "string", "owner.name": "string", "tags": "string"})
    answer = says({"id": "a", "owner": {"name": "Ana"}, "tags": ["x", "y"], "objectType": "KalturaUser"})
    assert judged(one, answer) == Done()
    assert rows(one, answer) == [("a", "Ana", '["x","y"]')]
    value = keys(action="count", read="value", columns={"n": "integer"})
    assert (judged(value, says(7)), rows(value, says(7))) == (Done(), [(7,)])
    void = keys(action="delete", read="value", columns={})
    assert (judged(void, says(None)), rows(void, says(None))) == (Done(), [(None,)])
    file = keys(action="serveCsv", read="file", columns={"id": "string", "n": "integer"})
    csv = text('\ufeff"n","id"\n"1","a,b"\n')
    assert (judged(file, csv), rows(file, csv)) == (Done(), [("a,b", 1)])


@pytest.mark.parametrize(
    ("read", "answer", "hint"),
    [
        ("objects", {"id": "a", "objectType": "KalturaUser"}, 'write read = "object"'),
        ("objects", "text", 'write read = "value"'),
        ("object", [{"id": "a"}], 'write read = "objects"'),
        ("value", listed(), 'write read = "objects"'),
    ],
)
def test_an_answer_of_another_form_says_how_to_read_it(read: str, answer: object, hint: str) -> None:
    given = keys(read=read, columns={"id": "string"})
    verdict = refused(given, says(answer))
    assert (verdict.kind, verdict.hint) == ("unreadable", hint)
    with pytest.raises(ProviderError, match="cannot be read as"):
        rows(given, says(answer))


def test_an_error_of_a_file_is_no_file() -> None:
    file = keys(action="serveCsv", read="file", columns={"id": "string"})
    assert refused(file, text("")).kind == "refused"
    assert "REPORT_NOT_FOUND" in refused(file, says(exception("REPORT_NOT_FOUND"))).words
    with pytest.raises(ProviderError, match="no CSV"):
        rows(file, text('id\n"a"b\n'))
    with pytest.raises(ProviderError, match="row 1 has 2 fields"):
        rows(file, text("id\na,b\n"))


# --- pages ---------------------------------------------------------------------------------------------------


def test_a_list_that_shows_one_page_of_many_is_told() -> None:
    verdict = refused(USERS, says(listed({"id": "a"}, total=57)))
    assert (verdict.kind, verdict.hint) == ("truncated", "write pages = true, or a pager of your own")
    own = keys(params={"pager": {"pageSize": 1, "pageIndex": 2}})
    assert judged(own, says(listed({"id": "a"}, total=57))) == Done()


def test_all_pages_are_fetched_when_asked() -> None:
    given = keys(pages=True)
    assert (form(given)["pager[pageSize]"], form(given)["pager[pageIndex]"]) == ("500", "1")
    full = listed(*({"id": str(n)} for n in range(500)))
    verdict = judged(given, says(full))
    assert isinstance(verdict, More)
    assert [dict(r.form or ())["pager[pageIndex]"] for r in verdict.requests] == ["2", "3"]
    assert judged(given, says(listed({"id": "a"}, total=9_999))) == Done()
    assert len(rows(given, says(full), says(listed({"id": "x"})))) == 501
    assert "501 objects where 500 were asked" in refused(given, says(listed(*[{"id": "a"}] * 501))).words
    many = refused(given, says(exception("QUERY_EXCEEDED_MAX_MATCHES_ALLOWED")))
    assert many.hint == "narrow the window or the filters"


def test_pages_that_another_dataset_did_not_ask_for_are_missed() -> None:
    full = says(listed(*({"id": str(n)} for n in range(500))))
    own = keys(params={"filter": USERS["params"]["filter"], "pager": {"pageSize": 500, "pageIndex": 1}})
    paged = keys(pages=True)
    assert flow(own, None).identity() == flow(paged, None).identity()
    assert len(rows(own, full)) == 500
    with pytest.raises(ProviderError, match="the last page is full"):
        rows(paged, full)


def test_pages_end_at_the_most_that_a_search_gives() -> None:
    step = flow(keys(pages=True), None).steps[0]
    full = says(listed(*({"id": str(n)} for n in range(500))))
    request = step.request
    while isinstance(more := step.judge(request, full), More):
        request = more.requests[-1]
    assert (request.page, getattr(more, "kind", "")) == (20, "truncated")


# --- several calls -------------------------------------------------------------------------------------------


def test_the_last_answer_is_read() -> None:
    answer = says([listed({"id": "1_a"}), listed({"id": "1_c"})])
    assert judged(TWO, answer) == Done()
    assert rows(TWO, answer) == [("1_c",)]


def test_one_failed_call_fails_all() -> None:
    first = refused(TWO, says([exception("ENTRY_ID_NOT_FOUND", "no such entry"), listed({"id": "x"})]))
    assert first.words == "ENTRY_ID_NOT_FOUND: no such entry (call 1 of 2, baseEntry.list; the others do not count)"
    last = judged(TWO, says([listed(), exception("INTERNAL_DATABASE_ERROR")]))
    assert isinstance(last, Again)
    assert "call 2 of 2, caption_captionAsset.list" in last.words


def test_fewer_answers_than_calls_are_no_answer() -> None:
    assert refused(TWO, says([listed()])).words == "1 answers came to 2 calls"
    assert refused(TWO, says([])).kind == "unreadable"
    assert refused(TWO, says(listed())).words.startswith("the answer is no list of 2")
    assert judged(TWO, says(exception("INVALID_KS"))) == Again("session", "INVALID_KS: words of the server")


def test_the_last_answer_has_a_form_and_shows_all() -> None:
    assert refused(TWO, says([listed(), "text"])).hint == 'write read = "value"'
    assert refused(TWO, says([listed(), listed({"id": "a"}, total=31)])).kind == "truncated"


# --- what is answered before anything is sent ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "answer"),
    [
        ('service = "beacon"\naction = "list"', '"beacon": there is no service "beacon" | write service = "beacon_beacon"'),
        ('service = "captionAsset"\naction = "list"', '"captionAsset": there is no service "captionAsset" | write service = "caption_captionAsset"'),
        ('service = "entryVendorTask"\naction = "list"', '"entryVendorTask": there is no service "entryVendorTask" | write service = "reach_entryVendorTask"'),
        ('service = "eventNotificationTemplate"\naction = "list"', '"eventNotificationTemplate": there is no service "eventNotificationTemplate" | write service = "eventNotification_eventNotificationTemplate"'),
        ('service = "eSearch"\naction = "searchEntry"', '"eSearch": there is no service "eSearch" | write service = "elasticsearch_esearch"'),
        ('service = "thumbAsset"\naction = "addFromEntry"', '"addFromEntry": thumbAsset has no action addFromEntry, whatever guides write | write action = "generate", params = { entryId = "1_abc", thumbParams = { videoOffset = 45 } }'),
        ('service = "report"\naction = "getGraph"', '"getGraph": report has no action getGraph | write action = "getGraphs"'),
        ('service = "eventNotification_eventNotificationTemplate"\naction = "add"', '"add": only Kaltura\'s own console may add notification templates | find one with action = "listTemplates", then use "clone" and "update"'),
        ('service = "eventNotification_eventNotificationTemplate"\naction = "update"\nparams = { template = { contentType = { } } }', 'contentType: a notification template has no contentType | write data = { objectType = "KalturaHttpNotificationObjectData", apiObjectType = "..." }'),
        ('service = "session"\naction = "start"', '"start": session.start hands out sessions or secrets, which are the source\'s own and never land in a table | remove the dataset; privileges, role and impersonate make a session'),
        ('service = "user"\naction = "loginByLoginId"', '"loginByLoginId": user.loginByLoginId hands out sessions or secrets, which are the source\'s own and never land in a table | remove the dataset; privileges, role and impersonate make a session'),
        ('service = "partner"\naction = "getSecrets"', '"getSecrets": partner.getSecrets hands out sessions or secrets, which are the source\'s own and never land in a table | remove the dataset; privileges, role and impersonate make a session'),
        ('service = "report"\naction = "getUrlForReportAsCsv"', '"getUrlForReportAsCsv": the link it answers holds a session, and would land in a table | ask endpoint = "report.getUrlForReportAsCsv", which fetches the file, or "report.getTable"'),
        ('service = "multirequest"\naction = "list"', '"multirequest": several calls in one have a key of their own | write calls = [{ service = ..., action = ..., params = { ... } }, ...]'),
        ('service = "media"\naction = "list"\nparams = { ks = "x" }', "ks: params.ks is not for a job to say | sessions are the source's own; remove it"),
        ('service = "media"\naction = "list"\nparams = { partnerId = 7 }', "partnerId: params.partnerId is not for a job to say | write impersonate = 10101 beside params"),
        ('service = "media"\naction = "list"\nparams = { "filter:idIn" = "a" }', '"filter:idIn": "filter:idIn" is no name of a parameter | write filter = { idIn = ... }'),
        ('service = "media"\naction = "list"\nparams = { "filter[a][b]" = "a" }', '"filter[a][b]": "filter[a][b]" is no name of a parameter | write filter = { a = { b = ... } }'),
        ('service = "media"\naction = "list"\nparams = { filter = { createdAtLessThanOrEqual = 2026-11-16 } }', "2026-11-16: 2026-11-16 is no instant, and the service takes instants | write {{ windows.week.start | unix }}, or an instant with its offset"),
        ('service = "media"', '[datasets.d]: call needs a service and an action, or calls | add service = "media", action = "list"'),
        ('service = "media"\naction = "get"\npages = true', "pages: only one list action has pages | remove pages"),
        ('service = "media"\naction = "list"\npages = true\nparams = { pager = { pageSize = 5 } }', "pager: pages = true writes the pager itself | remove pager"),
        ('calls = [{ service = "media", action = "list" }]', '[{ service = "media", action = "list" }]: "calls" must have at least 2 entries | Several in one request; the last one is read'),
        ('service = "media"\naction = "list"\ncalls = [{ service = "media", action = "list" }, { service = "media", action = "list" }]', "calls: call has either calls or one service and action | move them into calls"),
        ('read = "file"\ncalls = [{ service = "media", action = "list" }, { service = "media", action = "list" }]', '"file": a file among several calls replaces all their answers | ask for the file in a dataset of its own'),
        ('calls = [{ service = "media", action = "list", params = { a = "{1:result:id}" } }, { service = "media", action = "list" }]', '"{1:result:id}": {1:result:id} stands in call 1, and names none before it; calls are counted from 1 | the first call has none before it'),
        ('calls = [{ service = "media", action = "list" }, { service = "media", action = "get", params = { a = { b = ["{2:result:id}"] } } }]', '"{2:result:id}": {2:result:id} stands in call 2, and names none before it; calls are counted from 1 | name one of 1 to 1'),
        ('calls = [{ service = "media", action = "list" }, { service = "media", action = "get", params = { a = "{0:result:id}" } }]', '"{0:result:id}": {0:result:id} stands in call 2, and names none before it; calls are counted from 1 | name one of 1 to 1'),
        ('calls = [{ service = "media", action = "list" }, { service = "media", action = "get", params = { a = "{1:result:id}{1:result:x}" } }]', '"{1:result:id}{1:result:x}": a value may have one token, and this one has more | split the value'),
        ('calls = [{ service = "media", action = "list" }, { service = "beacon", action = "list" }]', '"beacon": there is no service "beacon" | write service = "beacon_beacon"'),
    ],
)  # fmt: skip
def test_what_is_answered(more: str, answer: str) -> None:
    assert (
        problem(f'[datasets.d]\nsource = "kaltura"\nendpoint = "call"\ncolumns = {{ id = "string" }}\n{more}\n{OUT}')
        == answer
    )


def test_columns_are_the_jobs_to_declare() -> None:
    said = problem(f'[datasets.d]\nsource = "kaltura"\nendpoint = "call"\nservice = "user"\naction = "list"\n{OUT}')
    assert (
        said == '[datasets.d]: no catalogue knows the columns of call here | write columns = { name = "string", ... }'
    )
