"""Application tokens of the sandbox's account and the sessions they start (kaltura.md §9.2)."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from reportrunner.sandbox.kaltura_errors import ApiError
from reportrunner.sandbox.kaltura_ks import privilege_map, privilege_text
from reportrunner.sandbox.kaltura_session import Session, SessionDesk, number, read_kind
from reportrunner.sandbox.kaltura_wire import Params, Thing

_DAY = 86_400
_ADMIN = 2
_RESERVED = {
    *("virtualeventid", "setrole", "iprestrict", "urirestrict", "actionslimit", "download", "privacycontext"),
    *("reftime", "searchcontext", "disableentitlement", "edit", "list", "sessionid", "apptoken"),
}


@dataclass(frozen=True, slots=True)
class AppToken:
    """One application token; ``expiry`` in unix seconds, 0: never; ``duration`` in seconds."""

    id: str
    secret: str
    hash_type: str = "SHA1"
    kind: int = _ADMIN
    privileges: str = ""
    duration: int = _DAY
    expiry: int = 0
    active: bool = True

    def hash(self, ks: str) -> str:
        """Compute the tokenHash for a widget session: a plain hash in lower-case hex, not an HMAC."""
        return hashlib.new(self.hash_type, f"{ks}{self.secret}".encode()).hexdigest()

    def life(self, asked: int, now: float) -> int:
        """Seconds that a session of it lives when ``asked`` are wanted (0: as many as possible)."""
        longest = min(self.duration, self.expiry - int(now)) if self.expiry else self.duration
        return min(asked, longest) if asked > 0 else longest

    def granted(self, wanted: str) -> dict[str, str]:
        """Keep the token's privileges and those wanted ones that are not reserved or that it allows by wildcard."""
        own = privilege_map(self.privileges)
        allowed = {name for name, value in own.items() if value == "*"}
        asked = privilege_map(wanted).items()
        return {**own, **{name: value for name, value in asked if name.lower() not in _RESERVED or name in allowed}}


def _tokens(*tokens: AppToken) -> Mapping[str, AppToken]:
    return MappingProxyType({token.id: token for token in tokens})


SANDBOX_TOKENS = _tokens(
    AppToken("0_plain1", "1f0e2d3c4b5a69788796a5b4c3d2e1f0"),
    AppToken("0_md5t1", "2f0e2d3c4b5a69788796a5b4c3d2e1f0", "MD5", duration=3600),
    AppToken("0_sha256t1", "3f0e2d3c4b5a69788796a5b4c3d2e1f0", "SHA256", expiry=1_893_456_000),
    AppToken("0_sha512t1", "4f0e2d3c4b5a69788796a5b4c3d2e1f0", "SHA512"),
    AppToken("0_event1", "5f0e2d3c4b5a69788796a5b4c3d2e1f0", privileges="virtualeventid:4711"),
    AppToken("0_anyev1", "6f0e2d3c4b5a69788796a5b4c3d2e1f0", privileges="virtualeventid:*"),
    AppToken("0_expired1", "7f0e2d3c4b5a69788796a5b4c3d2e1f0", expiry=1_500_000_000),
    AppToken("0_inactive1", "8f0e2d3c4b5a69788796a5b4c3d2e1f0", active=False),
)
"""The account's tokens by id; their secrets open nothing but the sandbox."""


def token_like(hash_type: str) -> AppToken:
    """Give a live token of that hash type; one that allows every virtual event where there is such."""
    alike = [token for token in SANDBOX_TOKENS.values() if token.hash_type == hash_type and token.active]
    return max(alike, key=lambda token: token.privileges == "virtualeventid:*")


def start_session(params: Params, widget: Session, desk: SessionDesk, now: float) -> Thing:
    """``appToken.startSession`` under a widget session at the moment ``now`` (unix seconds)."""
    for name in ("id", "tokenHash"):
        if name not in params:
            raise ApiError("MISSING_MANDATORY_PARAMETER", PARAM_NAME=name)
    read_kind(params)  # checked, although the token's own kind wins
    token = SANDBOX_TOKENS.get(str(params["id"]))
    if token is None or widget.partner != desk.partner:
        raise ApiError("APP_TOKEN_ID_NOT_FOUND", ID=str(params["id"]))
    if not token.active:
        raise ApiError("APP_TOKEN_NOT_ACTIVE", ID=token.id)
    if params["tokenHash"] != token.hash(widget.ks):
        raise ApiError("INVALID_APP_TOKEN_HASH")
    life = token.life(number(params, "expiry", 0), now)
    if life <= 0:
        raise ApiError("APP_TOKEN_EXPIRED", ID=token.id)
    added = {"sessionid": secrets.token_hex(8), "apptoken": token.id}
    privileges = privilege_text({**token.granted(str(params.get("sessionPrivileges") or "")), **added})
    user = str(params.get("userId") or "")
    return desk.start_described(widget.partner, token.kind, user, life, privileges)
