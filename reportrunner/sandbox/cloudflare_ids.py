"""The names that everything at the sandbox's Cloudflare goes by: fixed public ids, and ids that say what they name.

A user's own accounts, apps and zones exist too, so that a job runs here as it is written; an id of zeros is nobody's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import shake_128
from uuid import UUID

ACCOUNT_ID = "acc00000000000000000000000000042"
APP_ID = "a9900000-5a0d-4b0c-8000-000000010042"
ZONE_IDS = ("20e00000000000000000000000000001", "20e00000000000000000000000000002")
SPECTRUM_APPS = {
    ZONE_IDS[0]: ("a5500000000000000000000000000011", "a5500000000000000000000000000012"),
    ZONE_IDS[1]: ("a5500000000000000000000000000021", "a5500000000000000000000000000022"),
}
_ACCOUNT_OR_ZONE = re.compile(r"[0-9a-f]{32}")
_APP = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
COLOS = ("SFO", "FRA", "NRT", "PDX")

_KINDS = ("session", "participant", "peer", "recording", "livestream", "broadcast", "breakout", "event")
_PAYLOAD = 6
_CHECK = 9


@dataclass(frozen=True, slots=True)
class Key:
    """What an id names: a kind, a day (days since 1970), the number of the thing on that day, and one below it."""

    kind: str
    day: int
    index: int
    number: int = 0


def exists(name: str) -> bool:
    """Tell whether an account or a zone exists."""
    return bool(_ACCOUNT_OR_ZONE.fullmatch(name)) and bool(name.strip("0"))


def app_exists(name: str) -> bool:
    """Tell whether a RealtimeKit app exists; all of them have the same sessions."""
    return bool(_APP.fullmatch(name)) and bool(name.strip("0-"))


def spectrum_apps(zone_id: str) -> tuple[str, str]:
    """Return the Spectrum applications of a zone."""
    made = shake_128(f"cloudflare apps {zone_id}".encode()).hexdigest(32)
    return SPECTRUM_APPS.get(zone_id) or (made[:32], made[32:])


def _mask(check: bytes) -> int:
    return int.from_bytes(shake_128(b"cloudflare mask" + check).digest(_PAYLOAD))


def _checked(payload: bytes) -> bytes:
    return shake_128(b"cloudflare id" + payload).digest(_CHECK)


def id_of(key: Key) -> str:
    """Return the UUID of a thing: the same for ever, and in no order that shows."""
    payload = key.day.to_bytes(2) + (_KINDS.index(key.kind) << 12 | key.index).to_bytes(2) + key.number.to_bytes(2)
    check = _checked(payload)
    front = (int.from_bytes(payload) ^ _mask(check)).to_bytes(_PAYLOAD).hex()
    back = check.hex()
    return str(UUID(f"{front}4{back[:3]}8{back[3:6]}{back[6:]}"))


def key_of(text: str) -> Key | None:
    """Return what an id names, or None when the sandbox never gave it."""
    try:
        digits = UUID(text).hex
    except ValueError:
        return None
    check = bytes.fromhex(digits[13:16] + digits[17:])
    payload = (int.from_bytes(bytes.fromhex(digits[:12])) ^ _mask(check)).to_bytes(_PAYLOAD)
    if _checked(payload) != check:
        return None
    kind, index = divmod(int.from_bytes(payload[2:4]), 1 << 12)
    return Key(_KINDS[kind], int.from_bytes(payload[:2]), index, int.from_bytes(payload[4:])) if kind < 8 else None
