"""What a user sees of a diagnostic, to the byte."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from reportrunner.cli.diagnostics import format_diagnostic, format_diagnostics
from reportrunner.errors import Diagnostic

MISSPELT = Diagnostic(
    "jobs/weekly.toml",
    14,
    14,
    'report.getTable has no filter "entryIdsIn"; did you mean "entryIdIn"?',
    source='filters  = { entryIdsIn = ["1_gdpr1"] }',
    width=10,
)


def shown(source: str, column: int, width: int = 1) -> list[str]:
    """The quoted line and the caret, without their gutter."""
    text = format_diagnostic(Diagnostic("a.toml", 3, column, "m", source=source, width=width), color=False)
    return [line[8:] for line in text.split("\n")[1:]]


def test_the_shape() -> None:
    assert format_diagnostic(MISSPELT, color=False) == (
        'jobs/weekly.toml:14:14: error: report.getTable has no filter "entryIdsIn"; did you mean "entryIdIn"?\n'
        '   14 | filters  = { entryIdsIn = ["1_gdpr1"] }\n'
        "      |              ^^^^^^^^^^"
    )


def test_help_stands_below() -> None:
    found = Diagnostic("a.toml", 123456, 1, "m", "write this\nor that", "warning", "x", 1)
    assert format_diagnostic(found, color=False) == (
        "a.toml:123456:1: warning: m\n123456 | x\n       | ^\n   help: write this\n         or that"
    )


def test_a_whole_file_and_an_empty_line_quote_nothing() -> None:
    assert format_diagnostic(Diagnostic("a.toml", 0, 0, "there is no such file", "look"), color=False) == (
        "a.toml: error: there is no such file\n   help: look"
    )
    assert format_diagnostic(Diagnostic("a.toml", 2, 1, "m"), color=False) == "a.toml:2:1: error: m"


def test_the_last_line_counts() -> None:
    error, warning = Diagnostic("a", 0, 0, "m"), Diagnostic("a", 0, 0, "m", severity="warning")
    assert format_diagnostics([error, warning, error], color=False).split("\n") == [
        "a: error: m", "a: warning: m", "a: error: m", "2 errors, 1 warning",
    ]  # fmt: skip
    assert format_diagnostics([error], color=False).endswith("\n1 error")
    assert format_diagnostics([warning] * 2, color=False).endswith("\n2 warnings")
    assert format_diagnostics([], color=False) == ""


def test_colour_only_adds_to_the_text() -> None:
    coloured = format_diagnostics([MISSPELT], color=True)
    assert "\x1b[31m\x1b[1merror:\x1b[0m" in coloured
    assert "\x1b[31m\x1b[1m^^^^^^^^^^\x1b[0m" in coloured
    assert re.sub(r"\x1b\[\d+m", "", coloured) == format_diagnostics([MISSPELT], color=False)


def test_what_a_terminal_would_obey_is_escaped() -> None:
    found = Diagnostic("a\x1b[2J.toml", 1, 5, "bad\x07\n\u202e", "x\x00", source="a\x1b[1b\u200bc", width=2)
    assert format_diagnostic(found, color=False) == (
        "a\\x1b[2J.toml:1:5: error: bad\\x07\\n\\u202e\n"
        "    1 | a\\x1b[1b\\u200bc\n      |        ^^^^^^^\n   help: x\\x00"
    )


def test_the_caret_stands_under_its_word() -> None:
    assert shown("\ta\tbc", 4, 2) == ["    a   bc", "        ^^"]
    assert shown("日本 = 語", 6, 1) == ["日本 = 語", "       ^^"]
    assert shown("e\u0301 = x", 6) == ["e\u0301 = x", "    ^"]
    assert shown("a = ", 5) == ["a = ", "    ^"]
    assert shown("ab", 2, 99) == ["ab", " ^"]


def test_long_lines_are_cut_around_the_caret() -> None:
    line, caret = shown("x" * 150 + "HERE" + "y" * 200, 151, 4)
    assert line == "..." + "x" * 33 + "HERE" + "y" * 63 + "..."
    assert caret == " " * 36 + "^^^^"
    line, caret = shown("HERE" + "y" * 200, 1, 4)
    assert (line, caret) == ("HERE" + "y" * 96 + "...", "^^^^")
    line, caret = shown("x" * 350 + "HERE", 351, 4)
    assert (line, caret) == ("..." + "x" * 96 + "HERE", " " * 99 + "^^^^")
    line, caret = shown("x" * 300, 1, 300)
    assert (line, caret) == ("x" * 100 + "...", "^" * 100)


@given(st.text(st.sampled_from("ab日\t\x1b é"), max_size=260), st.integers(1, 300), st.integers(1, 300))
def test_no_line_breaks_out_of_its_room(source: str, column: int, width: int) -> None:
    text = format_diagnostic(Diagnostic("a", 1, column, "m", source=source, width=width), color=False)
    lines = text.split("\n")
    assert len(lines) == (3 if source else 1)
    assert "\x1b" not in text
    assert all(len(line) <= 8 + 106 for line in lines)
    assert not source or lines[2].endswith("^")


@given(st.integers(0, 250), st.text(st.sampled_from("ab \t\x1b"), min_size=250, max_size=250))
def test_the_caret_always_finds_its_word(at: int, source: str) -> None:
    line, caret = shown(source[:at] + "#" + source[at:], at + 1)
    assert line[caret.index("^")] == "#"
