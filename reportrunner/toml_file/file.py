"""TOML with positions: the one room of tomllib; the index of positions is built only when something is wrong."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from reportrunner.errors import Diagnostic, InvalidError, Severity

if TYPE_CHECKING:
    from reportrunner.toml_file.index import Clash, TomlIndex

Loc = tuple[str | int, ...]
At = Literal["key", "value", "header"]

_HIDDEN_KEY = r"(?:[\w-]*(?:secret|token|passw(?:or)?d|api[_-]?key|bearer)[\w-]*|(?:[\w-]*[_-])?ks)"
_WRITTEN = r""""(?:\\.|[^"\\])*"?|'[^']*'?"""
_CREDENTIAL = re.compile(
    rf"""(?<![\w-])({_HIDDEN_KEY}["']?\s*=\s*)(\[[^\]]*|{_WRITTEN}|[^\s,{{}}\[\]#"']+)""", re.IGNORECASE
)
_USER_OF_URL = re.compile(r"""(?<=://)[^\s/@"']+(?=@)""")
_TOKEN = re.compile(
    r"""\#[^\n]*|\"{3}(?:\\.|[^\\])*?\"{3,5}|'{3}.*?'{3,5}|(?P<open>\"{3}|'{3})|"(?:\\.|[^"\\\n])*"|'[^'\n]*'""",
    re.DOTALL | re.VERBOSE,
)
_WORD = re.compile(r"[^\W\d][\w.@/-]*")
_WHERE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_CLASHES = ("Cannot overwrite", "Cannot declare", "Cannot mutate", "Cannot redefine", "Duplicate inline")
_PLAIN_WORDS = {
    "Illegal character '\\n'": (
        "the text is not closed on this line",
        'close it with a quote; many lines stand in """',
    ),
    "Unterminated string": ("the text is not closed", "close it with the quotes that opened it"),
    "Unescaped '\\' in a string": ("unknown escape in a text", "write \\\\ for a backslash, or use single quotes"),
    "Expected '=' after a key": ('expected "=" after a key', 'write key = "value"'),
    "Expected newline or end": ("expected the end of the line", "write one key per line"),
    "Expected ']'": ('expected "]" at the end of a header', "write [name]"),
    "Unclosed array": ("the list is not closed", "close it with ]"),
    "Unclosed inline table": ("the table is not closed", "close it with } on the same line"),
    "Invalid initial character for a key": (
        "expected a key here",
        "keys are letters, digits, _ and -; quote any other",
    ),
    "Invalid statement": ("expected a key or a [header]", 'write key = "value"'),
    "Invalid value": ("expected a value here", 'write text in quotes: key = "value"'),
}


@dataclass(frozen=True, slots=True)
class TomlFile:
    """A TOML file that was read: its values, and on request where they stand."""

    shown: str
    """The path as printed, such as `jobs/weekly.toml`."""
    text: str
    data: dict[str, Any]

    def diagnostic(
        self,
        loc: Loc,
        message: str,
        *,
        hint: str = "",
        severity: Severity = "error",
        at: At = "value",
        within: tuple[int, int] | None = None,
    ) -> Diagnostic:
        """Place a message at a path; `within` is (offset, width) in the decoded text that stands there."""
        from reportrunner.toml_file.index import inside

        start, end = _index(self.text).find(loc, at)
        if within and at == "value" and self.text[start : start + 1] in {'"', "'"}:
            start, end = inside(self.text, (start, end), within)
        return replace(_place(self.shown, self.text, (start, end), message), hint=hint, severity=severity)


def read_toml(path: Path, shown: str) -> TomlFile:
    """Read a TOML file; raises InvalidError with one placed diagnostic where it cannot be read or is no TOML."""
    text = _read_text(path, shown)
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidError((_syntax_diagnostic(shown, text, error),)) from None
    return TomlFile(shown, text, data)


def is_secret_key(name: str) -> bool:
    """Say whether values under a key of this name are never to be shown."""
    return re.fullmatch(_HIDDEN_KEY, name, re.IGNORECASE) is not None


def _read_text(path: Path, shown: str) -> str:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise InvalidError((Diagnostic(shown, 0, 0, "there is no such file"),)) from None
    except IsADirectoryError:
        raise InvalidError((Diagnostic(shown, 0, 0, "this is a folder, not a file"),)) from None
    except (OSError, ValueError) as error:
        words = getattr(error, "strerror", None) or str(error)
        raise InvalidError((Diagnostic(shown, 0, 0, f"the file cannot be read: {words.lower()}"),)) from None
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        start = len(raw[: error.start].decode("utf-8"))
        lenient = raw.decode("utf-8", errors="replace")
        message = f"byte 0x{raw[error.start]:02x} is not UTF-8"
        found = _place(shown, lenient, (start, start + 1), message, "save the file as UTF-8")
        raise InvalidError((found,)) from None


@lru_cache(maxsize=8)
def _index(text: str) -> TomlIndex:
    from reportrunner.toml_file.index import build_index

    return build_index(text, lambda key: str(tomllib.loads(f"key = {key}")["key"]))


def _place(shown: str, text: str, span: tuple[int, int], message: str, hint: str = "") -> Diagnostic:
    """Make a diagnostic of a span of characters; what stands on later lines is not underlined."""
    start, end = span
    begin = text.rfind("\n", 0, start) + 1
    stop = text.find("\n", start)
    source = text[begin : stop if stop >= 0 else len(text)].removesuffix("\r")
    width = max(1, min(end, begin + len(source)) - start)
    line = text.count("\n", 0, start) + 1
    return Diagnostic(shown, line, start - begin + 1, message, hint, source=_masked(source), width=width)


def _masked(line: str) -> str:
    """Hide what stands under a credential's key; the length stays, so that carets still fit."""
    plain = _USER_OF_URL.sub(lambda found: "*" * len(found[0]), line)
    return _CREDENTIAL.sub(lambda found: found[1] + re.sub(r"[^\s\"',\[]", "*", found[2]), plain)


def _syntax_diagnostic(shown: str, text: str, error: Exception) -> Diagnostic:
    words = str(error)
    where = _WHERE.search(words)
    if isinstance(error, RecursionError):
        return Diagnostic(shown, 0, 0, "lists or tables are nested too deeply")
    if where is None:
        return Diagnostic(shown, 0, 0, "a number is too long" if "digits" in words else words[:1].lower() + words[1:])
    if text.startswith("\ufeff"):
        return _place(shown, text, (0, 1), "the file starts with a byte order mark", "save it as UTF-8 without one")
    clash = _index(text).clash if words.startswith(_CLASHES) else None
    if clash is not None:
        return _clash_diagnostic(shown, text, clash)
    start = _offset(text, where)
    if words.startswith("Unterminated string"):
        start = next((found.start() for found in _TOKEN.finditer(text) if found["open"]), start)
    if words.startswith("Invalid value") and (word := _WORD.match(text, start)):
        if not text[word.end() :].lstrip(" \t").startswith("="):
            return _bare_word(shown, text, word)
        words = "Unclosed array"
    message, hint = next(
        (plain for head, plain in _PLAIN_WORDS.items() if words.startswith(head)),
        (words[:1].lower() + words[1 : where.start()], ""),
    )
    begin = start - 2 if words.startswith("Unescaped") else start
    return _place(shown, text, (begin, max(start, begin + 1)), message, hint)


def _offset(text: str, where: re.Match[str]) -> int:
    if where[1] is None:
        return len(text.rstrip())
    begin = 0
    for _ in range(int(where[1]) - 1):
        begin = text.index("\n", begin) + 1
    return begin + int(where[2]) - 1


def _bare_word(shown: str, text: str, word: re.Match[str]) -> Diagnostic:
    found = _place(shown, text, word.span(), "text must stand in quotes")
    if found.source[found.column - 1] == "*":
        return found
    right = word[0].lower() if word[0].lower() in {"true", "false"} else f'"{word[0]}"'
    return replace(found, message=f"expected a value, found the bare word {word[0]}", hint=f"write {right}")


def _clash_diagnostic(shown: str, text: str, clash: Clash) -> Diagnostic:
    index = _index(text)
    first, second = index.characters(clash.first), index.characters(clash.second)
    name = text[second.start : second.end]
    named = name if name[0] in "[\"'" else f'"{name}"'
    line = text.count("\n", 0, first.start) + 1
    return _place(shown, text, second, f"{named} is already set on line {line}", "keep one of the two")
