"""What every HTTP service means by a fault or a status."""

from __future__ import annotations

import pytest

from reportrunner.flow import Again, Refused, Reply
from reportrunner.verdict import excerpt, judge_http, plain


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_a_whole_answer_is_for_the_provider_to_judge(status: int) -> None:
    assert judge_http(Reply(status, {}, b"anything")) is None


@pytest.mark.parametrize("status", [0, 200, 429, 500])
def test_a_fault_comes_first(status: int) -> None:
    assert judge_http(Reply(status, fault="cut")) == Again("failed", "cut")


def test_statuses_that_may_pass() -> None:
    assert judge_http(Reply(429)) == Again("limited", "429 Too Many Requests")
    found = {status: judge_http(Reply(status)) for status in (408, 500, 502, 503, 504, 599)}
    assert found == {status: Again("failed", f"HTTP {status}") for status in found}


def test_a_part_is_not_the_whole() -> None:
    assert judge_http(Reply(206, {}, b"half")) == Refused(
        "unreadable", "HTTP 206: a part of the answer, where all of it was asked"
    )


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
def test_redirects_are_refused(status: int) -> None:
    verdict = judge_http(Reply(status, {"location": "https://user:secret@elsewhere.example"}))
    words = f"HTTP {status}: a redirect to https://elsewhere.example, which is never followed"
    assert verdict == Refused("refused", words, "check base_url")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 418, 422])
def test_other_statuses_are_final_in_the_services_own_words(status: int) -> None:
    assert judge_http(Reply(status, {}, b' {"message":\n "no"} ')) == Refused(
        "refused", f'HTTP {status}: {{"message": "no"}}'
    )
    assert judge_http(Reply(status)) == Refused("refused", f"HTTP {status}")


def test_an_excerpt_is_short_and_on_one_line() -> None:
    assert excerpt(b"  a\r\n\tb\x00\x1b[31mc  ") == "a b [31mc"
    assert excerpt(b"") == ""
    assert excerpt(b"x" * 200) == "x" * 200
    assert excerpt(b"x" * 201) == "x" * 199 + "…"
    assert excerpt(b"abcdef", 4) == "abc…"
    assert excerpt("é".encode() * 300) == "é" * 199 + "…"
    assert excerpt(b"\xff\xfe") == "\ufffd\ufffd"
    assert plain("a\ud800\n\x07b", 80) == "a? b"
    assert plain("x" * 900) == "x" * 499 + "…"
