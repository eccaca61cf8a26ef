"""The models of job and project file: strict, frozen, and each rule of theirs in the user's words."""

# ruff: noqa: E501 - a line of a table is one case

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from reportrunner.diagnose import explain_validation
from reportrunner.fan_out_spec import EachSpec
from reportrunner.secret import SecretReference
from reportrunner.source_spec import LimitsSpec, ProjectSpec, SecretSpec, SourceSpec
from reportrunner.spec import CheckSpec, FileDataset, JobFile, ParamSpec, PollSpec, RowsDataset
from reportrunner.strict import Strict
from reportrunner.toml_file import TomlFile
from reportrunner.window_spec import WindowSpec


def said(model: type[BaseModel], text: str) -> list[str]:
    file = TomlFile("a.toml", text, tomllib.loads(text))
    try:
        model.model_validate(file.data)
    except ValidationError as error:
        found = explain_validation(file, (), error, model)
        return [f"{one.line}:{one.column} {one.message}" + (f" | {one.hint}" if one.hint else "") for one in found]
    return []


MODELS = [
    CheckSpec,
    EachSpec,
    FileDataset,
    JobFile,
    LimitsSpec,
    ParamSpec,
    PollSpec,
    ProjectSpec,
    RowsDataset,
    SecretSpec,
    SourceSpec,
    WindowSpec,
]


@pytest.mark.parametrize("model", MODELS)
def test_every_model_is_strict_and_frozen(model: type[Strict]) -> None:
    config = model.model_config
    assert (config.get("frozen"), config.get("strict"), config.get("extra")) == (True, True, "forbid")
    assert said(model, "zzzzzz = 1\n")[-1 if model is not JobFile else 0 :]


@pytest.mark.parametrize(
    ("model", "text", "words"),
    [
        (SecretSpec, 'env = "A"', []),
        (SecretSpec, 'command = ["pass", "show"]', []),
        (SecretSpec, 'env = "A"\nfile = "b"', ['1:1 a secret is given by exactly one reference | write { env = "NAME" }']),
        (SecretSpec, "command = []", ['1:11 "command" must not be empty']),
        (LimitsSpec, 'rate = "20/1s"\nconcurrency = 64', []),
        (LimitsSpec, 'rate = "0/1s"', ['1:8 a rate allows at least one request in some time, such as "20/1s"']),
        (LimitsSpec, "concurrency = 65", ['1:15 "concurrency" must be 64 or less, found 65']),
        (SourceSpec, 'provider = "a"\nbase_url = "https://a.example/x"', []),
        (SourceSpec, 'provider = "a"\nbase_url = "a.example"', ['2:12 "a.example" is no base URL: it has a scheme, a host and no query | write "https://a.example"']),
        (SourceSpec, 'provider = "a"\nbase_url = "https://a.example/?x"', ['2:12 "https://a.example/?x" is no base URL: it has a scheme, a host and no query | write "https://host"']),
        (SourceSpec, 'provider = "a"\nbase_url = "https://u:p@a.example"', ["2:12 a base URL holds no user and no password | name them under auth, by reference"]),
        (PollSpec, 'every = "2s"\ntimeout = "1h30m"\nregenerate = true', []),
        (PollSpec, 'every = "2x"', ['1:9 "2x": unknown unit "x" | write a length such as "2s", "20m" or "1h30m"']),
        (PollSpec, 'timeout = "soon"', ['1:11 "soon" is no length of time | write a number and a unit, such as "2s", "20m" or "1h30m"']),
        (EachSpec, 'values = ["a"]\nas = "Entry"', ['2:6 "Entry" is no name: lower-case letters, digits and _, a letter first | write "entry"']),
        (EachSpec, 'values = ["a"]\nas = "1"', ['2:6 "1" is no name: lower-case letters, digits and _, a letter first']),
        (JobFile, 'title = "a"\ntimezone = "UTC"\n[datasets.Weekly-Plays]\n', ['3:11 "Weekly-Plays" is no name: lower-case letters, digits and _, a letter first | write "weekly_plays"']),
        (JobFile, 'title = "a"\ntimezone = "UTC"\n[profiles.x]\n', ['3:2 unknown key "profiles" in this job | known keys: title, timezone, tags, owner, label, params, windows, datasets, checks, outputs']),
        (ParamSpec, 'type = "int"', ['1:8 "type" cannot be "int"; did you mean "integer"? | one of "string", "integer", "decimal", "ratio", "boolean", "date", "timestamp", "duration", "list"']),
        (RowsDataset, "rows = [{ a = 07:30:00 }]", ["1:15 expected text, an integer, a number, true or false, a date or a timestamp, found 07:30:00"]),
        (FileDataset, 'file = "a.csv"\ncolumns = {}', ['2:1 "columns" must not be empty']),
    ],
)  # fmt: skip
def test_what_a_model_says(model: type[BaseModel], text: str, words: list[str]) -> None:
    assert said(model, text) == words


def test_a_secret_becomes_a_reference() -> None:
    assert SecretSpec(env="A").reference() == SecretReference(env="A")
    assert SecretSpec(command=("pass", "x")).reference() == SecretReference(command=("pass", "x"))


def test_a_secret_in_the_file_is_refused_without_its_value() -> None:
    class Auth(Strict):
        ks: SecretSpec

    (words,) = said(Auth, 'ks = "8f3c0ffee1"')
    assert (
        words
        == '1:6 a secret never stands in a file, only a reference to it | write { env = "NAME" }, { file = "path" } or { command = ["..."] }'
    )
    assert said(Auth, "ks = 5") == ['1:6 expected a table, found another value | write { env = "NAME" }']


def test_the_column_of_each_is_called_by_as_or_the_column() -> None:
    each: list[dict[str, Any]] = [
        {"dataset": "a", "column": "b"},
        {"dataset": "a", "column": "b", "as": "c"},
        {"values": [1], "as": "d"},
    ]
    assert [EachSpec.model_validate(one).name for one in each] == ["b", "c", "d"]
