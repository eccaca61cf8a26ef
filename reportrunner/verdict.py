"""What every HTTP service means by a fault or a status; a provider asks here first, then judges the body itself."""

from __future__ import annotations

from urllib.parse import urlsplit

from reportrunner.flow import Again, Refused, Reply, Verdict


def judge_http(reply: Reply) -> Verdict | None:
    """Return the verdict that fault or status alone decide, or None for a whole 2xx answer."""
    if reply.fault:
        return Again("failed", reply.fault)
    if reply.status == 429:
        return Again("limited", "429 Too Many Requests")
    if reply.status == 408 or reply.status >= 500:
        return Again("failed", f"HTTP {reply.status}")
    if reply.status == 206:
        return Refused("unreadable", "HTTP 206: a part of the answer, where all of it was asked")
    if 200 <= reply.status < 300:
        return None
    if 300 <= reply.status < 400:
        host = _host(reply.headers.get("location", ""))
        words = f"HTTP {reply.status}: a redirect{f' to {host}' if host else ''}, which is never followed"
        return Refused("refused", words, "check base_url")
    return Refused("refused", f"HTTP {reply.status}: {excerpt(reply.body)}".rstrip(": "))


def _host(address: str) -> str:
    """Return scheme and host of an address, and nothing else of it: the rest may hold a secret."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return plain(f"{parts.scheme}://{parts.hostname}", 100) if parts.scheme and parts.hostname else ""


def plain(text: str, length: int = 500) -> str:
    """Return a provider's text for a message: bounded, on one line, without control characters or half surrogates."""
    return excerpt(text.encode("utf-8", "replace"), length)


def excerpt(body: bytes, length: int = 200) -> str:
    """Return the beginning of a body on one line and without control characters, for a message."""
    text = body[: length * 4].decode("utf-8", "replace")
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= length else text[: length - 1] + "…"
