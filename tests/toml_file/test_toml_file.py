"""TOML with positions: every path of a fixture is placed, and everything that is no TOML is refused with a place."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportrunner.errors import Diagnostic, InvalidError
from reportrunner.toml_file import At, Loc, TomlFile, is_secret_key, read_toml

FIXTURE = '''\
# Übung
title = "Größe: {{ job.x }}"
"café".au."l ait" = 1
tags = [ "weekly", 'naïve', 3 ]   # the ß
"quoted key" = true

[windows.week]
period = "week"
offset = -1
[windows."the day"]
last = "1 day"

[datasets.progress]
source = "kaltura"
filters = { entryIdIn = ["1_é", "{{ each }}"], sub.deep = { x = 1 } }
each = { dataset = "course", column = "entry_id" }
rows = [
  { id = "a", n = 1 },   # first
  { id = "b", n = 2 },
]
nested = [[1, 2], [3]]
sql = """
select "é", 1
from x
"""

[[steps]]
name = "one"
[steps.poll]
every = "2s"
[[steps]]
name = "two"
[[steps.parts]]
p = 1
[[steps.parts]]
p = 2
'''

PLACES: list[tuple[Loc, At, int, int, str]] = [
    ((), "value", 1, 1, "#"),
    (("title",), "key", 2, 1, "title"),
    (("title",), "value", 2, 9, '"Größe: {{ job.x }}"'),
    (("café",), "key", 3, 1, '"café"'),
    (("café", "au"), "key", 3, 8, "au"),
    (("café", "au"), "header", 3, 8, "au"),
    (("café", "au", "l ait"), "key", 3, 11, '"l ait"'),
    (("café", "au", "l ait"), "value", 3, 21, "1"),
    (("tags",), "value", 4, 8, """[ "weekly", 'naïve', 3 ]"""),
    (("tags", 0), "value", 4, 10, '"weekly"'),
    (("tags", 1), "value", 4, 20, "'naïve'"),
    (("tags", 2), "value", 4, 29, "3"),
    (("quoted key",), "key", 5, 1, '"quoted key"'),
    (("quoted key",), "value", 5, 16, "true"),
    (("windows",), "header", 7, 2, "windows"),
    (("windows", "week"), "header", 7, 1, "[windows.week]"),
    (("windows", "week"), "value", 7, 1, "[windows.week]"),
    (("windows", "week"), "key", 7, 10, "week"),
    (("windows", "week", "period"), "key", 8, 1, "period"),
    (("windows", "week", "period"), "value", 8, 10, '"week"'),
    (("windows", "week", "offset"), "value", 9, 10, "-1"),
    (("windows", "the day"), "key", 10, 10, '"the day"'),
    (("windows", "the day"), "header", 10, 1, '[windows."the day"]'),
    (("windows", "the day", "last"), "value", 11, 8, '"1 day"'),
    (("datasets", "progress"), "header", 13, 1, "[datasets.progress]"),
    (("datasets", "progress", "filters"), "key", 15, 1, "filters"),
    (("datasets", "progress", "filters"), "header", 15, 1, "filters"),
    (("datasets", "progress", "filters", "entryIdIn"), "key", 15, 13, "entryIdIn"),
    (("datasets", "progress", "filters", "entryIdIn"), "value", 15, 25, '["1_é", "{{ each }}"]'),
    (("datasets", "progress", "filters", "entryIdIn", 0), "value", 15, 26, '"1_é"'),
    (("datasets", "progress", "filters", "entryIdIn", 1), "value", 15, 33, '"{{ each }}"'),
    (("datasets", "progress", "filters", "sub"), "key", 15, 48, "sub"),
    (("datasets", "progress", "filters", "sub", "deep"), "key", 15, 52, "deep"),
    (("datasets", "progress", "filters", "sub", "deep", "x"), "value", 15, 65, "1"),
    (("datasets", "progress", "each", "column"), "key", 16, 30, "column"),
    (("datasets", "progress", "each", "column"), "value", 16, 39, '"entry_id"'),
    (("datasets", "progress", "rows"), "value", 17, 8, "["),
    (("datasets", "progress", "rows", 0), "header", 18, 3, '{ id = "a", n = 1 }'),
    (("datasets", "progress", "rows", 1, "id"), "key", 19, 5, "id"),
    (("datasets", "progress", "rows", 1, "n"), "value", 19, 19, "2"),
    (("datasets", "progress", "nested", 0, 1), "value", 21, 15, "2"),
    (("datasets", "progress", "nested", 1), "value", 21, 19, "[3]"),
    (("datasets", "progress", "sql"), "value", 22, 7, '"""'),
    (("steps",), "key", 27, 3, "steps"),
    (("steps", 0), "header", 27, 1, "[[steps]]"),
    (("steps", 0, "name"), "value", 28, 8, '"one"'),
    (("steps", 0, "poll"), "header", 29, 1, "[steps.poll]"),
    (("steps", 0, "poll", "every"), "value", 30, 9, '"2s"'),
    (("steps", 1), "header", 31, 1, "[[steps]]"),
    (("steps", 1, "name"), "key", 32, 1, "name"),
    (("steps", 1, "parts", 0), "key", 33, 9, "parts"),
    (("steps", 1, "parts", 1, "p"), "value", 36, 5, "2"),
    # what is not there falls back to its nearest parent, tags and labels are dropped
    (("windows", "week", "period", "str"), "value", 8, 10, '"week"'),
    (("windows", "period-tag", "week", "offset"), "value", 9, 10, "-1"),
    (("windows", "week", "lable"), "key", 7, 1, "[windows.week]"),
    (("datasets", "progress", "filters", "no", "no"), "header", 15, 1, "filters"),
    (("nothing",), "key", 1, 1, "#"),
]


def toml(text: str) -> TomlFile:
    return TomlFile("jobs/weekly.toml", text, tomllib.loads(text))


def underlined(found: Diagnostic) -> str:
    return found.source[found.column - 1 : found.column - 1 + found.width]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize(("loc", "at", "line", "column", "text"), PLACES)
def test_every_path_is_placed(loc: Loc, at: At, line: int, column: int, text: str, ending: str) -> None:
    found = toml(FIXTURE.replace("\n", ending)).diagnostic(loc, "m", at=at)
    assert (found.line, found.column, underlined(found)) == (line, column, text)
    assert found.source == FIXTURE.split("\n")[line - 1]


def test_a_diagnostic_carries_what_it_was_given() -> None:
    assert toml('a = "x"\nb = 1\n').diagnostic(("b",), "too few", hint="write 2", severity="warning") == Diagnostic(
        "jobs/weekly.toml", 2, 5, "too few", "write 2", severity="warning", source="b = 1", width=1
    )


@pytest.mark.parametrize(
    ("text", "within", "line", "column", "width"),
    [
        ('s = "Größe: {{ job.x }}"', (11, 5), 1, 17, 5),
        ("s = 'C:\\new {{ x }}'", (10, 1), 1, 16, 1),
        ('s = "a\\tb\\u00e9c\\U0001F600{{ x }}"', (6, 2), 1, 27, 2),
        ('s = "\\n\\\\x"', (1, 1), 1, 8, 2),
        ('s = """\nselect é\n  {{ y }}"""', (14, 1), 3, 6, 1),
        ('s = """\r\nselect é\r\n  {{ y }}"""', (14, 1), 3, 6, 1),
        ("s = '''\nab\ncd'''", (3, 2), 3, 1, 2),
        ('s = """one\ntwo"""', (4, 3), 2, 1, 3),
        ('s = """a \\\n   b\\\n\n c"""', (2, 1), 2, 4, 1),
        ('s = """a \\\n   b\\\n\n c"""', (3, 1), 4, 2, 1),
        ('s = """\nab\ncd"""', (1, 99), 2, 2, 1),
        ('s = ""', (5, 3), 1, 6, 1),
        ("s = 12", (1, 1), 1, 5, 2),
    ],
)
def test_inside_a_text(text: str, within: tuple[int, int], line: int, column: int, width: int) -> None:
    found = toml(text).diagnostic(("s",), "m", within=within)
    assert (found.line, found.column, found.width) == (line, column, width)


@given(st.text(st.sampled_from("aé😀 \t\\\"'\n{}"), max_size=30), st.sampled_from(["basic", "many", "literal"]))
def test_an_offset_leads_to_its_own_character(value: str, form: str) -> None:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    if form == "literal":
        value = value.replace("'", "").replace("\n", "")
    written = {
        "basic": f'"{escaped.replace(chr(10), chr(92) + "n")}"',
        "many": f'"""\n{escaped}"""',
        "literal": f"'{value}'",
    }
    file = toml(f"# é\ns = {written[form]}\n")
    assert file.data["s"] == value
    codes = {"\n": ("\\n", ""), "\t": ("\\t", "\t"), '"': ('\\"', '"'), "\\": ("\\\\", "\\")}
    for offset, char in enumerate(value):
        found = file.diagnostic(("s",), "m", within=(offset, 1))
        assert underlined(found) in codes.get(char, (char,))


@pytest.mark.parametrize(
    ("text", "place", "message", "hint"),
    [
        ("a = 1\na = 2\n", (2, 1, 1), '"a" is already set on line 1', "keep one of the two"),
        ("[a]\nb = 1\n[c]\n[a]\n", (4, 1, 3), "[a] is already set on line 1", "keep one of the two"),
        ("[[a]]\n[a]\n", (2, 1, 3), "[a] is already set on line 1", "keep one of the two"),
        ("[a.b]\n[[a]]\n", (2, 1, 5), "[[a]] is already set on line 1", "keep one of the two"),
        ("a = { b = 1, b = 2 }", (1, 14, 1), '"b" is already set on line 1', "keep one of the two"),
        ("x = 1\na = { b = 1 }\na.c = 1", (3, 1, 1), '"a" is already set on line 2', "keep one of the two"),
        ("a.b = 1\na.b.c = 2", (2, 3, 1), '"b" is already set on line 1', "keep one of the two"),
        ("a = 1\n[a.b]", (2, 2, 1), '"a" is already set on line 1', "keep one of the two"),
        ("[a]\nb.c = 1\n[a.b]\n", (3, 1, 5), "[a.b] is already set on line 2", "keep one of the two"),
        ("\"q r\" = 1\n'q r' = 2", (2, 1, 5), "'q r' is already set on line 1", "keep one of the two"),
        ("a =\n", (1, 4, 1), "expected a value here", 'write text in quotes: key = "value"'),
        ("a = vod\n", (1, 5, 3), "expected a value, found the bare word vod", 'write "vod"'),
        ("a = True\n", (1, 5, 4), "expected a value, found the bare word True", "write true"),
        ("a = [1,\nb = 2\n", (2, 1, 1), "the list is not closed", "close it with ]"),
        (
            '"é" = "x\n',
            (1, 9, 1),
            "the text is not closed on this line",
            'close it with a quote; many lines stand in """',
        ),
        ('a = 1\nq = """ #\n\n', (2, 5, 1), "the text is not closed", "close it with the quotes that opened it"),
        ("[a\n", (1, 3, 1), 'expected "]" at the end of a header', "write [name]"),
        ("a = 1 b = 2", (1, 7, 1), "expected the end of the line", "write one key per line"),
        ("word", (1, 5, 1), 'expected "=" after a key', 'write key = "value"'),
        ("\ufeffa = 1", (1, 1, 1), "the file starts with a byte order mark", "save it as UTF-8 without one"),
        ('a = "\\q"', (1, 6, 2), "unknown escape in a text", "write \\\\ for a backslash, or use single quotes"),
        ("a = 2026-02-30", (1, 5, 1), "invalid date or datetime", ""),
        ("a = " + "9" * 5000, (0, 0, 1), "a number is too long", ""),
        ("a = " + "[" * 3000, (0, 0, 1), "lists or tables are nested too deeply", ""),
    ],
)
def test_no_toml(tmp_path: Path, text: str, place: tuple[int, int, int], message: str, hint: str) -> None:
    found = refused(tmp_path, text.encode())
    assert ((found.line, found.column, found.width), found.message, found.hint) == (place, message, hint)
    assert found.file == "jobs/x.toml"


def refused(tmp_path: Path, raw: bytes) -> Diagnostic:
    path = tmp_path / "x.toml"
    path.write_bytes(raw)
    with pytest.raises(InvalidError) as caught:
        read_toml(path, "jobs/x.toml")
    (found,) = caught.value.diagnostics
    return found


def test_what_is_no_text_is_placed_too(tmp_path: Path) -> None:
    found = refused(tmp_path, b'a = 1\nb = "\xc3\xa9\xff"\n')
    assert (found.line, found.column, found.message) == (2, 7, "byte 0xff is not UTF-8")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    def message(path: Path) -> tuple[int, str]:
        with pytest.raises(InvalidError) as caught:
            read_toml(path, "x.toml")
        return caught.value.diagnostics[0].line, caught.value.diagnostics[0].message

    assert message(tmp_path / "no.toml") == (0, "there is no such file")
    assert message(tmp_path) == (0, "this is a folder, not a file")
    assert message(tmp_path / "a\0b") == (0, "the file cannot be read: embedded null byte")


def test_a_good_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_bytes(FIXTURE.replace("\n", "\r\n").encode())
    file = read_toml(tmp_path / "x.toml", "x.toml")
    assert file.data == tomllib.loads(FIXTURE)
    assert file.shown == "x.toml"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ('ks = "djJ8abc"', 'ks = "*******"'),
        (
            'auth = { app_token = { id = "x", secret = "s3 c" } }',
            'auth = { app_token = { id = "x", secret = "** *" } }',
        ),
        ("adminSecret='a' # ks", "adminSecret='*' # ks"),
        ('auth."api_key" = ["a", "b"]', 'auth."api_key" = ["*", "*"]'),
        ('marks = "open"', 'marks = "open"'),
        ('password = { env = "SMTP_PASSWORD" }', 'password = { env = "SMTP_PASSWORD" }'),
    ],
)
def test_credentials_are_not_quoted(line: str, shown: str) -> None:
    assert toml(line).diagnostic((), "m").source == shown


def test_a_bare_credential_is_neither_quoted_nor_suggested(tmp_path: Path) -> None:
    found = refused(tmp_path, b"ks = djJ8abc\n")
    assert (found.source, found.message, found.hint) == ("ks = *******", "text must stand in quotes", "")


def test_secret_keys() -> None:
    names = ("ks", "KS", "admin_secret", "token_id", "apiKey", "tasks", "key", "keys")
    assert [name for name in names if is_secret_key(name)] == ["ks", "KS", "admin_secret", "token_id", "apiKey"]


LINES = ["a = 1\n", "[a]\n", "[[a]]\n", "[a.b]\n", "a.b = 1\n", 'b = """\n', "b = {a = 1}\n", "x"]
TOMLISH = st.text(st.sampled_from("ab.=[]{}\"'\\\n\r\t #,1é-:T"), max_size=40)


@given(TOMLISH | st.lists(st.sampled_from(LINES)).map("".join))
def test_reading_raises_nothing_but_what_is_declared(text: str) -> None:
    path = _Stub(text.encode())
    try:
        file = read_toml(path, "x.toml")  # type: ignore[arg-type]
    except InvalidError as error:
        (found,) = error.diagnostics
        assert found.message
        assert found.line == 0 or found.source == text.split("\n")[found.line - 1].removesuffix("\r")
        assert 1 <= found.column <= len(found.source) + 1
    else:
        for key in file.data:
            assert file.diagnostic((key,), "m", at="key").line >= 1


class _Stub:
    """Stands for a path, so that thousands of texts need no disk."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw

    def read_bytes(self) -> bytes:
        return self.raw
