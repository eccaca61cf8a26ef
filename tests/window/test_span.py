"""Spans and durations: texts read and printed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reportrunner.window.span import Span, WindowError, parse_duration, parse_span


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("28 days", Span(days=28)),
        ("1 day", Span(days=1)),
        ("2 weeks", Span(days=14)),
        ("3 months", Span(months=3)),
        ("1 quarter", Span(months=3)),
        ("-1 year", Span(months=-12)),
        ("+1 month", Span(months=1)),
        ("-110s", Span(seconds=-110)),
        ("90s", Span(seconds=90)),
        ("12h", Span(seconds=43_200)),
        ("20m", Span(seconds=1200)),
        ("20 min", Span(seconds=1200)),
        ("1h30m", Span(seconds=5400)),
        ("- 1 day 6 hours", Span(days=-1, seconds=-21_600)),
        (" 4 Weeks ", Span(days=28)),
        ("0 days", Span()),
    ],
)
def test_a_span_is_read(text: str, span: Span) -> None:
    assert parse_span(text) == span


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("28 dasy", 'unknown unit "dasy"; did you mean "days"?'),
        ("1 mnth", 'unknown unit "mnth"; did you mean "month"?'),
        ("1 x", 'unknown unit "x"; write a length such as "28 days"'),
        ("28", '"28" is no length of time; write a number and a unit, such as "28 days"'),
        ("", '"" is no length of time'),
        ("days", "is no length of time"),
        ("1.5 days", "is no length of time"),
        ("1 day -2h", "is no length of time"),
        ("1234567890s", "is no length of time"),
        ("\u0661 day", "is no length of time"),
    ],
)
def test_a_wrong_span_is_told_what_to_write(text: str, words: str) -> None:
    with pytest.raises(WindowError) as caught:
        parse_span(text)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (Span(), "0 days"),
        (Span(months=-1), "-1 month"),
        (Span(months=24), "2 years"),
        (Span(months=14), "14 months"),
        (Span(days=-28), "-28 days"),
        (Span(seconds=7200), "2 hours"),
        (Span(seconds=60), "1 minute"),
        (Span(seconds=-110), "-110 seconds"),
        (Span(months=1, days=2, seconds=3), "1 month 2 days 3 seconds"),
    ],
)
def test_a_span_prints_what_reads_back(span: Span, text: str) -> None:
    assert str(span) == text
    assert parse_span(text) == span
    assert parse_span(str(-span)) == -span


def test_the_parts_of_a_span_pull_one_way() -> None:
    with pytest.raises(ValueError, match="one sign"):
        Span(months=1, days=-1)
    assert [Span(days=-3).sign, Span().sign, Span(seconds=9).sign] == [-1, 0, 1]


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("2s", timedelta(seconds=2)),
        ("20m", timedelta(minutes=20)),
        ("1h30m", timedelta(minutes=90)),
        ("500ms", timedelta(milliseconds=500)),
        ("2 days", timedelta(hours=48)),
        ("1 week", timedelta(days=7)),
    ],
)
def test_a_duration_is_read(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("-2s", "is negative"),
        ("1 month", 'unknown unit "month"'),
        ("2 secs", 'did you mean "sec"?'),
        ("soon", 'such as "2s", "20m" or "1h30m"'),
    ],
)
def test_a_wrong_duration_is_told_what_to_write(text: str, words: str) -> None:
    with pytest.raises(WindowError) as caught:
        parse_duration(text)
    assert words in str(caught.value)


def test_an_error_can_be_said_of_a_window_and_a_key() -> None:
    error = WindowError("wrong").located("week", "shift")
    assert (error.message, error.window_name, error.key, str(error)) == ("wrong", "week", "shift", "wrong")
