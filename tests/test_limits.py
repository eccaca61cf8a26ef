from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportrunner.limits import Budget, Limits, Rate, strictest


def test_rates_are_read() -> None:
    assert Rate.parse("20/1s") == Rate(20, 1.0)
    assert Rate.parse("1200/5m") == Rate(1200, 300.0)
    assert Rate.parse(" 3/h ") == Rate(3, 3600.0)
    assert Rate.parse("1/250ms") == Rate(1, 0.25)


@pytest.mark.parametrize("text", ["", "20", "20/", "20/1", "0/1s", "5/0s", "-1/s", "20 per second", "1.5/s"])
def test_other_rates_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match='such as "20/1s"'):
        Rate.parse(text)


def test_concurrency_is_given_back() -> None:
    budget = Budget(Limits(concurrency=2))
    assert [budget.take(0.0) for _ in range(3)] == [0.0, 0.0, math.inf]
    budget.release()
    assert budget.take(0.0) == 0.0
    with pytest.raises(ValueError, match="at least 1"):
        Limits(concurrency=0)


def test_a_pause_holds_for_everybody_and_is_never_shortened() -> None:
    budget = Budget(Limits())
    budget.pause(10.0)
    budget.pause(5.0)
    assert budget.take(9.9) == 10.0
    assert budget.take(10.0) == 0.0


def test_a_pause_is_news_when_it_grows_by_more_than_a_second() -> None:
    budget = Budget(Limits())
    assert [budget.pause(until) for until in (10.0, 10.9, 12.5, 3.0)] == [True, False, True, False]


@given(st.lists(st.floats(0.0, 0.4), max_size=80), st.integers(1, 7))
def test_no_span_holds_more_than_its_count(gaps: list[float], count: int) -> None:
    budget = Budget(Limits(1000, Rate(count, 1.0)))
    now, granted = 100.0, []
    for gap in gaps:
        now += gap
        moment = budget.take(now)
        if moment != 0.0:
            assert moment > now
            now = moment
            assert budget.take(now) == 0.0
        granted.append(now)
    assert all(later - sooner > 1.0 for sooner, later in zip(granted, granted[count:], strict=False))


def test_the_full_rate_is_used() -> None:
    budget, now, grants = Budget(Limits(1000, Rate(20, 1.0))), 50.0, 0
    while grants < 200:
        moment = budget.take(now)
        grants, now = (grants + 1, now) if moment == 0.0 else (grants, moment)
    assert 9.0 <= now - 50.0 <= 9.2


def test_sources_of_one_account_share_the_strictest() -> None:
    shared = strictest([Limits(16, Rate(20, 1)), Limits(4), Limits(8, Rate(100, 60))])
    assert shared == Limits(4, Rate(100, 60))
    assert strictest([Limits()]) == Limits(16, None)
