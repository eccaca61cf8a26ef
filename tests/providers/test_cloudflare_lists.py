"""Lists of RealtimeKit: how they are asked, when pages end, what becomes of objects."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from cloudflare_asking import ACCOUNT, APP, SESSION, asked, data, judged, kit, query, read, refusal, request, url
from replies import says

from reportrunner.errors import ProviderError
from reportrunner.flow import Done, More, Refused, Request
from reportrunner.providers.cloudflare.paging import PageJudge, Paging, Place, paging_of
from reportrunner.table import Rows

SESSIONS = kit("sessions")
RECORDINGS = kit("recordings")
LIVESTREAMS = kit("livestreams")
PARTICIPANTS = kit("participants", session_id=SESSION)


def page(first: int, last: int, total: int, *, inside: bool = False, name: str = "sessions") -> dict[str, Any]:
    objects = [{"id": f"s{number}", "minutes_consumed": 1.5} for number in range(first, last + 1)]
    paging = {"total_count": total, "start_offset": first, "end_offset": last}
    return data({name: objects, "paging": paging}) if inside else data({name: objects}, paging=paging)


def test_what_is_sent_for_each_list() -> None:
    prefix = f"/accounts/{ACCOUNT}/realtime/kit/{APP}"
    moments = "start_time=2026-01-05T00%3A00%3A00Z&end_time=2026-01-07T23%3A59%3A59.999Z"
    order = "sort_by=createdAt&sort_order=ASC"
    assert url(SESSIONS) == f"{prefix}/sessions?page_no=1&per_page=100&{order}&{moments}"
    assert url(PARTICIPANTS, None) == (
        f"{prefix}/sessions/{SESSION}/participants?page_no=1&per_page=200&sort_by=joinedAt&sort_order=ASC&view=raw"
    )
    chosen = {**RECORDINGS, "status": ["UPLOADED", "ERRORED"], "expired": False, "meeting_id": "m1"}
    assert query(chosen, None)[2:] == [
        ("meeting_id", "m1"),
        ("expired", "false"),
        ("sort_by", "invokedTime"),
        ("sort_order", "ASC"),
        ("status", "UPLOADED,ERRORED"),
    ]
    assert url(kit("session", session_id=SESSION), None) == f"{prefix}/sessions/{SESSION}"
    assert url(kit("session", session_id=SESSION, include_breakout_rooms=True), None).endswith(
        "?include_breakout_rooms=true"
    )


@pytest.mark.parametrize("inside", [False, True])
def test_pages_are_asked_until_one_ends_at_the_total(inside: bool) -> None:
    first = judged(SESSIONS, says(page(1, 2, 3, inside=inside)))
    assert isinstance(first, More)
    (second,) = first.requests
    assert (second.page, second.query[0]) == (2, ("page_no", "2"))
    assert PageJudge(Place("sessions"))(second, says(page(3, 3, 3, inside=inside))) == Done()
    found = read(SESSIONS, page(1, 2, 3, inside=inside), page(3, 3, 3, inside=inside))
    assert [row[0] for row in found.rows] == ["s1", "s2", "s3"]
    assert found.claim is not None
    assert found.claim.rows == 3


def then(judge: PageJudge, request: Request, document: object) -> Request:
    """The request for the page behind this one."""
    verdict = judge(request, says(document))
    assert isinstance(verdict, More)
    return verdict.requests[0]


def test_an_empty_page_and_one_that_adds_nothing_are_the_last() -> None:
    judge = PageJudge(Place("sessions"))
    second = then(judge, Request("GET", "/x", (("page_no", "1"),), page=1), page(1, 2, 9))
    assert judge(second, says(data({"sessions": []}))) == Done()
    assert judge(second, says(page(1, 2, 9))) == Done()
    assert isinstance(judge(second, says(page(3, 4, 9))), More)
    assert judged(SESSIONS, says(data({"sessions": []}))) == Done()


@pytest.mark.parametrize("paging", [None, {}, {"total_count": 9, "start_offset": 1, "end_offset": None}])
def test_pages_without_paging_end_with_the_first_that_adds_nothing_and_it_is_told(paging: object) -> None:
    judge, request = PageJudge(Place("sessions")), asked(SESSIONS).steps[0].request
    pages = [data({"sessions": [{"id": name, "live": n}]}, paging=paging) for n, name in enumerate("aba")]
    third = then(judge, then(judge, request, pages[0]), pages[1])
    assert (third.page, third.query[0]) == (3, ("page_no", "3"))
    assert judge(third, says(pages[2])) == Done()
    assert [note.code for note in read(SESSIONS, *pages).notes] == ["cloudflare.repeated_page"]
    assert read(SESSIONS, *pages[:2]).notes == ()


def test_numbers_of_paging_may_be_texts() -> None:
    whole = {"total_count": "2", "start_offset": "1", "end_offset": Decimal("2.0")}
    content = {"sessions": [{"id": "s1"}, {"id": "s2"}]}
    assert paging_of(data(content, paging=whole)) == Paging(2, 1, 2)
    for wrong in ("two", "", True, Decimal("1.5"), -1, None, [2]):
        assert paging_of(data(content, paging={**whole, "total_count": wrong})) is None


def test_a_list_without_an_end_is_refused() -> None:
    request = Request("GET", "/x", (("page_no", "1000"),), page=1000)
    verdict = PageJudge(Place("sessions"))(request, says(page(1, 2, 9, inside=True)))
    assert verdict == Refused("truncated", "1,000 pages came and no end", "narrow what is asked, or raise per_page")


def test_a_first_page_that_is_not_the_first_is_refused() -> None:
    verdict = judged(SESSIONS, says(page(101, 102, 200)))
    assert isinstance(verdict, Refused)
    assert "page 1 begins at object 101" in verdict.words


def test_an_object_that_came_twice_is_one_and_one_that_changed_stays_twice() -> None:
    found = read(SESSIONS, page(1, 2, 3), page(2, 3, 3))
    assert [row[0] for row in found.rows] == ["s1", "s2", "s3"]
    changed = data({"sessions": [{"id": "s2", "minutes_consumed": 9}]})
    assert len(read(SESSIONS, page(1, 2, 2), changed).rows) == 3


def test_a_page_can_be_read_alone() -> None:
    early = asked(SESSIONS).early
    assert early is not None
    found = early((says(page(3, 4, 9)),))
    assert isinstance(found, Rows)
    assert [row[0] for row in found.rows] == ["s3", "s4"]


@pytest.mark.parametrize("content", [None, {"other": []}, {"sessions": "x"}, [1], 5])
def test_an_answer_without_its_list_is_no_empty_list(content: object) -> None:
    verdict = judged(SESSIONS, says(data(content)))
    assert isinstance(verdict, Refused)
    assert verdict.kind == "unreadable"


def test_objects_become_typed_rows() -> None:
    session = {
        "id": SESSION,
        "associated_id": "m1",
        "status": "ENDED",
        "minutes_consumed": 41.123456789012345,
        "max_concurrent_participants": 3,
        "started_at": "2026-01-05T10:51:08.039Z",
        "ended_at": None,
    }
    found = read(SESSIONS, data({"sessions": [session]}))
    row = dict(zip((column.name for column in found.columns), found.rows[0], strict=True))
    assert row["minutes_consumed"] == Decimal("41.123456789012")
    assert row["started_at"] == dt.datetime(2026, 1, 5, 10, 51, 8, 39000, dt.UTC)
    assert (row["ended_at"], row["live_participants"], row["max_concurrent_participants"]) == (None, None, 3)
    with pytest.raises(ProviderError, match='row 1, column "started_at"'):
        read(SESSIONS, data({"sessions": [{"id": "s1", "started_at": "yesterday"}]}))


@pytest.mark.parametrize("name", [None, ""])
def test_an_object_without_an_id_is_an_error(name: object) -> None:
    with pytest.raises(ProviderError, match="object 2 of sessions has no id"):
        read(SESSIONS, data({"sessions": [{"id": "s1"}, {"id": name, "status": "ENDED"}]}))


def test_a_list_inside_another_data_is_read() -> None:
    streams = [{"id": "l1", "status": "LIVE"}, {"id": "l2"}]
    assert [row[0] for row in read(LIVESTREAMS, data({"data": {"livestreams": streams}})).rows] == ["l1", "l2"]
    assert [row[0] for row in read(LIVESTREAMS, data({"data": streams[0]})).rows] == ["l1"]


def test_breakout_rooms_follow_their_session() -> None:
    inner = {"id": "r2", "breakout_rooms": []}
    session = {"id": SESSION, "breakout_rooms": [{"id": "r1", "breakout_rooms": [inner]}]}
    keys = kit("session", session_id=SESSION, include_breakout_rooms=True)
    found = read(keys, data(session), window=None)
    assert [(row[0], row[-1]) for row in found.rows] == [(SESSION, None), ("r1", SESSION), ("r2", "r1")]
    assert len(read(kit("session", session_id=SESSION), data(session), window=None).rows) == 1


def test_what_opens_something_is_never_landed() -> None:
    recording = {
        "id": "r",
        "download_url": "https://link.example/secret",
        "audio_download_url": "https://link.example/secret",
        "download_url_expiry": "2026-01-09T00:00:00Z",
        "storage_config": {"secret": "bucket-secret"},
        "meeting": {"id": "m1", "stream_key": "key-secret", "title": "Town hall"},
    }
    keys = {**RECORDINGS, "columns": {"meeting": "string", "meeting.title": "string"}}
    found = read(keys, data([recording], paging={"total_count": 1, "start_offset": 1, "end_offset": 1}))
    assert found.rows[0][-2:] == ('{"id":"m1","title":"Town hall"}', "Town hall")
    assert "secret" not in str(found)
    for name in ("download_url", "audio_download_url", "stream_key", "storage_config", "transcript_download_url"):
        assert "opens something" in refusal({**RECORDINGS, "columns": {name: "string"}})[0]


def test_a_column_that_nothing_has_is_told() -> None:
    found = read(
        {**SESSIONS, "columns": {"meeting_title": "string"}}, data({"sessions": [{"id": "s1", "meeting_titel": "x"}]})
    )
    (note,) = found.notes
    assert note.code == "cloudflare.absent_column"
    assert 'did you mean "meeting_titel"?' in note.message


@pytest.mark.parametrize(
    ("keys", "said", "hint"),
    [
        ({**LIVESTREAMS, "sort_order": "DESC"}, "spelt DSC", 'write "DSC"'),
        ({**SESSIONS, "participants": "1-10"}, "no range", 'write "1:10"'),
        ({**PARTICIPANTS, "per_page": 201}, "less than or equal to 200", ""),
        ({**PARTICIPANTS, "include_peer_events": True}, "asked for in vain", "add peer_events"),
        ({**SESSIONS, "privileges": ["a"]}, "has no sessions", "remove privileges"),
        ({**SESSIONS, "app_id": ".."}, "is no id", "write the id itself"),
        ({**SESSIONS, "app_id": "a/b"}, "no slash", "write the id alone"),
        ({**SESSIONS, "app_id": ""}, "is no id", "write the id itself"),
        ({**SESSIONS, "account_id": "a" * 33}, "at most 32", ""),
    ],
)
def test_what_is_refused(keys: dict[str, Any], said: str, hint: str) -> None:
    found = refusal(keys, None)
    assert said in found[0]
    assert found[1].startswith(hint)


def test_a_window_narrows_no_single_session() -> None:
    said, hint = refusal({**PARTICIPANTS, "window": "week"})
    assert said == "realtime.kit.participants takes no window"
    assert hint.startswith("remove it")


def test_ids_are_encoded_once_and_stay_one_segment() -> None:
    assert "/realtime/kit/a%3Fb%25c%23/sessions?" in url({**SESSIONS, "app_id": "a?b%c#"})
    assert request({**SESSIONS, "account_id": "other"}).path == f"/accounts/other/realtime/kit/{APP}/sessions"
