"""Several calls of one session in one request: multirequest (kaltura.md §3)."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from reportrunner.flow import Envelope, Hole, Pairs, Reply, Request, show

LIMIT = 10
"""Calls in one envelope; the server runs them one after the other."""
_TOKEN = re.compile(r"\{\d+:result")
_PATH = re.compile(r"/api_v3/service/(\w+)/action/(\w+)")
_SHARED = frozenset({"ks", "format"})


def packable(request: Request) -> bool:
    """Tell whether a call may travel in an envelope: there the server would replace what looks like a result token."""
    return not any(_TOKEN.search(show(text)) for _, text in request.form or ())


def pack(requests: tuple[Request, ...]) -> Request:
    """Write calls as one request: numbered from 1 without a gap, session and format said once."""
    form: list[tuple[str, object]] = [("format", "1"), ("ks", Hole("session", "kaltura"))]
    for number, request in enumerate(requests, start=1):
        found = _PATH.fullmatch(show(request.path))
        assert found is not None, f"{show(request.path)} is no call that fits an envelope"
        form += [(f"{number}:service", found[1]), (f"{number}:action", found[2])]
        form += [(f"{number}:{name}", text) for name, text in request.form or () if name not in _SHARED]
    return Request("POST", "/api_v3/service/multirequest", form=_pairs(form))


def _pairs(form: list[tuple[str, object]]) -> Pairs:
    return tuple(form)  # type: ignore[arg-type]  # built of texts and holes above


def unpack(reply: Reply, count: int) -> tuple[Reply, ...]:
    """Give every call its own reply: the very bytes of its element, for each is what the single call would return.

    What is no list of as many elements belongs to all of them or to those that are missing; each call's own judge
    then has it sent again alone. An object that is no exception could pass for the answer of any of them.
    """
    if reply.fault or reply.status != 200:
        return (reply,) * count
    elements = _elements(reply.body.decode("utf-8", "replace"))
    if elements is None:
        no_list = replace(reply, body=b"", fault="the envelope's answer is no list")
        return (no_list if _passes(reply) else reply,) * count
    if len(elements) > count:
        return (replace(reply, fault=f"the envelope holds {len(elements)} answers to {count} calls"),) * count
    short = replace(reply, body=b"", fault=f"the envelope holds {len(elements)} answers to {count} calls")
    whole = tuple(replace(reply, body=text.encode()) for text in elements)
    return whole + (short,) * (count - len(elements))


def _passes(reply: Reply) -> bool:
    return reply.body.lstrip().startswith(b"{") and b"KalturaAPIException" not in reply.body


def _elements(text: str) -> list[str] | None:
    """Return the elements of a JSON list as they are written, or None when it is no list."""
    decoder, found = json.JSONDecoder(), list[str]()
    at = _blank(text, 0)
    if text[at : at + 1] != "[":
        return None
    at = _blank(text, at + 1)
    try:
        while text[at] != "]":
            _, end = decoder.raw_decode(text, at)
            found.append(text[at:end])
            at = _blank(text, end)
            if text[at] == ",":
                at = _blank(text, at + 1)
            elif text[at] != "]":
                return None
    except (ValueError, IndexError, RecursionError):
        return None
    return found if not text[at + 1 :].strip() else None


def _blank(text: str, at: int) -> int:
    while text[at : at + 1] in {" ", "\n", "\r", "\t"}:
        at += 1
    return at


MULTIREQUEST = Envelope(LIMIT, pack, unpack)
