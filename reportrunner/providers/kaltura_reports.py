"""Kaltura's Reports Microservice: generate, poll, serve (kaltura.md §11)."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from reportrunner.ask import Ask, Endpoint, Provider
from reportrunner.delimited import decoded, typed_rows, unreadable
from reportrunner.flow import (
    Again,
    Done,
    Flow,
    Hole,
    JsonBody,
    Poll,
    Refused,
    Reply,
    Request,
    SessionKey,
    Step,
    Verdict,
)
from reportrunner.secret import SecretReference
from reportrunner.source_spec import SourceSpec
from reportrunner.spec import EndpointDataset, PollSpec
from reportrunner.strict import Strict
from reportrunner.table import Column, Rows, declare
from reportrunner.verdict import excerpt, judge_http, plain
from reportrunner.window.span import WindowError, parse_duration

WAITING = frozenset({"pending", "in_progress"})
READY = "completed"
ZONE_UNKNOWN = "No source says in which time zone its days are: rows near the window's ends may be a neighbour's"
PRIVILEGE_HINT = 'chat and collaboration reports need privileges = ["virtualeventid:<id>"] on the dataset'


Id = Annotated[str, Field(min_length=1)]


class KalturaReportsSource(SourceSpec):
    """`[sources.x]` with `provider = "kaltura_reports"`; its sessions come from a kaltura source."""

    diagnostic_owner: ClassVar[str] = "a kaltura_reports source"
    familiar: ClassVar[Mapping[str, str]] = {"auth": 'is not needed: write session = "<the kaltura source>"'}
    provider: Literal["kaltura_reports"]
    session: str


class ChatFilters(Strict):
    """`reportParameters` of the chat and collaboration reports."""

    diagnostic_owner: ClassVar[str] = "pollsActivity"
    diagnostic_noun: ClassVar[str] = "filter"
    familiar: ClassVar[Mapping[str, str]] = {
        "from_date_id": 'is decided by the window; write window = "name" beside filters',
        "to_date_id": 'is decided by the window; write window = "name" beside filters',
        "entry_ids": "is spelt entries_ids by this service",
        "virtualeventid": "is spelt virtual_event_ids by this service",
    }
    entries_ids: list[Id] = Field(min_length=1)
    virtual_event_ids: list[Id] = Field(min_length=1)


class PollsActivity(EndpointDataset):
    """`pollsActivity`: who answered which poll."""

    diagnostic_owner: ClassVar[str] = "pollsActivity"
    endpoint: Literal["pollsActivity"]
    window: str
    filters: ChatFilters
    poll: PollSpec = PollSpec()


def unfold(ask: Ask) -> Flow:
    """Return generate, poll and serve of a chat and collaboration report; days are ISO dates, inclusive."""
    parameters, window = ask.parameters, ask.window
    assert isinstance(parameters, PollsActivity)
    assert window is not None
    if not window.whole_days:
        raise WindowError("pollsActivity knows whole days only, and this window ends inside one", "", "")
    report = JsonBody(
        (
            ("entries_ids", tuple(parameters.filters.entries_ids)),
            ("virtual_event_ids", tuple(parameters.filters.virtual_event_ids)),
            ("from_date_id", window.first_day.isoformat()),
            ("to_date_id", window.last_day.isoformat()),
        )
    )
    job = Hole("capture", "sessionId")
    generate = _post("generate", (("reportName", ask.endpoint.name), ("reportParameters", report)))
    poll = _post("serve", (("sessionId", job), ("statusOnly", True)))
    serve = _post("serve", (("sessionId", job),))
    every = parse_duration(parameters.poll.every) if parameters.poll.every else None
    waiting = Poll(parse_duration(parameters.poll.timeout), every)
    steps = (
        Step("generate", generate, judge_generate, repeatable=parameters.poll.regenerate),
        Step("poll", poll, judge_poll, poll=waiting),
        Step("serve", serve, judge_serve),
    )
    read = partial(read_csv, columns=declare((), parameters.columns))
    deadline = waiting.timeout + dt.timedelta(minutes=10)
    key = SessionKey(_session_source(ask.source.settings), tuple(parameters.privileges))
    return Flow(
        ask.dataset, ask.source.name, f"kaltura_reports.{ask.endpoint.name}", steps, read, key, deadline=deadline
    )


def _post(action: str, pairs: tuple[tuple[str, Any], ...]) -> Request:
    bearer = ("Bearer ", Hole("session", "kaltura"))
    return Request("POST", f"/api/v1/report/{action}", headers=(("Authorization", bearer),), json=JsonBody(pairs))


def _judge(reply: Reply) -> Verdict | None:
    if reply.status in {401, 403}:
        return Again("session", f"HTTP {reply.status}: {excerpt(reply.body)} ({PRIVILEGE_HINT})")
    return judge_http(reply)


def _json(reply: Reply) -> object:
    """Return the JSON document that the reply is, or None."""
    try:
        return json.loads(reply.body)
    except (ValueError, RecursionError):
        return None


def _text(answer: object, name: str) -> str | None:
    value = answer.get(name) if isinstance(answer, dict) else None
    return value if isinstance(value, str) and value else None


def judge_generate(_: Request, reply: Reply) -> Verdict:
    """Take the id of the remote work; nothing here proves that a failed call made none."""
    verdict = _judge(reply)
    if verdict is not None:
        return verdict
    handle = _text(_json(reply), "sessionId")
    if handle is None or not handle.isprintable():
        return Refused("unreadable", f"generate gave no sessionId: {excerpt(reply.body)}")
    return Done({"sessionId": handle})


def judge_poll(_: Request, reply: Reply) -> Verdict:
    """Read the status word; one that is not known ends the wait and is shown as it came (kaltura.md §11)."""
    verdict = _judge(reply)
    if verdict is not None:
        return verdict
    answer = _json(reply)
    if answer is None:
        return Again("failed", f"the poll's answer is no JSON: {excerpt(reply.body) or 'it is empty'}")
    status = _text(answer, "status")
    if status is None:
        return Refused("unreadable", f"the poll gave no status: {excerpt(reply.body)}")
    word = status.strip().lower()
    if word in WAITING:
        return Again("working", status)
    if word == READY:
        return Done()
    return Refused("failed", f'the report ended with status "{plain(status, 80)}": {excerpt(reply.body)}')


def judge_serve(_: Request, reply: Reply) -> Verdict:
    """Judge the file: a JSON document in its place is an error, or work that still runs."""
    verdict = _judge(reply)
    if verdict is not None:
        return verdict
    answer = _json(reply)
    if (_text(answer, "status") or "").lower() in WAITING:
        return Again("failed", "the file is not ready although the poll said so")
    if isinstance(answer, dict | list) or reply.body.lstrip().startswith(b"{"):
        return Refused("unreadable", f"JSON instead of CSV: {excerpt(reply.body)}")
    if reply.body.lstrip().startswith(b"<"):
        return Again("failed", f"no CSV: {excerpt(reply.body)}")
    if not reply.body.strip():
        return Refused("unreadable", "an empty file came back")
    return Done()


def read_csv(replies: tuple[Reply, ...], columns: tuple[Column, ...]) -> Rows:
    """Read the served CSV; columns are found by header, every row's field count is checked."""
    text = decoded(replies[0].body)
    try:
        lines = [line for line in csv.reader(io.StringIO(text, newline=""), strict=True) if line]
    except csv.Error as error:
        raise unreadable(f"the file is no CSV: {error}") from None
    if not lines:
        raise unreadable("the file has no header")
    return typed_rows(lines[0], lines[1:], columns)


def _session_source(settings: SourceSpec) -> str:
    assert isinstance(settings, KalturaReportsSource)
    return settings.session


def _no_secrets(_: SourceSpec) -> Mapping[str, SecretReference]:
    return {}


def _account(settings: SourceSpec) -> str:
    return f"kaltura_reports {settings.base_url}"


PROVIDER = Provider(
    name="kaltura_reports",
    summary="Kaltura's Reports Microservice: reports that are generated, polled and served",
    settings=KalturaReportsSource,
    endpoints={
        "pollsActivity": Endpoint(
            name="pollsActivity",
            summary="Poll participation per question",
            parameters=PollsActivity,
            unfold=unfold,
            columns=lambda _: (),
            findings=lambda _: (("window.zone_unknown", ZONE_UNKNOWN),),
            zone="days of an unknown time zone (no source says which)",
            permissions="a session with the privilege virtualeventid:<id>",
            traps=(
                "no source lists its columns: declare them in [datasets.x.columns]",
                "an unknown status word ends the run with exit 4 and is shown as it came",
                "generate is never sent twice, unless poll.regenerate allows it",
            ),
        )
    },
    account=_account,
    secrets=_no_secrets,
    session_source=_session_source,
)
