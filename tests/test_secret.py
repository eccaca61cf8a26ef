from __future__ import annotations

import base64
import html
import json
import logging
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reportrunner import secret
from reportrunner.errors import SecretError
from reportrunner.secret import RedactingFilter, Redactor, SecretReference, read_secret

ROOT = Path(__file__).parent


def test_a_reference_is_exactly_one_place() -> None:
    cases: tuple[dict[str, Any], ...] = ({}, {"env": "A", "file": "b"}, {"env": ""}, {"command": ()})
    for wrong in cases:
        with pytest.raises(ValueError, match="exactly one of"):
            SecretReference(**wrong)
    assert SecretReference(env="KALTURA_TOKEN").describe() == "environment variable KALTURA_TOKEN"
    assert SecretReference(command=("pass", "show", "hidden/name")).describe() == "command pass"


def test_secrets_are_read_from_each_place(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("file value\n\n")
    command = (sys.executable, "-c", "import os; print(os.environ['A'] + os.path.basename(os.getcwd()))")
    environ = {"A": "value "}
    assert read_secret(SecretReference(env="A"), environ, tmp_path) == "value "
    assert read_secret(SecretReference(file="token"), {}, tmp_path) == "file value\n"
    assert read_secret(SecretReference(command=command), environ, tmp_path) == f"value {tmp_path.name}"


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        (SecretReference(env="NONE"), "environment variable NONE is not set"),
        (SecretReference(env="EMPTY"), "is empty"),
        (SecretReference(env="SHORT"), "fewer than 4"),
        (SecretReference(file="none"), "file none cannot be read: No such file"),
        (SecretReference(command=("no-such-program",)), "command no-such-program cannot be started"),
        (SecretReference(command=(sys.executable, "-c", "print('xyzzy'); exit(3)")), "exit code 3"),
        (SecretReference(command=(sys.executable, "-c", "print('x' * 99999)")), "more than 64 KiB"),
    ],
)
def test_what_is_missing_is_named_and_no_value_is(reference: SecretReference, words: str) -> None:
    with pytest.raises(SecretError, match=words) as caught:
        read_secret(reference, {"EMPTY": "", "SHORT": "abc"}, ROOT)
    assert "xyzzy" not in str(caught.value)
    assert "abc" not in str(caught.value)


def test_a_command_that_hangs_is_ended_with_its_children(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret, "_COMMAND_SECONDS", 0.2)
    hangs = SecretReference(command=("sh", "-c", "sleep 600; echo late"))
    with pytest.raises(SecretError, match="no answer within"):
        read_secret(hangs, {"PATH": "/usr/bin:/bin"}, ROOT)


def forms(value: str, around: str) -> list[str]:
    raw = value.encode()
    return [
        value,
        quote(value, safe=""),
        quote(value),
        quote_plus(value),
        quote(value, safe="").replace("%2F", "%2f").replace("%2B", "%2b"),
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1].replace("/", "\\/"),
        json.dumps(json.dumps(value))[3:-3],
        html.escape(value),
        *(base64.b64encode(around[:n].encode() + raw + around.encode()).decode() for n in range(3)),
        base64.urlsafe_b64encode(raw).decode(),
    ]


@given(st.text(st.characters(codec="utf-8", exclude_characters="*"), min_size=8, max_size=40))
@example("p@ss/w+rd=é&\"x'<>\\ \n\t")
@example("\U0001f600 four emoji \U0001f600")
def test_every_form_of_a_secret_is_hidden(value: str) -> None:
    redactor = Redactor()
    redactor.learn(value)
    for form in forms(value, "abc"):
        for text in (form, f"before {form} after"):
            hidden = redactor.redact(text)
            assert "***" in hidden
            assert form not in hidden
            assert redactor.redact(hidden) == hidden
            assert redactor.redact_bytes(b"\xff" + text.encode()) == b"\xff" + hidden.encode()


def test_the_longest_goes_first_and_short_ones_are_ignored() -> None:
    redactor = Redactor()
    for value in ("token", "token-of-mine", "abc", ""):
        redactor.learn(value)
    assert redactor.redact("token-of-mine token abc tok") == "*** *** abc tok"


def test_large_clean_bodies_are_not_copied() -> None:
    redactor = Redactor()
    for n in range(10):
        redactor.learn(f"secret/{n}+" + "xyz" * 12)
    body = b"1_abc|John Doe|12.5|33;" * 200_000
    assert redactor.redact_bytes(body) is body


def test_log_records_are_hidden() -> None:
    redactor = Redactor()
    redactor.learn("hush-hush")
    shown = RedactingFilter(redactor)
    try:
        int("hush-hush")
    except ValueError:
        record = logging.LogRecord("a", 10, "f", 1, "said %s", ("hush-hush",), sys.exc_info(), sinfo="hush-hush")
    assert shown.filter(record)
    text = logging.Formatter().format(record)
    assert "hush" not in text
    assert text.startswith("said ***")
    assert "base 10: '***'" in text


def test_what_is_forgotten_is_hidden_no_more_and_may_be_learnt_again() -> None:
    redactor = Redactor()
    redactor.learn("first-secret")
    redactor.forget()
    assert redactor.redact("first-secret second-secret") == "first-secret second-secret"
    redactor.learn("second-secret")
    redactor.learn("first-secret", "<one>")
    assert redactor.redact("first-secret second-secret") == "<one> ***"
