"""A command on a terminal of our own: what stands on its screen, as a page that a browser can take a picture of."""

from __future__ import annotations

import fcntl
import html
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Sequence
from pathlib import Path

COLUMNS, ROWS = 110, 60
_TOKEN = re.compile(r"\x1b\[([\d;]*)([A-Za-z])|(\n)|(\r)|([^\x1b\n\r]+)")
_COLOURS = {"31": "#f28b82", "32": "#81c995", "33": "#fdd663", "34": "#8ab4f8", "36": "#78d9ec", "1": "bold"}
_PAGE = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; background: #16191d; }}
pre {{ margin: 0; padding: 18px 22px; color: #dfe3e8; width: {width}ch; }}
pre {{ font: 13px/1.45 "DejaVu Sans Mono", monospace; white-space: pre-wrap; }}
</style><pre>{text}</pre>"""


def screens(command: Sequence[str], root: Path) -> list[str]:
    """Run a command on a terminal and return what its screen showed, frame by frame, the last one at the end."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    environment = {**os.environ, "HOME": str(root), "TERM": "xterm-256color", "COLUMNS": str(COLUMNS)}
    environment.pop("NO_COLOR", None)
    started = subprocess.Popen(command, cwd=root, env=environment, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    screen, frames = Screen(), []
    while said := _read(ours):
        screen.take(said.decode(errors="replace"))
        frames.append(screen.text())
    os.close(ours)
    started.wait(timeout=60)
    return frames


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the other end is closed
        return b""


class Screen:
    """As much of a terminal as progress needs: lines, colours, up, and erase to the end."""

    def __init__(self) -> None:
        """Start empty."""
        self._lines: list[list[str]] = [[]]
        self._row = 0
        self._style: tuple[str, ...] = ()

    def take(self, said: str) -> None:
        """Take what a command wrote."""
        for codes, letter, line, start, text in _TOKEN.findall(said):
            if line:
                self._row += 1
                self._lines += [[] for _ in range(self._row - len(self._lines) + 1)]
            elif start:
                continue
            elif text:
                self._lines[self._row].append(_span(text, self._style))
            elif letter == "m":
                self._style = () if codes in {"", "0"} else (*self._style, *codes.split(";"))
            elif letter == "A":
                self._row = max(0, self._row - int(codes or 1))
            elif letter == "J":
                self._lines[self._row :] = [[]]

    def text(self) -> str:
        """Return the screen as HTML."""
        return "\n".join("".join(line) for line in self._lines).strip("\n")


def _span(text: str, style: tuple[str, ...]) -> str:
    looks = [_COLOURS[code] for code in style if code in _COLOURS]
    css = "".join("font-weight:bold;" if look == "bold" else f"color:{look};" for look in looks)
    return f'<span style="{css}">{html.escape(text)}</span>' if css else html.escape(text)


def as_page(prompt: str, text: str) -> str:
    """Return a page that shows the screen below the command that was typed."""
    return _PAGE.format(width=COLUMNS, text=f'<span style="color:#9aa4af">$ {html.escape(prompt)}</span>\n{text}')
