"""Validation errors as a good compiler says them: nearest words, places, what to type."""

from __future__ import annotations

import datetime as dt
import enum
import tomllib
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator, model_validator

from reportrunner.diagnose import Hinted, explain_validation, first_words
from reportrunner.errors import Diagnostic
from reportrunner.spelling import did_you_mean, suggest
from reportrunner.toml_file import Loc, TomlFile


class Strict(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Playback(enum.Enum):
    VOD = "vod"
    LIVE = "live"


class Filters(Strict):
    diagnostic_owner: ClassVar[str] = "report.getTable"
    diagnostic_noun: ClassVar[str] = "filter"
    familiar: ClassVar[Mapping[str, str]] = {"fromDate": 'write window = "week"'}
    entryIdIn: list[str] = []  # noqa: N815  the provider's own name
    playback: Annotated[Playback, Field(strict=False)] = Playback.VOD


class Each(Strict):
    diagnostic_owner: ClassVar[str] = "each"
    dataset: str
    column: str
    as_: str | None = Field(default=None, alias="as")


class Secret(Strict):
    diagnostic_example: ClassVar[str] = '{ env = "NAME" }'
    env: str


class Csv(Strict):
    format: Literal["csv"]
    delimiter: str = ","


class Email(Strict):
    format: Literal["email", "eml"]
    to: list[str]


class Rows(Strict):
    rows: list[int]


class Job(Strict):
    diagnostic_owner: ClassVar[str] = "this job"
    familiar: ClassVar[Mapping[str, str]] = {"tz": 'write timezone = "Europe/Berlin"'}
    timezone: str
    owner: str = ""
    tags: list[str] = []
    day: dt.date | None = None
    to: dt.datetime | dt.date | str | None = None
    large: Literal["error", "split", 13] = "error"
    size: int = Field(default=1, ge=1, le=64, description="How many at once")
    ratio: float = 0.5
    ready: bool = False
    name: Annotated[str, StringConstraints(pattern="^[a-z]+$")] = "a"
    label: str = Field(default="x", min_length=1, max_length=3)
    pair: tuple[str, ...] = Field(default=(), strict=False)
    filters: Filters | None = None
    each: Each | str | None = None
    ks: Secret | None = None
    token: Literal["a", "b"] | None = None
    outputs: dict[str, Annotated[Csv | Email, Field(discriminator="format")]] = {}
    steps: list[Annotated[Csv | Email, Field(discriminator="format")]] = []
    source: Rows | Each | None = None
    accept: dict[Literal["vod_only", "stale"], str] = {}
    counts: dict[str, list[int]] = {}

    @field_validator("owner")
    @classmethod
    def _owner(cls, value: str) -> str:
        if value == "nobody":
            raise Hinted("nobody cannot own a job", "name a person")
        if value == "me":
            raise ValueError("who is that?")
        return value

    @model_validator(mode="after")
    def _whole(self) -> Job:
        if self.label == "bad":
            raise Hinted('"label" is bad', "remove it", key="label")
        if self.label == "all":
            raise Hinted("all is bad")
        return self


def explain(text: str, base: Loc = ()) -> list[Diagnostic]:
    data: Any = tomllib.loads(text)
    file = TomlFile("jobs/x.toml", text, tomllib.loads(text))
    for part in base:
        data = data[part]
    with pytest.raises(ValidationError) as caught:
        Job.model_validate(data)
    return explain_validation(file, base, caught.value, Job)


LIST = "known keys: timezone, owner, tags, day, to, large, size, ratio, ready, name, label, pair, ..."
CASES = [
    # unknown keys
    ('ownr = "x"', "ownr", 'unknown key "ownr" in this job; did you mean "owner"?', ""),
    ('tz = "x"', "tz", 'unknown key "tz" in this job', 'write timezone = "Europe/Berlin"'),
    ("xylophone = 1", "xylophone", 'unknown key "xylophone" in this job', LIST),
    (
        'filters = { entryIdsIn = ["1"] }',
        "entryIdsIn",
        'report.getTable has no filter "entryIdsIn"; did you mean "entryIdIn"?',
        "",
    ),
    ("filters = { fromDate = 1 }", "fromDate", 'report.getTable has no filter "fromDate"', 'write window = "week"'),
    (
        "filters = { zzzzzzzz = 1 }",
        "zzzzzzzz",
        'report.getTable has no filter "zzzzzzzz"',
        "known filters: entryIdIn, playback",
    ),
    (
        '[outputs.a]\nformat = "csv"\ndelimeter = ";"',
        "delimeter",
        'unknown key "delimeter"; did you mean "delimiter"?',
        "",
    ),
    ('[[steps]]\nformat = "csv"\n"a b" = 1', '"a b"', 'unknown key "a b"', "known keys: format, delimiter"),
    (
        'each = { dataset = "a", column = "b", sa = "c" }',
        "sa",
        'unknown key "sa" in each; did you mean "as"?',
        "",
    ),
    # missing keys
    ('each = { dataset = "a" }', "each", 'each needs the key "column" (text)', 'add column = "..."'),
    ('[outputs.a]\nformat = "eml"', "[outputs.a]", 'the key "to" is missing (a list of text)', 'add to = ["..."]'),
    ("steps = [{}]", "{}", 'the key "format" is missing (one of "csv", "email", "eml")', 'add format = "csv"'),
    # values of the wrong type
    ('tags = "vod"', '"vod"', 'expected a list of text, found text "vod"', 'write ["vod"]'),
    ("tags = [1]", "1", "expected text, found 1", 'write "1"'),
    ("tags = {}", "tags", "expected a list of text, found a table", ""),
    ("pair = 5", "5", "expected a list of text, found 5", 'write ["5"]'),
    ('owner = ["a"]', '["a"]', "expected text, found a list", 'write "a"'),
    ('day = "2026-09-01"', '"2026-09-01"', 'expected a date, found text "2026-09-01"', "write 2026-09-01"),
    ('day = "soon"', '"soon"', 'expected a date, found text "soon"', ""),
    ("owner = 2026-09-01", "2026-09-01", "expected text, found the date 2026-09-01", 'write "2026-09-01"'),
    ("to = 5", "5", "expected a timestamp, a date or text, found 5", ""),
    ('size = "13"', '"13"', 'expected an integer, found text "13"', "write 13"),
    ("size = 2.0", "2.0", "expected an integer, found 2.0", "write 2"),
    ("size = true", "true", "expected an integer, found true", ""),
    ('ratio = "0.5"', '"0.5"', 'expected a number, found text "0.5"', "write 0.5"),
    ('ready = "True"', '"True"', 'expected true or false, found text "True"', "write true"),
    ("each = 5", "5", "expected a table or text, found 5", 'write "5"'),
    (
        'each = ["a", "b"]',
        '["a", "b"]',
        "expected a table or text, found a list",
        'write { dataset = "...", column = "..." }',
    ),
    ("steps = [1]", "1", "expected a table, found 1", 'write { format = "csv" }'),
    ("steps = 1", "1", "expected a list of tables, found 1", ""),
    ('counts = { a = [1, "x"] }', '"x"', 'expected an integer, found text "x"', ""),
    (f'size = "{"y" * 50}"', f'"{"y" * 50}"', f'expected an integer, found text "{"y" * 37}..."', ""),
    # choices
    ('large = "spilt"', '"spilt"', '"large" cannot be "spilt"; did you mean "split"?', 'one of "error", "split", 13'),
    ('large = "13"', '"13"', '"large" cannot be "13"', "write 13"),
    ("large = 14", "14", '"large" cannot be 14', 'one of "error", "split", 13'),
    (
        'filters = { playback = "VOD" }',
        '"VOD"',
        '"playback" cannot be "VOD"; did you mean "vod"?',
        'one of "vod", "live"',
    ),
    (
        '[outputs.a]\nformat = "cvs"',
        '"cvs"',
        '"format" cannot be "cvs"; did you mean "csv"?',
        'one of "csv", "email", "eml"',
    ),
    (
        'accept = { vodonly = "x" }',
        "vodonly",
        'a key here cannot be "vodonly"; did you mean "vod_only"?',
        'one of "vod_only", "stale"',
    ),
    # bounds and forms
    ("size = 0", "0", '"size" must be 1 or more, found 0', "How many at once"),
    ("size = 65", "65", '"size" must be 64 or less, found 65', "How many at once"),
    ('label = ""', '""', '"label" must not be empty', ""),
    ('label = "long"', '"long"', '"label" must have at most 3 characters, found text "long"', ""),
    ('name = "A"', '"A"', '"name" has not the form it must have, found text "A"', "it must match ^[a-z]+$"),
    # validators
    ('owner = "nobody"', '"nobody"', "nobody cannot own a job", "name a person"),
    ('owner = "me"', '"me"', "who is that?", ""),
    ('label = "bad"', "label", '"label" is bad', "remove it"),
    # unions of models: only the member that was meant speaks
    ("source = { rows = ['x'] }", "'x'", 'expected an integer, found text "x"', ""),
    ('source = { dataset = "a", column = 1 }', "1", "expected text, found 1", 'write "1"'),
    ('each = { dataset = "a", colum = "b" }', "colum", 'unknown key "colum" in each; did you mean "column"?', ""),
    # credentials
    ('ks = "djJ8"', '"****"', "expected a table, found text", 'write { env = "NAME" }'),
    ('token = "bb"', '"**"', '"token" has a value that is not allowed', 'one of "a", "b"'),
    ("token = 12", "**", '"token" has a value that is not allowed', 'one of "a", "b"'),
]


@pytest.mark.parametrize(("text", "underlined", "message", "hint"), CASES)
@pytest.mark.parametrize("base", [(), ("datasets", "é x")])
def test_one_mistake_one_sentence(text: str, underlined: str, message: str, hint: str, base: Loc) -> None:
    head = 'timezone = "UTC"\n'
    if base:
        inner = text.replace("[[", '[[datasets."é x".').replace("\n[", '\n[datasets."é x".')
        inner = f'[datasets."é x".{inner[1:]}' if inner.startswith("[outputs") else inner
        head, text = f'[datasets."é x"]\n{head}', inner
        underlined = underlined.replace("[outputs", '[datasets."é x".outputs')
    (found,) = explain(head + text, base)
    assert (found.message, found.hint) == (message, hint)
    assert found.source[found.column - 1 :][: found.width] == underlined
    assert found.file == "jobs/x.toml"


def test_what_is_missing_from_a_whole_file() -> None:
    (found,) = explain('# a job\nowner = "x"')
    assert (found.line, found.column, found.message) == (1, 1, 'this job needs the key "timezone" (text)')
    assert found.hint == 'add timezone = "..."'


@pytest.mark.parametrize("key", ["timezon", "tz", "TimeZone", "time_zone"])
def test_a_misspelt_key_is_not_also_called_missing(key: str) -> None:
    (found,) = explain(f'{key} = "UTC"')
    assert found.message.startswith(f'unknown key "{key}" in this job')


def test_all_errors_at_once_in_the_order_of_the_file() -> None:
    found = explain('tags = "x"\nownr = 1\n\n[filters]\nplayback = "vood"\nentryIdsIn = []\n[each]\ncolumn = 3\n')
    assert [(one.line, one.column) for one in found] == [(1, 1), (1, 8), (2, 1), (5, 12), (6, 1), (7, 1), (8, 10)]


def test_a_word_of_a_model_validator_stands_at_its_table() -> None:
    (found,) = explain('[datasets.x]\ntimezone = "UTC"\nlabel = "all"', ("datasets", "x"))
    assert (found.line, found.column, found.width, found.message, found.hint) == (2 - 1, 1, 12, "all is bad", "")


def test_no_message_shows_a_credential() -> None:
    texts = ['ks = "djJ8geheim"', 'token = "djJ8geheim"', 'auth = "djJ8geheim"', 'ks = { env = ["djJ8geheim"] }']
    found = [one for text in texts for one in explain('timezone = "UTC"\n' + text)]
    assert len(found) == len(texts)
    assert [one for one in found if "geheim" in one.message + one.hint] == []


@pytest.mark.parametrize(
    ("word", "known", "nearest"),
    [
        ("ownr", ["owner", "order"], "owner"),
        ("entryIdsIn", ["entryIdIn", "userIds"], "entryIdIn"),
        ("entry_id_in", ["entryIdIn", "userIds"], "entryIdIn"),
        ("OWNER", ["owner"], "owner"),
        ("tiemzone", ["timezone", "times"], "timezone"),
        ("wek", ["week", "weak"], "week"),
        ("desc", ["description", "dst"], "description"),
        ("windwos", ["windows"], "windows"),
        ("x", ["y", "z"], ""),
        ("", ["a"], ""),
        ("a", [], ""),
        ("completely", ["different", "words"], ""),
        ("to", ["from", "until"], ""),
        ("cat", ["car", "bat"], "bat"),
    ],
)
def test_nearest_word(word: str, known: list[str], nearest: str) -> None:
    assert suggest(word, known) == nearest
    assert suggest(word, set(known)) == suggest(word, reversed(known))


def test_did_you_mean() -> None:
    assert did_you_mean("wek", ["week"]) == '; did you mean "week"?'
    assert did_you_mean("sunshine", ["week"]) == ""


@given(
    st.sampled_from(list(Job.model_fields)),
    st.integers(0, 20),
    st.sampled_from(["delete", "swap", "double", "replace"]),
)
def test_one_edit_is_always_forgiven(name: str, at: int, edit: str) -> None:
    at %= len(name)
    changed = {
        "delete": name[:at] + name[at + 1 :],
        "swap": name[:at] + name[at : at + 2][::-1] + name[at + 2 :],
        "double": name[:at] + name[at] + name[at:],
        "replace": name[:at] + "x" + name[at + 1 :],
    }[edit]
    near = suggest(changed, Job.model_fields)
    assert near or len(changed) < 2
    assert near == name or len(name) < 6


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.dates() | st.datetimes(),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["format", "dataset", "to", "x"]), inner)
    ),
    max_leaves=4,
)


@given(st.dictionaries(st.sampled_from([*Job.model_fields, "from", "x"]), VALUES, max_size=4))
def test_every_error_of_pydantic_finds_words(data: dict[str, Any]) -> None:
    try:
        Job.model_validate(data)
    except ValidationError as error:
        found = explain_validation(TomlFile("x.toml", "a = 1\n", {"a": 1}), (), error, Job)
        assert found
        assert all(one.message and one.line == 1 for one in found)


class Segment(Strict):
    id: str

    @field_validator("id")
    @classmethod
    def _fits(cls, value: str) -> str:
        if "/" in value:
            raise Hinted(f'"{value}" holds a slash', "leave it out")
        return value


def test_of_several_reasons_the_first_is_told_on_one_line() -> None:
    written = '[datasets.a]\nid = "{{ each }}"\n'
    file = TomlFile("job.toml", written, tomllib.loads(written))
    with pytest.raises(ValidationError) as refused:
        Segment.model_validate({"id": "a/b"})
    assert first_words(file, ("datasets", "a"), refused.value, Segment) == '"a/b" holds a slash'
    assert first_words(file, ("datasets", "a"), ValueError("one\ntwo"), Segment) == "one"
