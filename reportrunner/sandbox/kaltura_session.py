"""Sessions of the sandbox's Kaltura accounts (kaltura.md §9.1, §9.3, §9.4): real strings, dying by the clock given."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from reportrunner.sandbox.accounts import CHILDREN
from reportrunner.sandbox.kaltura_errors import ApiError
from reportrunner.sandbox.kaltura_ks import Claims, privilege_map, privilege_text, read, write_v2
from reportrunner.sandbox.kaltura_wire import Params, Thing

SANDBOX_ADMIN_SECRET = "sandbox-admin-secret-0000000000000000"  # noqa: S105  # opens nothing but the sandbox
SANDBOX_KS = "sandbox-given-session-of-an-administrator"

_DAY = 86_400
_ADMIN = 2
_KINDS = {"0", "2"}
_MAX_LIFE = 10 * 365 * _DAY
_EVERYTHING = "1"
_ANALYTICS = {"report", "liveReports", "beacon_beacon"}


def child_secret(partner: int) -> str:
    """Return the admin secret of a child account; it opens nothing but the sandbox."""
    return f"sandbox-child-secret-{partner:016d}"


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
        return frozenset(privilege_map(self.privileges).get("virtualeventid", "").split("/")) - {""}

    def may(self, service: str) -> bool:
        """Whether the role of the session opens a service: 1 all, 20 all but analytics, 30 analytics only."""
        role = privilege_map(self.privileges).get("setrole", _EVERYTHING)
        if role == "20":
            return service not in _ANALYTICS
        return role == _EVERYTHING or (role == "30" and service in _ANALYTICS)


def number(params: Params, name: str, default: int) -> int:
    """Read an integer parameter; text that is none reads as 0, as in the server's language."""
    text = params.get(name)
    if not isinstance(text, str):
        return default
    sign, digits = ("-", text[1:]) if text[:1] == "-" else ("", text)
    leading = digits[: len(digits) - len(digits.lstrip("0123456789"))]
    return int(sign + leading) if leading else 0


def read_kind(params: Params) -> int:
    """Read the ``type`` of the session asked for; raises INVALID_ENUM_VALUE."""
    text = str(params.get("type") or 0)
    if text not in _KINDS:
        raise ApiError("INVALID_ENUM_VALUE", ENUM_VAL=text, PARAM_NAME="type", ENUM_TYPE="KalturaSessionType")
    return int(text)


class SessionDesk:
    """Issues and checks sessions; ``expire_after`` calls one is dead, once per kind; ``longest``: no longer life."""

    def __init__(self, clock: Callable[[], float], partner: int, expire_after: int = 0, longest: int = 0) -> None:
        self._clock = clock
        self._partner = partner
        self._expire_after = expire_after
        self._longest = longest
        self._lock = threading.Lock()
        self._given = Session(SANDBOX_KS, _ADMIN, partner, "", int(clock()) + _MAX_LIFE, "")
        self._secrets = {partner: SANDBOX_ADMIN_SECRET, **{child: child_secret(child) for child in CHILDREN}}
        self._read = lru_cache(maxsize=4096)(lambda ks: read(ks, self._secrets.get))
        self._calls: dict[str, int] = {}
        self._expired: set[str] = set()
        self._expired_once: set[tuple[object, ...]] = set()
        self._ended: set[str] = set()

    @property
    def partner(self) -> int:
        """The parent account."""
        return self._partner

    def check(self, ks: str) -> Session:
        """Find the live session of a string; raises INVALID_KS (dead at the second of its expiry)."""
        session = self._session(ks)
        if session is None:
            raise _invalid(ks)
        if ks in self._ended:
            raise _invalid("LOGOUT")
        if session.expiry <= self._clock() or ks in self._expired:
            raise _invalid("EXPIRED")
        return session

    def _session(self, ks: str) -> Session | None:
        if ks == SANDBOX_KS:
            return self._given
        claims = self._read(ks)
        return Session(ks, **asdict(claims)) if claims else None

    def use(self, ks: str) -> Session:
        """Check a session and count the call against the fault switch."""
        session = self.check(ks)
        kept = {name: value for name, value in privilege_map(session.privileges).items() if name != "sessionid"}
        who = (session.partner, session.user, session.kind, privilege_text(kept))
        with self._lock:
            self._calls[ks] = self._calls.get(ks, 0) + 1
            if not self._expire_after or self._calls[ks] <= self._expire_after or who in self._expired_once:
                return session
            self._expired_once.add(who)
            self._expired.add(ks)
        raise _invalid("EXPIRED")

    def start(self, params: Params) -> str:
        """``session.start``: the session string; raises START_SESSION_ERROR on a wrong secret or partner."""
        return self._issued(params, self._entitled(params))

    def impersonate(self, params: Params) -> str:
        """``session.impersonate``: a child account's session, by the parent's secret (kaltura.md §9.1)."""
        partner = self._entitled(params)
        if "impersonatedPartnerId" not in params:
            raise ApiError("MISSING_MANDATORY_PARAMETER", PARAM_NAME="impersonatedPartnerId")
        child = number(params, "impersonatedPartnerId", 0)
        if partner != self._partner or child not in CHILDREN:
            raise ApiError("PARTNER_ACCESS_FORBIDDEN", ACCESSING_PID=str(partner), ACCESSED_PID=str(child))
        return self._issued(params, child)

    def _entitled(self, params: Params) -> int:
        """Find the account whose admin secret is given."""
        if "secret" not in params:
            raise ApiError("MISSING_MANDATORY_PARAMETER", PARAM_NAME="secret")
        partner = number(params, "partnerId", self._partner)
        if params["secret"] != self._secrets.get(partner):
            raise ApiError("START_SESSION_ERROR", PID=str(partner))
        return partner

    def _issued(self, params: Params, partner: int) -> str:
        life, privileges = number(params, "expiry", _DAY), str(params.get("privileges", ""))
        return self._issue(partner, read_kind(params), str(params.get("userId", "")), life, privileges).ks

    def start_described(self, partner: int, kind: int, user: str, life: int, privileges: str) -> Thing:
        """Start a session for ``life`` seconds and describe it, as ``appToken.startSession`` answers."""
        return _info(self._issue(partner, kind, user, life, privileges))

    def start_widget(self, params: Params) -> Thing:
        """``session.startWidgetSession``: an anonymous user session."""
        if "widgetId" not in params:
            raise ApiError("MISSING_MANDATORY_PARAMETER", PARAM_NAME="widgetId")
        partner = {f"_{partner}": partner for partner in self._secrets}.get(str(params["widgetId"]))
        if partner is None:
            raise ApiError("START_SESSION_ERROR", PID=str(params["widgetId"]).lstrip("_"))
        session = self._issue(partner, 0, "0", number(params, "expiry", _DAY), "widget:1,view:*")
        fields = {"partnerId": session.partner, "ks": session.ks, "userId": session.user}
        return Thing("KalturaStartWidgetSessionResponse", fields)

    def info(self, params: Params, ks: str) -> Thing:
        """``session.get``: what a session (the caller's own by default) carries."""
        return _info(self.check(str(params.get("session") or ks)))

    def end(self, ks: str) -> None:
        """``session.end``: the session is logged out."""
        self._ended.add(ks)

    def _issue(self, partner: int, kind: int, user: str, life: int, privileges: str) -> Session:
        """Make a session of an account; a cap on its length shortens it silently (kaltura.md §9.1)."""
        life = min(life, self._longest) if self._longest else life
        tidy = privilege_text(privilege_map(privileges))
        claims = Claims(partner, kind, user, int(self._clock()) + life, tidy)
        return Session(write_v2(claims, self._secrets[partner], secrets.token_bytes(16)), **asdict(claims))


def _info(session: Session) -> Thing:
    """Describe a session as the API does; ``expiry`` is absolute, in unix seconds."""
    fields: dict[str, Any] = {
        "ks": session.ks,
        "sessionType": session.kind,
        "partnerId": session.partner,
        "userId": session.user,
        "expiry": session.expiry,
        "privileges": session.privileges,
    }
    return Thing("KalturaSessionInfo", fields)


def _invalid(ksid: str) -> ApiError:
    return ApiError("INVALID_KS", KSID=ksid, ERR_CODE="-1", ERR_DESC="INVALID_STR")
