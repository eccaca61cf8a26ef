from __future__ import annotations

import json
from pathlib import Path

import pytest
from projects import ROOT, loaded, planned, problem, problems

from reportrunner.ask import EndpointNode, QueryNode, needs_of
from reportrunner.memory import Accumulate, Asked, HistoryNode
from reportrunner.memory_spec import AccumulateSpec
from reportrunner.table import ColumnType

WINDOWS = '[windows.days]\nlast = "2 days"\n'
SESSIONS = """
[datasets.sessions]
source   = "livekit"
endpoint = "sessions.list"
window   = "days"
"""
KEPT = f'{SESSIONS}accumulate = {{ key = ["sessionId"], into = "history/sessions" }}\n'
KNOWN = '[datasets.known]\nhistory = "history/sessions"\n'


def kept(text: str, name: str) -> Accumulate:
    node = loaded(text).nodes[name]
    assert isinstance(node, EndpointNode | QueryNode)
    assert node.accumulate
    return node.accumulate


def asked(text: str, name: str) -> Asked:
    node = loaded(text).nodes[name]
    assert isinstance(node, EndpointNode)
    return node.asked


def known(text: str, name: str = "known") -> HistoryNode:
    node = planned(text).nodes[name]
    assert isinstance(node, HistoryNode)
    return node


def test_a_dataset_with_a_window_is_kept_under_it() -> None:
    accumulate = kept(WINDOWS + KEPT, "sessions")
    assert (accumulate.key, accumulate.into, accumulate.window) == (("sessionId",), "history/sessions", None)
    assert asked(WINDOWS + KEPT, "sessions") == Asked(
        "livekit sessions.list at cloud-api.livekit.io p_4rtnvq8d2kx", "{}"
    )


def test_a_dataset_without_one_says_which() -> None:
    text = f"""{WINDOWS}{SESSIONS}[datasets.rooms]
sql = 'select distinct "roomName" from sessions'
accumulate = {{ key = ["roomName"], into = "history/rooms", window = "days" }}
"""
    accumulate = kept(text, "rooms")
    assert accumulate.window == loaded(text).windows["days"]
    assert problems(text) == []


def test_what_decides_which_rows_come_is_known_as_it_is_written() -> None:
    """Page sizes and the like decide nothing; another value of a param is another question, another day is not."""
    text = """
[params.entry]
type = "string"
default = "1_gdpr1"
[params.tags]
type = "list"
default = ["course", "live"]
[params.day]
type = "date"
default = 2026-11-12
[windows.days]
last = "2 days"
[datasets.plays]
source   = "kaltura"
endpoint = "report.getTable"
report   = "USER_TOP_CONTENT"
order    = "-count_plays"
window   = "days"
accumulate = { key = ["name"], into = "history/plays" }
[datasets.plays.filters]
playbackTypeIn  = ["vod"]
entryIdIn       = ["{{ params.entry }}"]
categoriesIdsIn = "{{ params.tags }}"
ownerIdsIn      = ["on {{ params.day }}"]
"""
    question = json.loads(asked(text, "plays").question)
    assert question == {
        "filters": {
            "categoriesIdsIn": ["course", "live"],
            "entryIdIn": ["1_gdpr1"],
            "ownerIdsIn": ["on {{ params.day }}"],
            "playbackTypeIn": ["vod"],
        },
        "report": "USER_TOP_CONTENT",
    }


@pytest.mark.parametrize(
    ("each", "known"),
    [
        ('{ values = ["b", "a", "b"], as = "room" }', ["a", "b"]),
        ('{ values = ["{{ params.room }}", "z"], as = "room" }', ["c", "z"]),
        ('{ dataset = "rooms", column = "room" }', ["a", "d"]),
        ('{ dataset = "sessions", column = "sessionId" }', None),
    ],
)
def test_values_that_the_job_holds_are_part_of_the_question(each: str, known: list[str] | None) -> None:
    """A value that is left out from now on would be silent, and its days covered."""
    text = f"""
[params.room]
type    = "string"
default = "c"
{WINDOWS}{SESSIONS}
[datasets.rooms]
rows = [{{ room = "d" }}, {{ room = "a" }}]
[datasets.details]
source     = "livekit"
endpoint   = "sessions.get"
id         = "{{{{ each }}}}"
each       = {each}
accumulate = {{ key = ["sessionId"], into = "history/details", window = "days" }}
"""
    question = json.loads(asked(text, "details").question)
    assert question == {"id": "{{ each }}"} | ({} if known is None else {"each": known})


def test_a_definition_of_ones_own_is_part_of_the_question() -> None:
    text = f"""{WINDOWS}
[datasets.charges]
source     = "payments"
endpoint   = "charges"
window     = "days"
accumulate = {{ key = ["id"], into = "history/charges" }}
"""
    node = loaded(text).nodes["charges"]
    assert isinstance(node, EndpointNode)
    assert node.endpoint.definition
    assert json.loads(asked(text, "charges").question) == {"definition": node.endpoint.definition}


@pytest.mark.parametrize(
    ("window", "by", "part"),
    [
        ('period = "quarter"', "month", ""),
        ('last = "3 days"', "day", ""),
        ('last = "3 days"\nuntil = "2026-11-11"', "week", "2026-11-08"),
        ('to_date = "quarter"', "fiscal-month", "2026-11-01..2026-11-15"),
    ],
)
def test_a_slice_that_is_kept_is_a_whole_period(window: str, by: str, part: str) -> None:
    text = f"""
[windows.days]
{window}
[datasets.total]
source     = "kaltura"
endpoint   = "report.getTotal"
report     = "USER_TOP_CONTENT"
window     = "days"
split      = "{by}"
filters    = {{ playbackTypeIn = ["vod"] }}
accumulate = {{ key = ["slice"], into = "history/total" }}
[outputs.o]
format = "html"
"""
    said = (
        f'"{by}": {part} is a part of a {by}, and another run keeps another part of it beside this one: their sum would'
        f" count days twice | accumulate over a window of whole {by}s, or split by a shorter period"
    )
    assert problems(text) == ([said] if part else [])


def test_sessions_that_are_borrowed_are_of_an_account() -> None:
    text = """
[windows.days]
last = "2 days"
[datasets.polls]
source     = "kaltura_reports"
endpoint   = "pollsActivity"
window     = "days"
filters    = { entries_ids = ["1_gdpr1"], virtual_event_ids = ["4711"] }
privileges = ["virtualeventid:4711"]
columns    = { poll_id = "string" }
accumulate = { key = ["poll_id"], into = "history/polls" }
"""
    assert asked(text, "polls").origin == "kaltura_reports pollsActivity at reports.nvp1.ovp.kaltura.com 10042"


def test_a_kept_dataset_waits_for_the_total_that_it_must_add_up_to() -> None:
    text = """
[windows.days]
last = "2 days"
[datasets.plays]
source    = "kaltura"
endpoint  = "report.getTable"
report    = "USER_TOP_CONTENT"
window    = "days"
filters   = { playbackTypeIn = ["vod"] }
reconcile = "total"
[datasets.total]
source   = "kaltura"
endpoint = "report.getTotal"
report   = "USER_TOP_CONTENT"
window   = "days"
filters  = { playbackTypeIn = ["vod"] }
"""
    keep = 'accumulate = { key = ["name"], into = "history/p" }'
    with_memory = text.replace('reconcile = "total"', f'reconcile = "total"\n{keep}')
    assert needs_of(loaded(text).nodes["plays"]) == ()
    assert needs_of(loaded(with_memory).nodes["plays"]) == ("total",)
    assert planned(text).envelopes == (("plays", "total"),)
    assert planned(with_memory).envelopes == ()


def test_a_history_has_the_columns_and_the_key_of_the_dataset_that_feeds_it() -> None:
    node = known(f'{WINDOWS}{KNOWN}window = "days"\nat = "createdAt"\n{KEPT}')
    sessions = planned(WINDOWS + KEPT).nodes["sessions"]
    assert (node.columns, node.key, node.order) == (sessions.columns, ("sessionId",), ("sessionId",))
    assert (node.feeder, needs_of(node)) == ("sessions", ("sessions",))
    assert (node.at, node.window) == ("createdAt", loaded(WINDOWS + KEPT).windows["days"])


def test_a_history_may_read_some_columns_only() -> None:
    node = known(f'{WINDOWS}{KEPT}{KNOWN}columns = {{ roomName = "string" }}\npersonal = ["roomName"]\n')
    assert [(column.name, column.personal) for column in node.columns] == [("roomName", True)]
    assert (node.key, node.order, node.window) == (("sessionId",), (), None)


def test_a_history_that_this_job_does_not_feed_declares_its_columns() -> None:
    text = '[datasets.known]\nhistory = "history/sessions"\ncolumns = { sessionId = "string", at = "date" }\n'
    node = known(f'{WINDOWS}{text}window = "days"\nat = "at"\nkey = ["sessionId"]\n')
    assert [column.type for column in node.columns] == [ColumnType.STRING, ColumnType.DATE]
    assert (node.feeder, node.order) == ("", ("sessionId",))


def test_each_may_go_over_a_history() -> None:
    text = f"""{WINDOWS}{KEPT}{KNOWN}
[datasets.details]
source   = "livekit"
endpoint = "sessions.get"
each     = {{ dataset = "known", column = "sessionId" }}
id       = "{{{{ each }}}}"
"""
    assert list(planned(text).nodes) == ["sessions", "known", "details"]


def test_sql_may_go_into_a_history_that_it_is_not_made_of() -> None:
    rooms = f"""{WINDOWS}{SESSIONS}[datasets.rooms]
sql = 'select distinct "roomName" from sessions'
accumulate = {{ key = ["roomName"], into = "history/rooms", window = "days" }}
[datasets.all]
history = "history/rooms"
columns = {{ roomName = "string" }}
"""
    assert known(rooms, "all").feeder == "rooms"
    circle = rooms.replace("from sessions", 'from sessions union select * from "all"')
    assert "datasets need one another in a circle" in problem(circle)
    each = f"""{WINDOWS}{KNOWN}
[datasets.details]
source   = "livekit"
endpoint = "sessions.get"
each     = {{ dataset = "known", column = "sessionId" }}
id       = "{{{{ each }}}}"
accumulate = {{ key = ["sessionId"], into = "history/sessions", window = "days" }}
"""
    assert "datasets need one another in a circle" in " ".join(problems(each))


@pytest.mark.parametrize(
    ("into", "hint"),
    [
        ("/etc/passwd", "history/etc-passwd"),
        ("~/x", "history/x"),
        ("history/../runs", "history/runs"),
        ("history/..", "history/livekit-sessions"),
        ("runs", "history/runs"),
        ("history", "history/livekit-sessions"),
        ("history/", "history/livekit-sessions"),
        ("history/a/b", "history/a-b"),
        ("history/.hidden", "history/hidden"),
        ("history/a b", "history/a-b"),
        ("History/a", "history/History-a"),
        ("history/a\n", "history/a"),
    ],
)
def test_no_history_lies_elsewhere(into: str, hint: str) -> None:
    text = f'{WINDOWS}{SESSIONS}accumulate = {{ key = ["sessionId"], into = {json.dumps(into)} }}\n'
    (said,) = [one for one in problems(text) if "nobody uses" not in one]
    assert said.endswith(f'| write "{hint}"')
    AccumulateSpec.model_validate({"key": ["a"], "into": hint})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (KEPT.replace('sessions" }', 'sessions", window = "days" }'), "the dataset has a window of its own"),
        (f'{SESSIONS}accumulate = {{ key = [], into = "history/a" }}\n', "key"),
        (f'{SESSIONS}accumulate = {{ key = ["sessionId"], into = "history/{{{{ each }}}}" }}\n', "each"),
    ],
)
def test_what_cannot_be_kept(text: str, said: str) -> None:
    assert any(said in one for one in problems(WINDOWS + text))


def test_an_action_has_no_history() -> None:
    job = (ROOT / "jobs/examples/kaltura/actions/order-captions.toml").read_text("utf-8")
    assert "what an action answers is no history" in " ".join(problems(_with_memory(job)))


def _with_memory(job: str) -> str:
    body = job.partition("\n\n")[2]
    keep = 'accumulate = { key = ["entry_id"], into = "history/orders", window = "days" }'
    return f"{WINDOWS}{body}".replace("[datasets.orders]", f"[datasets.orders]\n{keep}")


def test_the_archive_of_a_project(tmp_path: Path) -> None:
    from reportrunner.load import load_project
    from reportrunner.prepare import FAMILIES

    (tmp_path / "reportrunner.toml").write_text('[archive]\nfolder = "/mnt/reports"\n')
    assert load_project(tmp_path, "reportrunner.toml", FAMILIES).archive == "/mnt/reports"
    assert load_project(ROOT, "reportrunner.toml", FAMILIES).archive == ""
