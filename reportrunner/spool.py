"""Downloads on their way to disk: cleaned of secrets line by line, hashed, never held in memory."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

from reportrunner.flow import Reply

HEAD: Final = 256 * 1024
"""Bytes of a download that its judge and its reader see."""
LARGEST: Final = 64 * 1024 * 1024 * 1024
"""Bytes of a download; more is a fault."""
_LONGEST_LINE: Final = 8 * 1024 * 1024
_LONGEST_SECRET: Final = 512 * 1024
"""Bytes of a secret in its longest form."""


class SpoolError(Exception):
    """The disk failed."""


class Body(Protocol):
    """Where the pieces of a reply's body go."""

    def add(self, piece: bytes) -> bool:
        """Take a piece; False when the body is too large."""

    def reply(self, status: int, headers: Mapping[str, str]) -> Reply:
        """Return the reply whose body this is."""


class Spool:
    """A body that becomes a file; what does not become a whole reply leaves no file behind."""

    def __init__(self, file: Path, clean: Callable[[bytes], bytes]) -> None:
        """Create the file, readable by its owner alone; SpoolError when that fails."""
        self._file = file
        self._clean = clean
        self._hash = hashlib.sha256()
        self._head = b""
        self._held: list[bytes] = []
        self._holding = 0
        self._size = 0
        self._redacted = False
        self._whole = False
        try:
            self._out = os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
        except OSError as error:
            raise SpoolError(error.strerror) from None

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close the file, and remove it unless it became a reply."""
        if self._whole:
            self._out.close()
            return
        with suppress(OSError):  # on a full disk closing fails as well, and what is left is thrown away
            self._out.close()
        self._file.unlink(missing_ok=True)

    def add(self, piece: bytes) -> bool:
        """Write the lines that have ended; a secret never runs over a line's end."""
        end = piece.rfind(b"\n") + 1
        if end:
            self._write(self._cleaned(piece[:end]))
            piece = piece[end:]
        elif self._holding > _LONGEST_LINE:
            cleaned = self._cleaned(piece)
            # What follows may end a secret that begins in the last bytes; cleaning them twice changes nothing.
            self._write(cleaned[:-_LONGEST_SECRET])
            piece = cleaned[-_LONGEST_SECRET:]
        if piece:
            self._held.append(piece)
            self._holding += len(piece)
        return self._size + self._holding <= LARGEST

    def reply(self, status: int, headers: Mapping[str, str]) -> Reply:
        """Return the reply: file, size and digest of all, and the beginning as body."""
        self._write(self._cleaned(b""))
        try:
            self._out.flush()
        except OSError as error:
            raise SpoolError(error.strerror) from None
        self._whole = True
        return Reply(
            status,
            headers,
            self._head,
            redacted=self._redacted,
            file=self._file,
            size=self._size,
            digest=self._hash.hexdigest(),
        )

    def _cleaned(self, piece: bytes) -> bytes:
        """Return what is held with this behind it, without secrets, and hold nothing."""
        raw = b"".join([*self._held, piece])
        self._held, self._holding = [], 0
        cleaned = self._clean(raw)
        self._redacted = self._redacted or cleaned != raw
        return cleaned

    def _write(self, cleaned: bytes) -> None:
        self._size += len(cleaned)
        self._hash.update(cleaned)
        if len(self._head) < HEAD:
            self._head += cleaned[: HEAD - len(self._head)]
        try:
            self._out.write(cleaned)
        except OSError as error:
            raise SpoolError(error.strerror) from None
