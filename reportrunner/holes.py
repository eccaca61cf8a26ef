"""Open places of a request: what is known only when it is sent, and values that are written in a way of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, urlsplit


@dataclass(frozen=True, slots=True)
class Hole:
    """A place that is filled when the request is sent: a secret, a session or a capture of an earlier step."""

    kind: Literal["secret", "session", "capture"]
    name: str

    def __str__(self) -> str:
        """Print the hole as plans, manifests and logs show it."""
        return f"<{self.kind}:{self.name}>"


@dataclass(frozen=True, slots=True)
class Digest:
    """A place for the lowercase hex digest of parts that are known only when the request is sent."""

    algorithm: Literal["md5", "sha1", "sha256", "sha512"]
    parts: tuple[str | Hole, ...]

    def __str__(self) -> str:
        """Print what is hashed, unfilled."""
        return f"<{self.algorithm}:{show(self.parts)}>"


@dataclass(frozen=True, slots=True)
class Encoded:
    """A place for the base64 of parts that are known only when the request is sent."""

    parts: tuple[str | Hole, ...]

    def __str__(self) -> str:
        """Print what is encoded, unfilled."""
        return f"<base64:{show(self.parts)}>"


@dataclass(frozen=True, slots=True)
class Segment:
    """A value that stands in a path as one segment, whatever characters it has."""

    text: str

    def __str__(self) -> str:
        """Print it as it is sent."""
        return quote(self.text, safe="")


@dataclass(frozen=True, slots=True)
class Issued:
    """The address of a page as the provider itself wrote it, encoded already; it is asked at the source's host alone.

    It is an absolute URL, a path from the host's root, or a path without a first slash, from the base URL.
    """

    url: str

    def __str__(self) -> str:
        """Print it without scheme and host, which are the source's own."""
        return urlsplit(self.url)._replace(scheme="", netloc="").geturl()


Open = Hole | Digest | Encoded | Segment | Issued
Text = str | Open | tuple[str | Open, ...]
"""Text with open places; a tuple is the concatenation of its parts."""
Pairs = tuple[tuple[str, Text], ...]


def show(text: Text) -> str:
    """Return the text with its holes unfilled."""
    return fill_text(text, str)


def fill_text(text: Text, fill: Callable[[Open], str]) -> str:
    """Return the text with every open place filled."""
    parts = text if isinstance(text, tuple) else (text,)
    return "".join(part if isinstance(part, str) else fill(part) for part in parts)
