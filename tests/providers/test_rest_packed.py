"""A secret inside a packed body is hidden before anybody reads it."""

from __future__ import annotations

import gzip
import io
import zipfile

import pytest

from reportrunner.providers.rest.answer import CsvResponse
from reportrunner.providers.rest.packed import cleaned, packed, unpacked
from reportrunner.secret import Redactor

SECRET = "value-of-key"
TEXT = f"id;name\n1;{SECRET}\n".encode()
SPECS = {
    "gzip": CsvResponse(format="csv", gzip=True),
    "zip": CsvResponse(format="csv", zip=True),
    "named": CsvResponse(format="csv", zip="a.csv"),
}


def zipped(text: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", text)
    return file.getvalue()


def redact(body: bytes) -> bytes:
    redactor = Redactor()
    redactor.learn(SECRET)
    return redactor.redact_bytes(body)


@pytest.mark.parametrize("name", SPECS)
def test_what_is_inside_is_cleaned_and_packed_again(name: str) -> None:
    spec = SPECS[name]
    body = gzip.compress(TEXT) if name == "gzip" else zipped(TEXT)
    assert redact(body) == body
    assert unpacked(cleaned(body, redact, spec), spec) == b"id;name\n1;***\n"
    assert cleaned(body, redact, spec) == cleaned(body, redact, spec)


@pytest.mark.parametrize("name", SPECS)
def test_a_body_with_nothing_to_hide_stays_as_it_came(name: str) -> None:
    body = packed(b"id;name\n1;a\n", SPECS[name])
    assert cleaned(body, redact, SPECS[name]) is body


@pytest.mark.parametrize("name", SPECS)
def test_what_cannot_be_unpacked_is_cleaned_as_it_is(name: str) -> None:
    assert cleaned(TEXT, redact, SPECS[name]) == b"id;name\n1;***\n"
