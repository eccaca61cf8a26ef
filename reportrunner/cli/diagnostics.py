"""Diagnostics as a terminal shows them: file, line, column, sentence, the line itself and a caret."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import click

from reportrunner.errors import Diagnostic

_GUTTER = 5
_ROOM = 100
"""Columns of a quoted line; a longer one is cut around the caret."""
_TAB = 4
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_COLOURS = {"error": "red", "warning": "yellow"}


def format_diagnostic(d: Diagnostic, *, color: bool) -> str:
    """Write one diagnostic: one line, then, where there is one, the quoted line with a caret, and the help."""
    place = f"{d.file}:{d.line}:{d.column}" if d.line else d.file
    severity = _style(f"{d.severity}:", color, fg=_COLOURS[d.severity], bold=True)
    head = (
        f"{_style(_visible(place) + ':', color, bold=True)} {severity} {_style(_visible(d.message), color, bold=True)}"
    )
    lines = [head]
    if d.line and d.source:
        gutter = max(_GUTTER, len(str(d.line)))
        source, caret = _quoted(d)
        for number, quoted in ((str(d.line), source), ("", _caret(caret, d, color))):
            lines.append(f"{_style(number.rjust(gutter) + ' |', color, fg='blue')} {quoted}")
    if d.hint:
        first, *others = (_visible(line) for line in d.hint.split("\n"))
        lines.append(f"   {_style('help:', color, fg='cyan', bold=True)} {first}")
        lines += [f"         {other}" for other in others]
    return "\n".join(lines)


def format_diagnostics(diagnostics: Sequence[Diagnostic], *, color: bool) -> str:
    """Write all diagnostics and a last line that counts them; an empty text for none."""
    if not diagnostics:
        return ""
    texts = [format_diagnostic(d, color=color) for d in diagnostics]
    return "\n".join([*texts, _count(diagnostics)])


def _count(diagnostics: Sequence[Diagnostic]) -> str:
    numbers = {kind: sum(d.severity == kind for d in diagnostics) for kind in _COLOURS}
    return ", ".join(f"{count} {kind}{'s' * (count > 1)}" for kind, count in numbers.items() if count)


def _quoted(d: Diagnostic) -> tuple[str, tuple[int, int]]:
    """Return the line as shown, and the caret's first column and width in it."""
    cells = _cells(d.source)
    start = min(d.column - 1, len(cells))
    marked = cells[start : start + d.width]
    before = sum(width for _, width in cells[:start])
    caret = max(1, sum(width for _, width in marked))
    total = max(sum(width for _, width in cells), before + caret)
    if total <= _ROOM:
        return "".join(text for text, _ in cells), (before, caret)
    left = max(0, min(before - _ROOM // 3, total - _ROOM))
    return _cut(cells, left, before, caret)


def _cut(cells: list[tuple[str, int]], left: int, before: int, caret: int) -> tuple[str, tuple[int, int]]:
    """Keep a window of the line that begins near `left` columns, with dots where something is cut off."""
    shown, column, origin = [], 0, -1
    for text, width in cells:
        if left <= column and column + width <= left + _ROOM:
            origin = column if origin < 0 else origin
            shown.append(text)
        column += width
    dots = "..." if left else ""
    tail = "..." if column > left + _ROOM else ""
    start = before - origin + len(dots)
    return dots + "".join(shown) + tail, (start, min(caret, left + _ROOM - before))


def _cells(source: str) -> list[tuple[str, int]]:
    """Split a line into what is shown for each character and how many columns that takes."""
    cells: list[tuple[str, int]] = []
    column = 0
    for char in source:
        text = " " * (_TAB - column % _TAB) if char == "\t" else _visible(char)
        wide = len(text) == 1 and unicodedata.east_asian_width(text) in "WF"
        width = 0 if unicodedata.combining(char) else 2 if wide else len(text)
        cells.append((text, width))
        column += width
    return cells


def _visible(text: str) -> str:
    """Escape what a terminal would obey or hide."""
    return "".join(_escaped(char) if unicodedata.category(char) in _UNSEEN else char for char in text)


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def _caret(caret: tuple[int, int], d: Diagnostic, color: bool) -> str:
    start, width = caret
    return " " * start + _style("^" * width, color, fg=_COLOURS[d.severity], bold=True)


def _style(text: str, color: bool, *, fg: str | None = None, bold: bool | None = None) -> str:
    return click.style(text, fg=fg, bold=bold) if color else text
