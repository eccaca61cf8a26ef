"""What the Reports Microservice says of itself: the judges of generate, poll and serve (kaltura.md §11)."""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from dataclasses import replace

from reportrunner.flow import Again, Done, Refused, Reply, Request, Verdict
from reportrunner.verdict import excerpt, judge_http, plain

WAITING = frozenset({"pending", "in_progress"})
READY = "completed"
HEAD = 4_096
"""Bytes from which a served file is judged; a document that stands in its place is shorter."""
PRIVILEGE_HINT = 'chat and collaboration reports need privileges = ["virtualeventid:<id>"] on the dataset'
FORGOTTEN = (
    "if it no longer knows the report that it made: how long it keeps one is not documented;"
    " poll = { regenerate = true } makes another"
)


def judge_generate(_: Request, reply: Reply) -> Verdict:
    """Take the id of the remote work; nothing here proves that a failed call made none."""
    verdict = _judge(reply)
    if verdict is not None:
        return verdict
    handle = _text(_json(reply.body), "sessionId")
    if handle is None or not handle.isprintable():
        return Refused("unreadable", f"generate gave no sessionId: {excerpt(reply.body)}")
    return Done({"sessionId": handle})


def judge_poll(_: Request, reply: Reply) -> Verdict:
    """Read the status word; one that is not known ends the wait and is shown as it came (kaltura.md §11)."""
    verdict = _judge_later(reply)
    if verdict is not None:
        return verdict
    answer = _json(reply.body)
    if answer is None:
        return Again("failed", f"the poll's answer is no JSON: {excerpt(reply.body) or 'it is empty'}")
    word, shown = _status(answer)
    if not word:
        return Refused("unreadable", f"the poll gave no status: {excerpt(reply.body)}")
    if word in WAITING:
        return Again("working", shown)
    return Done() if word == READY else _ended(shown, reply.body)


def judge_serve(_: Request, reply: Reply) -> Verdict:
    """Judge the file that came: the status first, then what it begins with."""
    return _judge_later(reply) or judge_file(reply.body[:HEAD])


def judge_file(head: bytes) -> Verdict:
    """Judge a served file by its first `HEAD` bytes: a document in its place is an error, or work that still runs."""
    text = head.removeprefix(BOM_UTF8).lstrip()
    if not text:
        return Refused("unreadable", "an empty file came back")
    if text.startswith(b"<"):
        return Again("failed", f"no CSV: {excerpt(text)}")
    answer = _json(text)
    word, shown = _status(answer)
    if word in WAITING:
        return Again("failed", "the file is not ready although the poll said so")
    if word and word != READY:
        return _ended(shown, text)
    if isinstance(answer, dict | list) or text.startswith(b"{"):
        return Refused("unreadable", f"JSON instead of CSV: {excerpt(text)}")
    return Done()


def _judge(reply: Reply) -> Verdict | None:
    if reply.status in {401, 403}:
        return Again("session", f"HTTP {reply.status}: {excerpt(reply.body)} ({PRIVILEGE_HINT})")
    return judge_http(reply)


def _judge_later(reply: Reply) -> Verdict | None:
    """Judge what names a report by its session id: whether an unknown one is 404 or 400 is not documented."""
    verdict = _judge(reply)
    if isinstance(verdict, Refused) and reply.status in {404, 410}:
        return Again("stale", f"{verdict.words}; {FORGOTTEN}")
    if isinstance(verdict, Refused) and reply.status == 400:
        return replace(verdict, hint=FORGOTTEN)
    return verdict


def _json(body: bytes) -> object:
    """Return the JSON document that the bytes are, or None."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _text(answer: object, name: str) -> str | None:
    value = answer.get(name) if isinstance(answer, dict) else None
    return value if isinstance(value, str) and value else None


def _status(answer: object) -> tuple[str, str]:
    """Return the status word for comparing and as it came, two empty texts where there is none."""
    shown = _text(answer, "status") or ""
    return shown.strip().lower(), shown


def _ended(shown: str, body: bytes) -> Refused:
    return Refused("failed", f'the report ended with status "{plain(shown, 80)}": {excerpt(body)}')
