"""What every service of the sandbox shows to its server, and the faults that lie below any API."""

from __future__ import annotations

from typing import Protocol

from reportrunner.sandbox.faults import FaultCounter
from reportrunner.sandbox.server import Reply, Request, plain

_PAGE = b"<!DOCTYPE html><html><body>The proxy is having a bad day.</body></html>"


class Service(Protocol):
    """One provider's stand-in."""

    def takes(self, path: str) -> bool:
        """Tell whether a path belongs to it."""

    def answer(self, request: Request) -> Reply:
        """Answer a request to one of its paths."""


def http_fault(counter: FaultCounter, action: str) -> Reply | None:
    """Return what the switched faults answer in place of the service, or None."""
    wait = (("Retry-After", str(counter.faults.retry_after)),)
    if counter.due("http_429", action):
        return plain(429, "too many requests", action, "http_429", wait)
    if counter.due("http_503", action):
        return plain(503, "service unavailable", action, "http_503", wait)
    if counter.due("http_500", action):
        return plain(500, "internal server error", action, "http_500")
    if counter.due("http_502", action):
        return Reply(502, _PAGE, (("Content-Type", "text/html"),), action, (), "http_502")
    if counter.due("html_body", action):
        return Reply(200, _PAGE, (("Content-Type", "text/html"),), action, (), "html_body")
    return None
