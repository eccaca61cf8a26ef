"""Secrets: read by reference, and kept out of everything that is written."""

from __future__ import annotations

import base64
import contextlib
import logging
import os
import re
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reportrunner.errors import SecretError

MARK: Final = "***"
"""What stands where a secret stood; shorter than any secret, so that redacting twice changes nothing."""
SHORTEST: Final = 4
"""A shorter value could not be hidden without hiding half of every text, so it is refused as a secret."""

_LARGEST: Final = 64 * 1024
_COMMAND_SECONDS: Final = 30.0
_BASE64_CORE: Final = 8
_PLAIN_RUN: Final = re.compile(r"[A-Za-z0-9]+")
_HTML: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;|&#34;", "'": "&#39;|&#x27;|&apos;"}
_ESCAPED: Final = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f"}


@dataclass(frozen=True, slots=True)
class SecretReference:
    """Where a secret is kept: exactly one of an environment variable, a file or a command; ValueError otherwise."""

    env: str | None = None
    file: str | None = None
    command: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        """Refuse none or several, and empty ones."""
        given = [value for value in (self.env, self.file, self.command) if value is not None]
        if len(given) != 1 or not given[0]:
            raise ValueError('a secret needs exactly one of env, file and command, such as { env = "TOKEN" }')

    def describe(self) -> str:
        """Name the place, never the value: `environment variable KALTURA_TOKEN`."""
        if self.env is not None:
            return f"environment variable {self.env}"
        if self.file is not None:
            return f"file {self.file}"
        # Arguments may hold what nobody should read in a log; the program's name is enough to find the line.
        return f"command {(self.command or ('',))[0]}"


def read_secret(reference: SecretReference, environ: Mapping[str, str], root: Path) -> str:
    """Return the secret; files and commands are relative to `root`. SecretError names the place and what to do."""
    if reference.env is not None:
        value = environ.get(reference.env)
        if value is None:
            raise SecretError(f"{reference.describe()} is not set; set it and run again")
    elif reference.file is not None:
        value = _from_file(reference, root / Path(reference.file).expanduser())
    else:
        value = _from_command(reference, environ, root)
    if not value:
        raise SecretError(f"{reference.describe()} is empty; put the secret there and run again")
    if len(value) < SHORTEST:
        raise SecretError(
            f"{reference.describe()} holds fewer than {SHORTEST} characters; such a secret cannot be hidden: take a"
            " longer one, or write what is no secret, such as a user's name, as plain text where its key takes that"
        )
    return value


def _text(reference: SecretReference, raw: bytes) -> str:
    if len(raw) > _LARGEST:
        raise SecretError(f"{reference.describe()} gives more than {_LARGEST // 1024} KiB; that is no secret")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise SecretError(f"{reference.describe()} gives bytes that are not UTF-8 text") from None
    return text[:-1].removesuffix("\r") if text.endswith("\n") else text


def _from_file(reference: SecretReference, path: Path) -> str:
    try:
        with path.open("rb") as stream:
            raw = stream.read(_LARGEST + 1)
    except OSError as error:
        raise SecretError(f"{reference.describe()} cannot be read: {error.strerror or 'unknown reason'}") from None
    return _text(reference, raw)


def _from_command(reference: SecretReference, environ: Mapping[str, str], root: Path) -> str:
    where = reference.describe()
    try:
        # An argument list the user wrote in the project's own settings; no shell ever sees it.
        process = subprocess.Popen(  # noqa: S603
            list(reference.command or ()),
            cwd=root,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a command"
        raise SecretError(f"{where} cannot be started: {reason}; check the program and its path") from None
    alarm = threading.Timer(_COMMAND_SECONDS, _kill, (process.pid,))
    alarm.start()
    try:
        with process:
            assert process.stdout is not None
            raw = process.stdout.read(_LARGEST + 1)
            if len(raw) > _LARGEST:
                _kill(process.pid)
    finally:
        late = not alarm.is_alive()
        alarm.cancel()
    if late:
        raise SecretError(f"{where} gave no answer within {_COMMAND_SECONDS:g} s; run it by hand to see why")
    if process.returncode != 0 and len(raw) <= _LARGEST:
        raise SecretError(f"{where} ended with exit code {process.returncode}; run it by hand to see why")
    return _text(reference, raw)


def _kill(leader: int) -> None:
    """End the command and its children: a child that lives on would hold the pipe open."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def _character(char: str) -> str:
    """Return a pattern for one character in every form that encoders give it."""
    if char.isascii() and char.isalnum():
        return char
    percent = "".join(f"%{byte:02x}" for byte in char.encode("utf-8", "surrogatepass"))
    units = char.encode("utf-16-be", "surrogatepass")
    unicode = "".join(rf"\\+u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))
    forms = [r"\\*" + re.escape(char), f"(?i:{percent})", f"(?i:{unicode})"]
    forms += [rf"\\+{_ESCAPED[char]}"] if char in _ESCAPED else []
    forms += [r"\+"] if char == " " else []
    forms += [_HTML[char]] if char in _HTML else []
    return f"(?:{'|'.join(forms)})"


def _base64_cores(value: str) -> list[str]:
    """Return what base64 of any text around the value must contain, one for each alignment."""
    raw = value.encode("utf-8", "surrogatepass")
    cores = []
    for offset, head in ((0, 0), (1, 2), (2, 3)):
        whole = (len(raw) + offset) * 8 // 6
        core = base64.b64encode(b"\0" * offset + raw).decode()[head:whole]
        cores += [core] if len(core) >= _BASE64_CORE else []
    return cores


def _pattern(text: str) -> str:
    return "".join(_character(char) for char in text)


def _core_pattern(core: str) -> str:
    url_safe = {"+": "(?:-|" + _character("+")[3:], "/": "(?:_|" + _character("/")[3:]}
    return "".join(url_safe.get(char, char) for char in core)


def _anchor(text: str) -> str:
    """Return the longest run that no encoder touches: where it is absent the text is absent, in every form."""
    return max(_PLAIN_RUN.findall(text), key=len, default="")


@dataclass(frozen=True, slots=True)
class _Hidden:
    """One value as it is searched for: its pattern in all forms, and what stands where one of them does."""

    mark: str
    pattern: str
    anchors: frozenset[str]
    raw_anchors: frozenset[bytes]


class Redactor:
    """Hides what it has learnt: raw, percent-encoded, JSON- and HTML-escaped and base64; for any number of threads."""

    def __init__(self) -> None:
        """Begin with nothing to hide."""
        self._lock = threading.Lock()
        self._values: dict[str, _Hidden] = {}
        self._longest: tuple[_Hidden, ...] = ()
        """The longest value first, so that a secret inside another leaves no rest; replaced as a whole."""
        self._searches: dict[tuple[str, ...], tuple[re.Pattern[str], re.Pattern[bytes]]] = {}

    def learn(self, value: str, mark: str = MARK) -> None:
        """Hide this value from now on; values under four characters are ignored (`read_secret` refuses those)."""
        if len(value) < SHORTEST or value in self._values:
            return
        with self._lock:
            self._values = {**self._values, value: _hidden(value, mark)}
            self._longest = tuple(self._values[known] for known in sorted(self._values, key=lambda v: (-len(v), v)))

    def forget(self) -> None:
        """Begin anew: what comes next is another run's, and has secrets of its own."""
        with self._lock:
            self._values, self._longest, self._searches = {}, (), {}

    def redact(self, text: str) -> str:
        """Return the text with every known value hidden."""
        near = [hidden for hidden in self._longest if any(anchor in text for anchor in hidden.anchors)]
        if not near:
            return text
        return self._search(near)[0].sub(lambda found: near[(found.lastindex or 1) - 1].mark, text)

    def redact_bytes(self, raw: bytes) -> bytes:
        """Return the bytes with every known value hidden; what surrounds it need not be text."""
        near = [hidden for hidden in self._longest if any(anchor in raw for anchor in hidden.raw_anchors)]
        if not near:
            return raw
        return self._search(near)[1].sub(lambda found: near[(found.lastindex or 1) - 1].mark.encode(), raw)

    def _search(self, near: Sequence[_Hidden]) -> tuple[re.Pattern[str], re.Pattern[bytes]]:
        """Compile what may be there and nothing else: a run learns a thousand links, and a text has one of them."""
        patterns = tuple(hidden.pattern for hidden in near)
        found = self._searches.get(patterns)
        if found is None:
            whole = "|".join(patterns)
            found = re.compile(whole), re.compile(whole.encode("utf-8", "surrogatepass"))
            self._searches[patterns] = found
        return found


def _hidden(value: str, mark: str) -> _Hidden:
    """Return how a value is searched for."""
    cores = _base64_cores(value)
    pattern = "(" + "|".join([_pattern(value), *map(_core_pattern, cores)]) + ")"
    anchors = frozenset(_anchor(text) for text in (value, *cores))
    return _Hidden(mark, pattern, anchors, frozenset(anchor.encode() for anchor in anchors))


class RedactingFilter(logging.Filter):
    """Hides secrets in log records: message, arguments, traceback and stack."""

    def __init__(self, redactor: Redactor) -> None:
        """Put it on every handler: a logger's own filters do not see its children's records."""
        super().__init__()
        self._redactor = redactor
        self._formatter = logging.Formatter()

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record; it is always let through."""
        try:
            message = record.getMessage()
        except (TypeError, ValueError):
            message = f"{record.msg} {record.args}"
        record.msg, record.args = self._redactor.redact(message), None
        if record.exc_info:
            record.exc_text, record.exc_info = self._formatter.formatException(record.exc_info), None
        record.exc_text = self._redactor.redact(record.exc_text) if record.exc_text else record.exc_text
        record.stack_info = self._redactor.redact(record.stack_info) if record.stack_info else record.stack_info
        return True
