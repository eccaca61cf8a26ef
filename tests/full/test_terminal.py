"""The small terminal that pictures are taken of."""

from __future__ import annotations

import sys
from pathlib import Path

from .terminal import Screen, as_page, screens


def test_a_block_is_drawn_again_in_its_place() -> None:
    screen = Screen()
    screen.take("first\r\na\r\nb\r\n\x1b[2A\x1b[J\x1b[1m\x1b[32mdone\x1b[0m <x>\r\n")
    assert screen.text() == 'first\n<span style="font-weight:bold;color:#81c995;">done</span> &lt;x&gt;'


def test_a_command_believes_it_is_on_a_terminal(tmp_path: Path) -> None:
    code = "import os, sys; print(sys.stderr.isatty(), os.get_terminal_size().columns)"
    assert screens([sys.executable, "-c", code], tmp_path)[-1] == "True 110"
    assert "$ a &lt;b&gt;" in as_page("a <b>", "x")
