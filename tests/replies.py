"""What a provider answers, as values."""

from __future__ import annotations

import json
from collections.abc import Iterable

from reportrunner.flow import Reply, Request


def says(document: object, status: int = 200, **headers: str) -> Reply:
    """A reply whose body is this JSON document; header names with `_` for `-`."""
    return Reply(
        status, {name.replace("_", "-"): text for name, text in headers.items()}, json.dumps(document).encode()
    )


def text(body: str | bytes, status: int = 200, **headers: str) -> Reply:
    """A reply with this body."""
    raw = body.encode() if isinstance(body, str) else body
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, raw)


def exception(code: str, message: str = "words of the server", args: object = None) -> dict[str, object]:
    """An exception object; the server writes `args` as an empty list where there are none."""
    return {"code": code, "message": message, "objectType": "KalturaAPIException", "args": [] if args is None else args}


def table(rows: Iterable[str], header: str = "name|count_plays") -> dict[str, object]:
    """A page of a table."""
    data = "".join(f"{row};" for row in rows)
    return {"header": header, "data": data, "totalCount": 0, "objectType": "KalturaReportTable"}


def total(header: str, data: str) -> dict[str, object]:
    """A total."""
    return {"header": header, "data": data, "objectType": "KalturaReportTotal"}


PAST_THE_END = {"objectType": "KalturaReportTable"}
ANY = Request("POST", "/x", form=(("pager[pageIndex]", "1"),), page=1, wave=1)
