"""How Kaltura's API reads parameters and writes results (kaltura.md §1-§3): the wire, knowing nothing of reports."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl, unquote
from xml.sax.saxutils import escape

from reportrunner.sandbox.kaltura_errors import ApiError

Params = dict[str, Any]
Path = tuple[str, ...]

_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


@dataclass(frozen=True, slots=True)
class Thing:
    """An API object on its way out; fields that are None are left out."""

    object_type: str
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RawFile:
    """The result of a file-returning action; an error inside it is an empty body and headers (kaltura.md §2)."""

    body: bytes
    content_type: str = "text/csv; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()


def _pieces(key: str) -> Path:
    """``a[b][c]`` and ``a:b:c`` are equal."""
    return tuple(key.replace("]", "").replace("[", ":").split(":"))


def _leaves(path: Path, value: object) -> list[tuple[Path, str | None]]:
    """List the leaves of a JSON value; a leaf of None marks an empty list or object."""
    if isinstance(value, list):
        value = {str(number): item for number, item in enumerate(value)}
    if isinstance(value, dict):
        inner = [leaf for key, item in value.items() for leaf in _leaves((*path, str(key)), item)]
        return inner or [(path, None)]
    if value is None:
        return []
    if isinstance(value, bool):
        return [(path, "1" if value else "")]
    return [(path, str(value))]


def _from_json(text: str) -> list[tuple[Path, str | None]]:
    try:
        document = json.loads(text)
    except ValueError:
        return []
    return [leaf for key, value in document.items() for leaf in _leaves(_pieces(str(key)), value)]


def _from_multipart(content_type: str, body: bytes) -> list[tuple[Path, str | None]]:
    message = BytesParser(EmailMessage, policy=HTTP).parsebytes(
        b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body
    )
    found: list[tuple[Path, str | None]] = []
    for part in message.iter_parts():
        name = str(part.get_param("name", "", header="content-disposition"))
        payload: Any = part.get_payload(decode=True)
        text = payload.decode("utf-8", "replace")
        found.extend(_from_json(text) if name == "json" else [(_pieces(name), text)])
    return found


def _from_body(content_type: str, body: bytes) -> list[tuple[Path, str | None]]:
    kind = content_type.lower().strip()
    text = body.decode("utf-8", "replace")
    if kind == "application/json":
        stripped = text.strip()
        return _from_json(stripped) if stripped.startswith("{") and stripped.endswith("}") else []
    if kind.startswith("multipart/form-data"):
        return _from_multipart(content_type, body)
    if kind.partition(";")[0] == "application/x-www-form-urlencoded":
        return [(_pieces(key), value) for key, value in parse_qsl(text, keep_blank_values=True)]
    return []


def _place(tree: Params, path: Path, value: str | None) -> None:
    if path[-1].endswith("__null"):
        return
    for step in path[:-1]:
        if not isinstance(tree.get(step), dict):
            tree[step] = {}
        tree = tree[step]
    if path[-1] != "-":  # the marker key of an empty array
        tree[path[-1]] = {} if value is None else value


def read_parameters(path: str, query: str, content_type: str, body: bytes) -> Params:
    """Read the nested parameters of a request; query string and path pairs override the body (kaltura.md §1)."""
    pieces = [unquote(piece) for piece in path.split("/") if piece]
    pieces = pieces[2:] if pieces[1:2] == ["index.php"] else pieces[1:]
    pairs = [(_pieces(key), value) for key, value in zip(pieces[::2], pieces[1::2], strict=False)]
    asked = [(_pieces(key), value) for key, value in parse_qsl(query, keep_blank_values=True)]
    tree: Params = {}
    for where, value in [*_from_body(content_type, body), *asked, *pairs]:
        _place(tree, where, value)
    return tree


def _plain(value: object) -> object:
    """Turn a result into JSON values: objectType last in objects, not in exceptions; nulls left out."""
    if isinstance(value, Thing):
        fields = {name: _plain(item) for name, item in value.fields.items() if item is not None}
        return {**fields, "objectType": value.object_type}
    if isinstance(value, ApiError):
        return {
            "code": value.code,
            "message": value.message,
            "objectType": "KalturaAPIException",
            "args": dict(value.args_by_name) or [],
        }
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def to_json(result: object) -> bytes:
    r"""JSON as the server writes it: ``/`` as ``\/``, non-ASCII as ``\uXXXX``."""
    return json.dumps(_plain(result), separators=(",", ":")).replace("/", "\\/").encode("ascii")


def _text(value: object) -> str:
    return escape(_NOT_XML.sub("", str(value)), {"\r": "&#13;"})


def _element(value: object) -> str:
    if isinstance(value, Thing):
        fields = "".join(f"<{name}>{_element(v)}</{name}>" for name, v in value.fields.items() if v is not None)
        return f"<objectType>{value.object_type}</objectType>{fields}"
    if isinstance(value, ApiError):
        args = "".join(
            f"<item><objectType>KalturaApiExceptionArg</objectType><name>{_text(name)}</name>"
            f"<value>{_text(text)}</value></item>"
            for name, text in value.args_by_name
        )
        return (
            f"<error><code>{_text(value.code)}</code><message>{_text(value.message)}</message>"
            f"<objectType>KalturaAPIException</objectType><args>{args}</args></error>"
        )
    if isinstance(value, list):
        return "".join(f"<item>{_element(item)}</item>" for item in value)
    if value is None:
        return ""
    return _text(int(value) if isinstance(value, bool) else value)


def to_xml(result: object) -> bytes:
    """XML as the server writes it when ``format`` is absent."""
    inner = _element(result)
    return (
        f'<?xml version="1.0" encoding="utf-8"?><xml><result>{inner}</result><executionTime>0.01</executionTime></xml>'
    ).encode()


_TOKEN = re.compile(r"\{(\d+):result((?::[^{}]*)?)\}")


def _follow(value: object, steps: list[str]) -> str:
    for number, step in enumerate(steps):
        if isinstance(value, Thing):
            value = value.fields.get(step)
        elif isinstance(value, list) and step == "_all":
            return "".join(f"{_follow(item, steps[number + 1 :])}," for item in value)
        elif isinstance(value, list):
            value = value[int(step)] if step.isdecimal() and int(step) < len(value) else None
        else:
            value = None
    return str(value) if isinstance(value, str | int | float) else ""


def fill_tokens(value: Any, results: list[object]) -> Any:
    """One result token per value replaced; a token to a failed or null result becomes empty text (kaltura.md §3)."""
    if isinstance(value, dict):
        return {key: fill_tokens(item, results) for key, item in value.items()}

    def filled(match: re.Match[str]) -> str:
        ordinal = int(match[1])
        result = results[ordinal - 1] if 1 <= ordinal <= len(results) else None
        return _follow(result, [step for step in match[2].split(":") if step])

    return _TOKEN.sub(filled, value, count=1)
