"""Session strings of version 1 and 2, written and read as any Kaltura client does (kaltura.md §9.4)."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from reportrunner.sandbox.aes import decrypt, encrypt

_SHA1 = 20
_RANDOM = 16
_FIELDS = ("_e", "_t", "_u")


@dataclass(frozen=True, slots=True)
class Claims:
    """What a session string says; ``kind`` 0 user, 2 admin; ``expiry`` in unix seconds."""

    partner: int
    kind: int
    user: str
    expiry: int
    privileges: str


def _sha1(data: bytes) -> bytes:
    return hashlib.sha1(data).digest()  # noqa: S324  # the provider's own format


def privilege_map(privileges: str) -> dict[str, str]:
    """Read a comma list: trimmed, empty pieces skipped, a later name replacing the earlier (kaltura.md §9.3)."""
    pieces = (piece.strip() for piece in privileges.split(","))
    pairs = (("all:*" if piece == "*" else piece).partition(":") for piece in pieces if piece)
    return {name: value for name, _, value in pairs}


def privilege_text(privileges: dict[str, str]) -> str:
    """Write the comma list of a privilege map."""
    return ",".join(f"{name}:{value}" if value else name for name, value in privileges.items())


def write_v2(claims: Claims, secret: str, random: bytes) -> str:
    """Write a version 2 string with 16 given random bytes."""
    fields = privilege_map(claims.privileges)
    fields |= {"_e": str(claims.expiry), "_t": str(claims.kind), "_u": claims.user}
    signed = random + urlencode(fields).encode()
    whole = _sha1(signed) + signed
    whole += bytes(-len(whole) % 16)
    cipher = encrypt(_sha1(secret.encode())[:16], whole)
    return base64.urlsafe_b64encode(f"v2|{claims.partner}|".encode() + cipher).decode()


def read(text: str, secret_of: Callable[[int], str | None]) -> Claims | None:
    """Read a string of either version; None when it is none or not signed with its account's secret."""
    try:
        raw = base64.b64decode(text.translate({ord("-"): "+", ord("_"): "/"}), validate=True)
    except (binascii.Error, ValueError):
        return None
    try:
        return _read_v2(raw, secret_of) if raw.startswith(b"v2|") else _read_v1(raw, secret_of)
    except ValueError:  # a number that is none, bytes that are no text, no whole blocks
        return None


def _read_v2(raw: bytes, secret_of: Callable[[int], str | None]) -> Claims | None:
    _, partner, cipher = raw.split(b"|", 2)
    secret = secret_of(int(partner))
    if secret is None:
        return None
    whole = decrypt(_sha1(secret.encode())[:16], cipher).rstrip(b"\0")
    if _sha1(whole[_SHA1:]) != whole[:_SHA1]:
        return None
    fields = dict(parse_qsl(whole[_SHA1 + _RANDOM :].decode(), keep_blank_values=True))
    expiry, kind, user = (fields.pop(name, "") for name in _FIELDS)
    return Claims(int(partner), int(kind), user, int(expiry), privilege_text(fields))


def _read_v1(raw: bytes, secret_of: Callable[[int], str | None]) -> Claims | None:
    signature, _, info = raw.partition(b"|")
    partner, _, expiry, kind, _, user, privileges = info.decode().split(";")[:7]
    secret = secret_of(int(partner))
    if secret is None or _sha1(secret.encode() + info).hex().encode() != signature:
        return None
    return Claims(int(partner), int(kind), user, int(expiry), privilege_text(privilege_map(privileges)))
