"""What the sandbox takes in place of a user's credentials: per provider, by the name of the secret."""

from __future__ import annotations

from collections.abc import Mapping

from reportrunner.sandbox.cloudflare_gate import API_KEY, API_TOKEN, EMAIL
from reportrunner.sandbox.kaltura_session import SANDBOX_ADMIN_SECRET, SANDBOX_KS
from reportrunner.sandbox.livekit_token import SANDBOX_LIVEKIT_KEY, SANDBOX_LIVEKIT_SECRET, SANDBOX_LIVEKIT_TOKEN

CREDENTIALS: Mapping[str, Mapping[str, str]] = {
    "kaltura": {"admin_secret": SANDBOX_ADMIN_SECRET, "session": SANDBOX_KS},
    "kaltura_reports": {},
    "cloudflare": {"api_token": API_TOKEN, "email": EMAIL, "api_key": API_KEY},
    "livekit": {
        "api_key": SANDBOX_LIVEKIT_KEY,
        "api_secret": SANDBOX_LIVEKIT_SECRET,
        "session": SANDBOX_LIVEKIT_TOKEN,
    },
}
