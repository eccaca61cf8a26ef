"""The gate of the sandbox's Cloudflare: who asks, by which scheme, and how often (cloudflare.md §3 to §5)."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Any

from reportrunner.sandbox.faults import Quota

API_TOKEN = "sandbox-cloudflare-token-that-opens-nothing"  # noqa: S105  # opens the sandbox only
EMAIL = "sandbox-operator@example.org"
API_KEY = "5a0db0c55a0db0c55a0db0c55a0db0c500000"

_BEARER = re.compile(r"Bearer [\w.~+/=-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the gate says to somebody it does not let in: an HTTP status and a v4 body."""

    status: int
    body: dict[str, Any]
    outcome: str


def v4_failure(status: int, *errors: dict[str, Any]) -> Refusal:
    """Return a failure in the v4 envelope; its outcome is the first code."""
    body = {"success": False, "errors": list(errors), "messages": [], "result": None}
    return Refusal(status, body, str(errors[0]["code"]))


def no_route(path: str) -> Refusal:
    """Return what is said of a path with an id that does not exist: two errors at once."""
    words = f"Could not route to {path}, perhaps your object identifier is invalid?"
    return v4_failure(404, {"code": 7003, "message": words}, {"code": 7000, "message": "No route for that URI"})


def _malformed(header: str) -> Refusal:
    chain = [{"code": 6111, "message": f"Invalid format for {header} header"}]
    return v4_failure(400, {"code": 6003, "message": "Invalid request headers", "error_chain": chain})


def _stranger() -> Refusal:
    """Return what a wrong token or key hears: the body has neither messages nor result."""
    errors = [{"code": 10000, "message": "Authentication error"}]
    return Refusal(401, {"success": False, "errors": errors}, "10000")


def refused(headers: dict[str, str], *, token_only: bool) -> Refusal | None:
    """Return why a request is not let in, or None; RealtimeKit takes a token alone."""
    bearer, email, key = (headers.get(name) for name in ("authorization", "x-auth-email", "x-auth-key"))
    if bearer is not None and (email is not None or key is not None):
        return v4_failure(400, {"code": 9106, "message": "Send a token, or X-Auth-Email and X-Auth-Key, not both"})
    if bearer is not None:
        if not _BEARER.fullmatch(bearer):
            return _malformed("Authorization")
        return None if bearer == f"Bearer {API_TOKEN}" else _stranger()
    if email is None or key is None:
        words = "Missing X-Auth-Key, X-Auth-Email or Authorization headers"
        return v4_failure(400, {"code": 9106, "message": words})
    if not re.fullmatch(r"[0-9a-f]{37}", key):
        return _malformed("X-Auth-Key")
    return _stranger() if token_only or (email, key) != (EMAIL, API_KEY) else None


class Turnstile:
    """Counts the requests of every identity; ``clock`` gives unix seconds; safe between threads."""

    def __init__(self, clock: Callable[[], float], quota: Quota) -> None:
        self._clock = clock
        self._quota = quota
        self._lock = threading.Lock()
        self._windows: dict[str, tuple[float, int]] = {}

    def pass_through(self, headers: dict[str, str]) -> tuple[tuple[tuple[str, str], ...], Refusal | None]:
        """Count a request: the headers that its answer gets, and the refusal when the quota is used up.

        The first request too many closes the turnstile for a whole window from then on.
        """
        names = ("authorization", "x-auth-email", "x-auth-key")
        identity = "\0".join(headers.get(name, "") for name in names)
        now, quota = self._clock(), self._quota
        with self._lock:
            start, used = self._windows.get(identity, (now, 0))
            if now >= start + quota.seconds:
                start, used = now, 0
            if used == quota.count:
                start = now
            used += 1
            self._windows[identity] = (start, used)
        left, reset = max(0, quota.count - used), max(1, ceil(start + quota.seconds - now))
        told = (
            ("Ratelimit", f'"default";r={left};t={reset}'),
            ("Ratelimit-Policy", f'"default";q={quota.count};w={quota.seconds}'),
        )
        if used <= quota.count:
            return told, None
        refusal = v4_failure(429, {"code": 10429, "message": "More than the allowed number of requests"})
        return (*told, ("Retry-After", str(reset))), refusal
