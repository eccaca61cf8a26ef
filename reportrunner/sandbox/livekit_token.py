"""Tokens of the sandbox's LiveKit projects: HS256, checked as the service's own library does (livekit.md §4)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

SANDBOX_LIVEKIT_KEY = "APIsandboxLivekit"
SANDBOX_LIVEKIT_SECRET = "sandbox-livekit-secret-000000000000000000"  # noqa: S105  # opens nothing but the sandbox
LEEWAY = 60
"""Seconds by which clocks may differ."""
_END = 4_102_444_800  # the year 2100


def sign(claims: dict[str, Any], secret: str, header: dict[str, Any] | None = None) -> str:
    """Return the token of these claims."""
    parts = [_pack(json.dumps(part).encode()) for part in (header or {"alg": "HS256", "typ": "JWT"}, claims)]
    return ".".join([*parts, _pack(_digest(".".join(parts), secret))])


def fault_of(authorization: str, now: float) -> str:
    """Return why a request is not authorised, or "" when it is; ``now`` in unix seconds."""
    kind, _, token = authorization.partition(" ")
    if kind != "Bearer" or token.count(".") != 2:
        return "no bearer token"
    body, _, signature = token.rpartition(".")
    try:
        header, claims = (json.loads(_unpack(part)) for part in body.split("."))
        given = _unpack(signature)
    except ValueError:
        return "invalid token: it cannot be decoded"
    if not isinstance(header, dict) or header.get("alg") != "HS256":
        return "invalid token: the algorithm is not HS256"
    if not hmac.compare_digest(given, _digest(body, SANDBOX_LIVEKIT_SECRET)):
        return "invalid token: the signature does not fit"
    return _claims_fault(claims if isinstance(claims, dict) else {}, now)


def _claims_fault(claims: dict[str, Any], now: float) -> str:
    if claims.get("iss") != SANDBOX_LIVEKIT_KEY:
        return "invalid token: the issuer is not the key"
    expires, begins = claims.get("exp"), claims.get("nbf", 0)
    if not isinstance(expires, int) or isinstance(expires, bool):
        return "invalid token: exp is required"
    if expires + LEEWAY <= now:
        return "invalid token: token is expired (exp)"
    if not isinstance(begins, int) or begins - LEEWAY > now:
        return "invalid token: token is not valid yet (nbf)"
    video = claims.get("video")
    granted = isinstance(video, dict) and video.get("roomList") is True
    return "" if granted else "permissions denied: the grant roomList is missing"


def _digest(text: str, secret: str) -> bytes:
    return hmac.digest(secret.encode(), text.encode(), hashlib.sha256)


def _pack(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _unpack(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


SANDBOX_LIVEKIT_TOKEN = sign(
    {"iss": SANDBOX_LIVEKIT_KEY, "nbf": 0, "exp": _END, "video": {"roomList": True}}, SANDBOX_LIVEKIT_SECRET
)
"""A given token, good for the sandbox until the year 2100."""
