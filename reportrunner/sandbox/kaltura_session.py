"""Sessions of the sandbox's Kaltura account (kaltura.md §9.1, §9.3): opaque, expiring by the clock handed in."""

from __future__ import annotations

import base64
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from reportrunner.sandbox.kaltura_errors import ApiError
from reportrunner.sandbox.kaltura_wire import Params, Thing

SANDBOX_ADMIN_SECRET = "sandbox-admin-secret-0000000000000000"  # noqa: S105  # opens nothing but the sandbox
SANDBOX_KS = "sandbox-given-session-of-an-administrator"

_DAY = 86_400
_ADMIN = 2
_MAX_LIFE = 10 * 365 * _DAY


@dataclass(frozen=True, slots=True)
class Session:
    """One session; ``kind`` 0 user, 2 admin; ``expiry`` in unix seconds."""

    ks: str
    kind: int
    partner: int
    user: str
    expiry: int
    privileges: str

    @property
    def admin(self) -> bool:
        """Whether the session was started as administrator."""
        return self.kind == _ADMIN

    @property
    def virtual_events(self) -> frozenset[str]:
        """The values of the ``virtualeventid`` privilege; several are separated by ``/``."""
        by_name = dict(piece.partition(":")[::2] for piece in self.privileges.split(","))
        return frozenset(by_name.get("virtualeventid", "").split("/")) - {""}


def _tidy(privileges: str) -> str:
    """Trimmed, empty pieces dropped, a later duplicate name replacing the earlier one."""
    pieces = [piece.strip() for piece in privileges.split(",") if piece.strip()]
    return ",".join({piece.partition(":")[0]: piece for piece in pieces}.values())


def number(params: Params, name: str, default: int) -> int:
    """Read an integer parameter; text that is none reads as 0, as in the server's language."""
    text = params.get(name)
    if not isinstance(text, str):
        return default
    sign, digits = ("-", text[1:]) if text[:1] == "-" else ("", text)
    leading = digits[: len(digits) - len(digits.lstrip("0123456789"))]
    return int(sign + leading) if leading else 0


class SessionDesk:
    """Issues and checks sessions; ``expire_after`` calls a session is dead, once per user, type and privileges."""

    def __init__(self, clock: Callable[[], float], partner: int, expire_after: int = 0) -> None:
        self._clock = clock
        self._partner = partner
        self._expire_after = expire_after
        self._lock = threading.Lock()
        given = Session(SANDBOX_KS, _ADMIN, partner, "", int(clock()) + _MAX_LIFE, "")
        self._sessions = {SANDBOX_KS: given}
        self._calls: dict[str, int] = {}
        self._expired_once: set[tuple[object, ...]] = set()
        self._ended: set[str] = set()

    def check(self, ks: str) -> Session:
        """Find the live session of a string; raises INVALID_KS (dead at the second of its expiry)."""
        session = self._sessions.get(ks)
        if session is None:
            raise _invalid(ks)
        if ks in self._ended:
            raise _invalid("LOGOUT")
        if session.expiry <= self._clock():
            raise _invalid("EXPIRED")
        return session

    def use(self, ks: str) -> Session:
        """Check a session and count the call against the fault switch."""
        session = self.check(ks)
        who = (session.user, session.kind, session.privileges)
        with self._lock:
            self._calls[ks] = self._calls.get(ks, 0) + 1
            if not self._expire_after or self._calls[ks] <= self._expire_after or who in self._expired_once:
                return session
            self._expired_once.add(who)
            self._sessions[ks] = replace(session, expiry=0)
        raise _invalid("EXPIRED")

    def start(self, params: Params) -> str:
        """``session.start``: the session string; raises START_SESSION_ERROR on a wrong secret or partner."""
        if "secret" not in params:
            raise ApiError("MISSING_MANDATORY_PARAMETER", PARAM_NAME="secret")
        partner = number(params, "partnerId", self._partner)
        if partner != self._partner or params["secret"] != SANDBOX_ADMIN_SECRET:
            raise ApiError("START_SESSION_ERROR", PID=str(partner))
        user = str(params.get("userId", ""))
        life = number(params, "expiry", _DAY)
        return self._issue(number(params, "type", 0), user, life, str(params.get("privileges", ""))).ks

    def start_widget(self, params: Params) -> Thing:
        """``session.startWidgetSession``: an anonymous user session."""
        if "widgetId" not in params:
            raise ApiError("MISSING_MANDATORY_PARAMETER", PARAM_NAME="widgetId")
        if params["widgetId"] != f"_{self._partner}":
            raise ApiError("START_SESSION_ERROR", PID=str(params["widgetId"]).lstrip("_"))
        session = self._issue(0, "0", number(params, "expiry", _DAY), "widget:1,view:*")
        fields = {"partnerId": session.partner, "ks": session.ks, "userId": session.user}
        return Thing("KalturaStartWidgetSessionResponse", fields)

    def info(self, params: Params, ks: str) -> Thing:
        """``session.get``: what a session (the caller's own by default) carries."""
        session = self.check(str(params.get("session") or ks))
        fields: dict[str, Any] = {
            "ks": session.ks,
            "sessionType": session.kind,
            "partnerId": session.partner,
            "userId": session.user,
            "expiry": session.expiry,
            "privileges": session.privileges,
        }
        return Thing("KalturaSessionInfo", fields)

    def end(self, ks: str) -> None:
        """``session.end``: the session is logged out."""
        self._ended.add(ks)

    def _issue(self, kind: int, user: str, life: int, privileges: str) -> Session:
        raw = f"v2|{self._partner}|".encode() + secrets.token_bytes(48)
        ks = base64.urlsafe_b64encode(raw).decode()
        session = Session(ks, kind, self._partner, user, int(self._clock()) + life, _tidy(privileges))
        with self._lock:
            self._sessions[ks] = session
        return session


def _invalid(ksid: str) -> ApiError:
    return ApiError("INVALID_KS", KSID=ksid, ERR_CODE="-1", ERR_DESC="INVALID_STR")
