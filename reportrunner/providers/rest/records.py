"""An answer as records: JSON values or rows of text, in the order they came."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from reportrunner.delimited import unreadable
from reportrunner.flow import Reply
from reportrunner.providers.rest.answer import (
    CsvResponse,
    DelimitedResponse,
    JsonResponse,
    NdjsonResponse,
    ResponseSpec,
    rows_path,
)
from reportrunner.providers.rest.packed import unpacked
from reportrunner.providers.rest.places import EVERY, find, steps_of
from reportrunner.verdict import excerpt


@dataclass(frozen=True, slots=True)
class Page:
    """One answer, taken apart: the whole document where it is JSON, the names where it is text, the rows."""

    document: Any
    rows: list[Any]
    header: tuple[str, ...] | None = None
    """The names of delimited text; None where rows are JSON."""


def parse(raw: bytes) -> Any:
    """Return a JSON document with exact numbers; ValueError when it is none."""
    try:
        text = raw.decode("utf-8-sig")
        return json.loads(text, parse_float=Decimal, parse_constant=_no_number)
    except (UnicodeDecodeError, RecursionError) as error:
        raise ValueError("it is no UTF-8 text" if isinstance(error, UnicodeDecodeError) else "too deep") from None


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")


def document_of(reply: Reply, response: ResponseSpec) -> Any:
    """Return the JSON document of an answer; ProviderError when it is none."""
    body = unpacked(reply.body, response)
    try:
        return parse(body)
    except ValueError:
        raise unreadable(f"the answer is no JSON: {excerpt(body) or 'it is empty'}") from None


def page_of(reply: Reply, response: ResponseSpec) -> Page:
    """Take an answer apart; ProviderError when it is not what the definition says."""
    if isinstance(response, JsonResponse):
        document = document_of(reply, response)
        return Page(document, _rows_in(document, response.rows))
    if isinstance(response, NdjsonResponse):
        return Page(None, _lines(unpacked(reply.body, response)))
    if isinstance(response, DelimitedResponse):
        return _inside(document_of(reply, response), response)
    assert isinstance(response, CsvResponse)
    return _table(unpacked(reply.body, response), response)


def _rows_in(document: Any, path: str) -> list[Any]:
    place = rows_path(path)
    found = find(place, document)
    if not found:
        raise unreadable(f"the answer has no {place}, where its rows are{_instead(document)}")
    rows: list[Any] = []
    for one in found:
        if isinstance(one, list):
            rows += one
        elif isinstance(one, dict) and not path.endswith(EVERY):
            rows.append(one)
        elif one is not None:
            raise unreadable(
                f"what stands at {place} is no list of rows: {excerpt(json.dumps(one, default=str).encode())}"
            )
    if steps_of(place) is None and any(not isinstance(row, dict | list) for row in rows):
        raise unreadable(f"{path} finds values and not rows")
    return rows


def _instead(document: Any) -> str:
    if not isinstance(document, dict):
        return f"; it is {'a list' if isinstance(document, list) else 'a single value'}"
    return f"; it has {', '.join(list(document)[:12])}" if document else "; it is an empty object"


def _lines(body: bytes) -> list[Any]:
    rows: list[Any] = []
    for number, line in enumerate(body.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            row = parse(line)
        except ValueError:
            raise unreadable(f"line {number:,} is no JSON: {excerpt(line)}") from None
        if not isinstance(row, dict):
            raise unreadable(f"line {number:,} is no JSON object: {excerpt(line)}")
        rows.append(row)
    return rows


def _table(body: bytes, spec: CsvResponse) -> Page:
    head = body.lstrip()[:1]
    if head in {b"<", b"{"}:
        raise unreadable(f"the answer is no delimited text: {excerpt(body)}")
    encoding = "utf-8-sig" if spec.encoding == "utf-8" else spec.encoding
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        raise unreadable(f"byte {error.start:,} of the answer is not {spec.encoding}") from None
    lines = _cells(text, spec.delimiter, spec.quote)
    if not lines:
        raise unreadable("the answer has no line of names")
    return Page(None, lines[1:], tuple(lines[0]))


def _inside(document: Any, spec: DelimitedResponse) -> Page:
    texts = []
    for place in (spec.header, spec.text):
        found = find(place, document) if place else [""]
        if not found or not isinstance(found[0], str):
            raise unreadable(f"there is no text at {place}, where the answer has its rows")
        texts.append(found[0])
    header, text = texts
    if spec.row_end:
        lines = [row.split(spec.delimiter) for row in text.split(spec.row_end) if row]
    else:
        lines = _cells(text, spec.delimiter, spec.quote)
    if spec.header:
        names = _cells(header, spec.delimiter, spec.quote)
        lines = [names[0] if names else [], *lines]
    if not lines or not any(lines[0]):
        raise unreadable(f"the text at {spec.header or spec.text} names no columns")
    return Page(document, lines[1:], tuple(lines[0]))


def _cells(text: str, delimiter: str, quote: str) -> list[list[str]]:
    dialect: dict[str, Any] = {"quotechar": quote} if quote else {"quoting": csv.QUOTE_NONE, "quotechar": None}
    try:
        return [
            line
            for line in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, **dialect)
            if line
        ]
    except csv.Error as error:
        raise unreadable(f"the answer is no delimited text: {error}") from None
