"""Any other read of RealtimeKit: checked against the specification, asked and read like the others."""

# ruff: noqa: E501 - a line of a table is one case

from __future__ import annotations

import datetime as dt
import json
from importlib.resources import files
from typing import Any

import pytest
from cloudflare_asking import ACCOUNT, APP, SESSION, data, judged, kit, read, refusal, request, url
from replies import says

from reportrunner.cli.catalogue import endpoint_text
from reportrunner.flow import Done, More
from reportrunner.providers.cloudflare import PROVIDER
from reportrunner.providers.cloudflare.operations import Parameter, operations

TEXTS = {"id": "string"}
TRANSCRIPT = kit(
    "get", operation="GetSessionTranscript", params={"session_id": SESSION, "format": "SRT"}, columns=TEXTS
)
STREAM = "get-v2-livestream-session-livestream-id"
STREAMED = kit("get", operation=STREAM, params={"livestream_id": "l1"}, columns={**TEXTS, "viewer_seconds": "decimal"})


def test_every_read_of_the_specification_can_be_asked_in_one_way() -> None:
    modelled = [one.endpoint for one in operations().values() if one.endpoint]
    assert len(operations()) == 25
    assert sorted(modelled) == sorted(set(PROVIDER.endpoints) - {"realtime.kit.get"})
    data_ = json.loads((files("reportrunner.providers.cloudflare") / "data/operations.json").read_text("utf-8"))
    for name, one in operations().items():
        holes = [key for key, said in one.parameters.items() if said.place == "path"]
        assert all(f"{{{hole}}}" in one.path for hole in holes), name
        assert one.summary == data_[name]["summary"]


def test_what_is_sent() -> None:
    prefix = f"/accounts/{ACCOUNT}/realtime/kit/{APP}"
    assert url(TRANSCRIPT, None) == f"{prefix}/sessions/{SESSION}/transcript?format=SRT"
    assert url(STREAMED, None) == f"{prefix}/livestreams/l1?page_no=1&per_page=100"
    named = {**TRANSCRIPT, "operation": "get-v2-livestreams-livestream-session-id"}
    assert url({**named, "params": {"livestream-session-id": "s1"}}, None) == f"{prefix}/livestreams/sessions/s1"
    peer = {"peer_id": SESSION, "filters": "device_info", "include_peer_events": True}
    asked = url({**TRANSCRIPT, "operation": "GetParticipantDataFromPeerId", "params": peer}, None)
    assert asked.endswith("?filters=device_info&include_peer_events=true")


def test_every_operation_without_an_endpoint_unfolds() -> None:
    for name, one in operations().items():
        if not one.endpoint:
            params = {key: SESSION for key, said in one.parameters.items() if said.place == "path"}
            keys = kit("get", operation=name, params=params, columns=TEXTS)
            assert SESSION in str(request(keys, None).path)


@pytest.mark.parametrize(
    ("changed", "said", "hint"),
    [
        ({"operation": "GetSessionTranscripts"}, 'did you mean "GetSessionTranscript"?', "one of "),
        ({"operation": "GetSessions"}, "has an endpoint of its own", 'write endpoint = "realtime.kit.sessions"'),
        ({"operation": "get-org-analytics"}, "has an endpoint of its own", 'write endpoint = "realtime.kit.analytics.daywise"'),
        ({"params": {}}, "needs session_id", 'write params = { session_id = "..." }'),
        ({"params": {"session_id": SESSION, "formt": "SRT"}}, 'did you mean "format"?', "its parameters: format, session_id"),
        ({"params": {"session_id": SESSION, "format": "srt"}}, 'did you mean "SRT"?', "one of SRT"),
        ({"params": {"session_id": SESSION, "format": 5}}, "is text", "one of SRT"),
        ({"params": {"session_id": "s1"}}, "is a UUID", ""),
        ({"operation": STREAM, "params": {"livestream_id": ".."}}, "is no id", "write the id itself"),
        ({"operation": STREAM, "params": {"livestream_id": "l", "page_no": 2}}, "all pages are fetched", "remove it"),
        ({"columns": {"transcript_download_url": "string"}}, "opens something", "remove it"),
    ],
)  # fmt: skip
def test_what_is_refused(changed: dict[str, Any], said: str, hint: str) -> None:
    found = refusal({**TRANSCRIPT, **changed}, None)
    assert said in found[0]
    assert found[1].startswith(hint)


NOW = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("parameter", "right", "wrong"),
    [
        (Parameter("query", "boolean"), True, "true"),
        (Parameter("query", "integer", minimum=1, maximum=200), 200, 201),
        (Parameter("query", "integer"), 5, True),
        (Parameter("query", "number", minimum=0), 0, -1),
        (Parameter("query", "array", ("A", "B")), ["A"], ["C"]),
        (Parameter("query", "array", ("A", "B")), [], "A"),
        (Parameter("query", "string", format="date-time"), NOW, NOW.replace(tzinfo=None)),
        (Parameter("query", "string", format="date-time"), NOW, "2026-01-05"),
        (Parameter("query", "string", format="uuid"), SESSION, f"{SESSION}0"),
    ],
)
def test_values_are_checked_by_type(parameter: Parameter, right: object, wrong: object) -> None:
    assert parameter.problem(right) == ("", "")
    assert parameter.problem(wrong)[0]


def test_rows_stand_in_data_or_under_a_name() -> None:
    stream = {"id": "l1", "stream_key": "secret-key"}
    body = {"livestream": stream, "sessions": [{"id": "s1", "viewer_seconds": 60}]}
    paging = {"total_count": 1, "start_offset": 1, "end_offset": 1}
    document = data(body, paging=paging)
    assert judged({**STREAMED, "list_name": "sessions"}, says(document), None) == Done()
    assert read({**STREAMED, "list_name": "sessions"}, document, window=None).rows == [("s1", 60)]
    assert [row[0] for row in read({**STREAMED, "list_name": "livestream"}, document, window=None).rows] == ["l1"]
    whole = read({**STREAMED, "columns": {"livestream": "string", "livestream.id": "string"}}, document, window=None)
    assert whole.rows == [('{"id":"l1"}', "l1")]


def test_data_inside_data_is_found_and_its_pages_are_asked() -> None:
    keys = kit("get", operation="get-v2-livestreamsession-session-meetingId-active-livestream", columns=TEXTS)
    keys["params"] = {"session_id": SESSION}
    nested = data({"data": [{"id": "s1"}], "paging": {"total_count": 2, "start_offset": 1, "end_offset": 1}})
    assert isinstance(judged(keys, says(nested), None), More)
    assert read(keys, nested, window=None).rows == [("s1",)]


def test_the_link_of_a_summary_never_lands() -> None:
    summary = {**TRANSCRIPT, "operation": "GetSessionSummary", "params": {"session_id": SESSION}}
    link = {
        "sessionId": SESSION,
        "summaryDownloadUrl": "https://link.example/secret",
        "summaryDownloadUrlExpiry": "2026",
    }
    assert "opens something" in refusal({**summary, "columns": {"summaryDownloadUrl": "string"}}, None)[0]
    whole = {**summary, "columns": {"summary": "string", "summaryDownloadUrlExpiry": "string"}}
    found = read(whole, data({**link, "summary": [link]}), window=None)
    assert found.rows == [(f'[{{"sessionId":"{SESSION}","summaryDownloadUrlExpiry":"2026"}}]', "2026")]


def test_explain_lists_the_operations() -> None:
    told = "\n".join(endpoint_text(PROVIDER, PROVIDER.endpoints["realtime.kit.get"]))
    named = [name for name, one in operations().items() if not one.endpoint]
    assert [name for name in named if f"  - {name}: " not in told] == []
    assert "GetSessions:" not in told
    assert "params: format, session_id" in told
