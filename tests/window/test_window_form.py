"""Forms of windows, resolved against as_of; and what is said when they cannot be."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from reportrunner.window import Window
from reportrunner.window.form import Between, Form, Last, Like, Period, Since, ToDate
from reportrunner.window.resolve import resolve, resolve_one
from reportrunner.window.span import Span, WindowError, parse_span
from reportrunner.window.zone import parse_as_of, use_packaged_zones

NEW_YORK = "America/New_York"
WALL = datetime(2030, 1, 1, tzinfo=UTC)
DAY = Span(days=1)


@pytest.fixture(scope="module", autouse=True)
def _packaged_zones() -> None:
    use_packaged_zones()


def _one(form: Form, as_of: str = "2026-11-16T09:30", zone: str = NEW_YORK, **others: Form) -> Window:
    return resolve_one("it", {"it": form, **others}, zone, parse_as_of(as_of, zone, WALL))


def _refused(form: Form, as_of: str = "2026-11-16T09:30", zone: str = NEW_YORK, **others: Form) -> tuple[str, str]:
    with pytest.raises(WindowError) as caught:
        _one(form, as_of, zone, **others)
    assert caught.value.window_name == "it"
    return caught.value.key, caught.value.message


@pytest.mark.parametrize(
    ("form", "as_of", "label"),
    [
        (Period("week", -1), "2026-11-16", "2026-W46"),
        (Period("week", -1), "2026-11-15T23:59:59", "2026-W45"),
        (Period("week"), "2026-11-22", "2026-W46"),
        (Period("week", -2), "2026-11-16", "2026-W45"),
        (Period("month", -1), "2026-11-16", "2026-10"),
        (Period("month", -1), "2026-11-01", "2026-10"),
        (Period("quarter", -1), "2026-11-16", "2026-Q3"),
        (Period("quarter", -4), "2026-11-16", "2025-Q4"),
        (Period("year", -1), "2026-11-16", "2025"),
        (Period("day", -1), "2026-11-16", "2026-11-15"),
        (Period("hour", -1), "2026-11-16T09:30", "2026-11-16T08"),
        (Period("hour", -1), "2026-11-01T02:10-05:00", "2026-11-01T01-0500"),
        (Period("hour", -2), "2026-11-01T02:10-05:00", "2026-11-01T01-0400"),
        (Period("week", 0), "2026-11-18T09:30", "2026-11-16..2026-11-18T093000-0500"),
        (Period("week", 0), "2026-11-18", "2026-11-16..2026-11-17"),
        (Period("day", 0), "2026-11-16T09:30", "2026-11-16..2026-11-16T093000-0500"),
        (Last(Span(days=28)), "2026-11-16T09:30", "2026-10-19..2026-11-15"),
        (Last(parse_span("4 weeks")), "2026-11-16", "2026-10-19..2026-11-15"),
        (Last(DAY), "2026-11-16", "2026-11-15"),
        (Last(Span(months=3)), "2026-11-16", "2026-08-16..2026-11-15"),
        (Last(Span(months=1)), "2026-03-31", "2026-02-28..2026-03-30"),
        (Last(Span(days=7), until=date(2026, 11, 2)), "2026-11-16", "2026-10-26..2026-11-01"),
        (Last(DAY, until=date(2026, 11, 16)), "2026-11-16T00:00:01", "2026-11-15"),
        (Between(date(2026, 11, 9), date(2026, 11, 15)), "2026-11-16", "2026-11-09..2026-11-15"),
        (Between(date(2026, 11, 9), date(2026, 11, 9)), "2026-11-16", "2026-11-09"),
        (Between(date(2026, 9, 1), "as_of"), "2026-11-16", "2026-09-01..2026-11-15"),
        (Between(date(2026, 9, 1), "as_of"), "2026-11-16T09:30", "2026-09-01..2026-11-16T093000-0500"),
        (Between(date(2026, 9, 1), date(2026, 12, 31)), "2026-11-16", "2026-09-01..2026-12-31"),
        (
            Between(datetime.fromisoformat("2026-11-09T13:00"), datetime.fromisoformat("2026-11-09T19:30Z")),
            "2026-11-16",
            "2026-11-09T130000-0500..2026-11-09T143000-0500",
        ),
        (ToDate("quarter"), "2026-11-16T09:30", "2026-10-01..2026-11-16T093000-0500"),
        (ToDate("year"), "2026-11-16", "2026-01-01..2026-11-15"),
        (ToDate("week"), "2026-11-17", "2026-11-16"),
        (
            Since(Span(seconds=-110), Span(seconds=-20)),
            "2026-11-16T09:30",
            "2026-11-16T092810-0500..2026-11-16T092940-0500",
        ),
        (Since(Span(days=-1)), "2026-11-02T09:30", "2026-11-01T093000-0500..2026-11-02T093000-0500"),
        # 24 hours before the end of a day of 25
        (Since(Span(seconds=-86_400)), "2026-11-02", "2026-11-01T010000-0400..2026-11-01"),
    ],
)
def test_forms(form: Form, as_of: str, label: str) -> None:
    assert _one(form, as_of).label == label


def test_a_day_that_the_zone_skipped_is_no_day() -> None:
    apia = "Pacific/Apia"
    assert _one(Period("day", -1), "2011-12-31", apia).label == "2011-12-29"
    assert _one(Last(DAY), "2011-12-31", apia).label == "2011-12-29"
    assert _one(Last(Span(days=3)), "2012-01-02", apia).label == "2011-12-29..2012-01-01"
    assert _one(Period("month", -1), "2012-01-02", apia).days == 30
    skipped = Between(date(2011, 12, 30), date(2011, 12, 30))
    assert _refused(skipped, "2012-01-02", apia) == (
        "to",
        "from and to are both 2011-12-30, which leaves no time in Pacific/Apia",
    )


def test_lag_moves_as_of_back_for_every_form() -> None:
    assert _one(Period("week", -1, lag=DAY), "2026-11-16").label == "2026-W45"
    assert _one(Last(Span(days=7), lag=DAY), "2026-11-16").label == "2026-11-08..2026-11-14"
    assert _one(Between(date(2026, 11, 1), "as_of", lag=DAY), "2026-11-16").label == "2026-11-01..2026-11-14"
    assert _one(ToDate("month", lag=Span(days=16)), "2026-11-16").label == "2026-10-01..2026-10-30"
    late = _one(Since(Span(seconds=-60), lag=Span(seconds=30)), "2026-11-16T09:30")
    assert (late.start.isoformat()[11:19], late.end.isoformat()[11:19]) == ("09:28:30", "09:29:30")
    like = _one(Like("week", Span(), lag=DAY), "2026-11-16", week=Period("week", -1))
    assert like.label == "2026-W45"
    # the model's own lag comes on top
    assert _one(Like("week", Span(), lag=DAY), "2026-11-10", week=Period("week", -1, lag=DAY)).label == "2026-W44"


@pytest.mark.parametrize(
    ("model", "shift", "as_of", "label"),
    [
        (Period("month", -1), "-1 month", "2026-11-16", "2026-09"),
        (Period("month", -1), "-1 year", "2026-11-16", "2025-10"),
        (Period("month", -1), "-1 month", "2026-03-16", "2026-01"),
        (Period("month", -1), "-1 week", "2026-11-16", "2026-09-24..2026-10-24"),
        (Period("quarter", -1), "-1 quarter", "2026-11-16", "2026-Q2"),
        (Period("quarter", -1), "-1 month", "2026-11-16", "2026-06-01..2026-08-31"),
        (Period("year", -1), "-1 year", "2026-11-16", "2024"),
        (Period("week", -1), "-1 week", "2026-11-16", "2026-W45"),
        (Period("week", -1), "-52 weeks", "2026-11-16", "2025-W46"),
        (Period("day", -1), "-1 week", "2026-11-16", "2026-11-08"),
        (Period("day", -1), "-1 month", "2026-03-31", "2026-02-28"),
        (Period("day", -1), "-1 month", "2026-03-01", "2026-01-28"),
        (Period("hour", -1), "-1 day", "2026-11-16T09:30", "2026-11-15T08"),
        (Period("month", 0), "-1 month", "2026-11-16", "2026-10-01..2026-10-15"),
        (ToDate("month"), "-1 month", "2026-03-31", "2026-02-01..2026-02-28"),
        (ToDate("month"), "-1 month", "2026-03-31T09:30", "2026-02-01..2026-02-28T093000-0500"),
        (Between(date(2026, 3, 29), date(2026, 3, 31)), "-1 month", "2026-11-16", "2026-02-28"),
        (Between(date(2026, 2, 22), date(2026, 2, 28)), "-1 month", "2026-11-16", "2026-01-22..2026-01-28"),
        (Between(date(2026, 10, 1), date(2026, 10, 31)), "-1 month", "2026-11-16", "2026-09-01..2026-09-30"),
        (Last(Span(days=28)), "-28 days", "2026-11-16", "2026-09-21..2026-10-18"),
        (Period("week", -2), "1 week", "2026-11-16", "2026-W46"),
        (Period("week", -1), "-12h", "2026-11-16", "2026-11-08T120000-0500..2026-11-15T120000-0500"),
    ],
)
def test_like_moves_another_window(model: Form, shift: str, as_of: str, label: str) -> None:
    assert _one(Like("model", parse_span(shift)), as_of, model=model).label == label


def test_likes_stand_on_one_another_in_any_order() -> None:
    forms: dict[str, Form] = {
        "oldest": Like("older", Span(days=-7)),
        "older": Like("week", Span(days=-7)),
        "week": Period("week", -1),
    }
    windows = resolve(forms, NEW_YORK, parse_as_of("2026-11-16", NEW_YORK, WALL))
    assert {name: window.label for name, window in windows.items()} == {
        "oldest": "2026-W44",
        "older": "2026-W45",
        "week": "2026-W46",
    }
    assert list(windows) == ["oldest", "older", "week"]


AS_OF = "as_of (2026-11-16T09:30:00-05:00)"
MIDNIGHT = "as_of (2026-11-16T00:00:00-05:00)"
REFUSALS: list[tuple[Form, str, str, str]] = [
    (
        Period("week", 1),
        "2026-11-16T09:30",
        "offset",
        f"offset = 1 lies after {AS_OF}; write 0 for the running week, -1 for the last complete one",
    ),
    (
        Period("hour", -10_001),
        "2026-11-16",
        "offset",
        "offset = -10001 is too far; write -10000 or nearer to 0",
    ),
    (
        Period("week", 0),
        "2026-11-16",
        "offset",
        f"the week begins just at {MIDNIGHT}, nothing of it has run; write offset = -1 for the one that has ended",
    ),
    (
        ToDate("week"),
        "2026-11-16",
        "to_date",
        (
            f"the week begins just at {MIDNIGHT}, nothing of it has run; "
            'write period = "week", offset = -1 for the one that has ended'
        ),
    ),
    (
        ToDate("week", lag=Span(days=1)),
        "2026-11-17",
        "to_date",
        (
            "the week begins just at as_of less lag (2026-11-16T00:00:00-05:00), nothing of it has run; "
            'write period = "week", offset = -1 for the one that has ended'
        ),
    ),
    (
        Last(Span(seconds=3600)),
        "2026-11-16",
        "last",
        'last counts whole days; write since = "-1 hour" for a length of time',
    ),
    (Last(Span(days=-28)), "2026-11-16", "last", 'last = "-28 days" looks back by itself; write "28 days"'),
    (Last(Span()), "2026-11-16", "last", 'last = "0 days" looks back by itself; write "1 day" or more'),
    (
        Last(DAY, until=date(2026, 11, 17)),
        "2026-11-16T09:30",
        "until",
        (
            f"until = 2026-11-17 (an exclusive end) lies after the day of {AS_OF}; "
            "leave it out, or write 2026-11-16 or earlier"
        ),
    ),
    (
        Between(date(2026, 11, 15), date(2026, 11, 9)),
        "2026-11-16",
        "to",
        "to = 2026-11-09 is not after from = 2026-11-15; write the earlier one as from",
    ),
    (
        Between(date(2026, 12, 1), date(2026, 12, 31)),
        "2026-11-16",
        "from",
        f"from = 2026-12-01 is not before {MIDNIGHT}; write an earlier one, or a later as_of",
    ),
    (
        Between(date(2026, 11, 16), "as_of"),
        "2026-11-16",
        "from",
        f"from = 2026-11-16 is not before {MIDNIGHT}; write an earlier one, or a later as_of",
    ),
    (
        Between("as_of", "as_of"),
        "2026-11-16",
        "from",
        f'from = "as_of" is not before {MIDNIGHT}; write an earlier one, or a later as_of',
    ),
    (
        Between(date(2026, 11, 9), datetime.fromisoformat("2026-11-09T13:00:00.250")),
        "2026-11-16",
        "to",
        "to = 2026-11-09T13:00:00.250000 is finer than a second; write 2026-11-09T13:00:00",
    ),
    (
        Between(datetime.fromisoformat("2026-03-08T02:30"), "as_of"),
        "2026-11-16",
        "from",
        (
            "2026-03-08T02:30:00 does not exist in America/New_York: the clock jumps to 2026-03-08T03:00:00-04:00; "
            "write that"
        ),
    ),
    (
        Since(Span(seconds=110)),
        "2026-11-16T09:30",
        "since",
        f'since = "110 seconds" is not before {AS_OF}; write "-110 seconds"',
    ),
    (Since(Span()), "2026-11-16T09:30", "since", f'since = "0 days" is not before {AS_OF}; write "-1 hour"'),
    (
        Since(Span(seconds=-110), Span(seconds=20)),
        "2026-11-16T09:30",
        "until",
        f'until = "20 seconds" lies after {AS_OF}; write "-20 seconds"',
    ),
    (
        Since(Span(seconds=-20), Span(seconds=-110)),
        "2026-11-16",
        "until",
        'until = "-110 seconds" is not after since = "-20 seconds"; write the longer of the two as since',
    ),
    (Like("weak", DAY), "2026-11-16", "like", 'there is no window "weak"; did you mean "week"?'),
    (Like("zzz", DAY), "2026-11-16", "like", 'there is no window "zzz"; there are it, week'),
    (Like("it", DAY), "2026-11-16", "like", "it -> it is a circle; give one of these windows a form of its own"),
    (
        Like("week", Span(days=7)),
        "2026-11-16",
        "shift",
        f'shift = "7 days" moves 2026-W46 to or past {MIDNIGHT}; write less',
    ),
    (Period("week", lag=Span()), "2026-11-16", "lag", 'lag = "0 days" changes nothing; remove it'),
    (
        Period("week", lag=Span(days=-1)),
        "2026-11-16",
        "lag",
        'lag moves as_of back by itself; write lag = "1 day"',
    ),
    (
        Last(Span(months=12 * 5000)),
        "2026-11-16",
        "last",
        "reaches beyond the years 1 to 9999; write less",
    ),
    (
        Between(date(2026, 1, 1), date.max),
        "2026-11-16",
        "from",
        "reaches beyond the years 1 to 9999; write less",
    ),
]


@pytest.mark.parametrize(("form", "as_of", "key", "message"), REFUSALS)
def test_refusals_say_what_to_write(form: Form, as_of: str, key: str, message: str) -> None:
    assert _refused(form, as_of, week=Period("week", -1)) == (key, message)


@pytest.mark.parametrize(
    ("shift", "weeks"), [("-1 year", "-52 weeks"), ("-1 quarter", "-13 weeks"), ("-1 month", "-4 weeks")]
)
def test_a_week_is_not_moved_to_other_days_of_the_week(shift: str, weeks: str) -> None:
    with pytest.raises(WindowError) as caught:
        _one(Like("model", parse_span(shift)), "2026-11-16", model=Period("week", -1))
    assert caught.value.key == "shift"
    assert caught.value.message.endswith(f'is no week then; write shift = "{weeks}"')
    assert _one(Like("model", parse_span(weeks)), "2026-11-16", model=Period("week", -1)).first_day.weekday() == 0


def test_a_shift_that_leaves_nothing_is_refused() -> None:
    model = Between(datetime.fromisoformat("2026-03-30T10:00"), datetime.fromisoformat("2026-03-31T09:00"))
    key, message = _refused(Like("model", Span(months=-1)), model=model)
    assert (key, message[:33]) == ("shift", 'shift = "-1 month" leaves nothing')


def test_an_error_names_the_window_at_fault() -> None:
    forms: dict[str, Form] = {"a": Like("b", DAY), "b": Like("c", DAY), "c": Like("b", DAY), "d": Last(Span())}
    as_of = parse_as_of("2026-11-16", NEW_YORK, WALL)
    with pytest.raises(WindowError, match=r"^b -> c -> b is a circle") as caught:
        resolve(forms, NEW_YORK, as_of)
    assert (caught.value.window_name, caught.value.key) == ("c", "like")
    with pytest.raises(WindowError) as caught:
        resolve_one("it", {"it": Like("d", -DAY), "d": Last(Span())}, NEW_YORK, as_of)
    assert (caught.value.window_name, caught.value.key) == ("d", "last")


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(WindowError, match='did you mean "America/New_York"') as caught:
        resolve({"week": Period("week")}, "America/NewYork", WALL)
    assert caught.value.key == "timezone"


def test_as_of_may_come_in_another_zone() -> None:
    as_of = datetime(2026, 11, 16, 4, 59, 59, tzinfo=UTC)
    assert resolve_one("w", {"w": Period("week")}, NEW_YORK, as_of).label == "2026-W45"
    assert resolve_one("w", {"w": Period("week")}, "UTC", as_of).label == "2026-W46"
