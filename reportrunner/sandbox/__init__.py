"""The built-in stand-in for the providers: a real HTTP server on loopback over a deterministic universe."""

from reportrunner.sandbox.credentials import CREDENTIALS
from reportrunner.sandbox.faults import Faults, First
from reportrunner.sandbox.kaltura_app_tokens import SANDBOX_TOKENS, AppToken, token_like
from reportrunner.sandbox.kaltura_session import SANDBOX_ADMIN_SECRET, SANDBOX_KS, child_secret
from reportrunner.sandbox.log import Record
from reportrunner.sandbox.rest_fixtures import RestExchange, RestReply
from reportrunner.sandbox.sandbox import DATED, Sandbox

__all__ = [
    "CREDENTIALS",
    "DATED",
    "SANDBOX_ADMIN_SECRET",
    "SANDBOX_KS",
    "SANDBOX_TOKENS",
    "AppToken",
    "Faults",
    "First",
    "Record",
    "RestExchange",
    "RestReply",
    "Sandbox",
    "child_secret",
    "token_like",
]
