"""What the sandbox takes in place of a user's credentials: per provider, by the name of the secret."""

from __future__ import annotations

from collections.abc import Mapping

from reportrunner.sandbox.cloudflare_gate import API_KEY, API_TOKEN, EMAIL
from reportrunner.sandbox.kaltura_session import SANDBOX_ADMIN_SECRET, SANDBOX_KS

CREDENTIALS: Mapping[str, Mapping[str, str]] = {
    "kaltura": {"admin_secret": SANDBOX_ADMIN_SECRET, "session": SANDBOX_KS},
    "kaltura_reports": {},
    "cloudflare": {"api_token": API_TOKEN, "email": EMAIL, "api_key": API_KEY},
}
