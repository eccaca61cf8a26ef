from __future__ import annotations

from random import Random

import pytest

from reportrunner.execute.pace import Pace, backoff


def looks(pace: Pace, who: str, takes: float) -> list[float]:
    """Poll work that takes so long, and return when each look was."""
    elapsed, moments = 0.0, list[float]()
    while not moments or moments[-1] < takes:
        elapsed += pace.wait(who, elapsed, len(moments), elapsed)
        moments.append(elapsed)
    pace.finished(moments[-2] if len(moments) > 1 else 0.0, elapsed)
    return moments


def test_the_scout_overshoots_by_a_twentieth() -> None:
    for takes in (0.3, 3.0, 60.0, 290.0):
        assert looks(Pace(), "scout", takes)[-1] <= takes * 1.05 + 0.1


def test_the_longest_wait_is_bounded() -> None:
    pace = Pace()
    assert pace.wait("scout", 10_000.0, 99, 9_990.0) == 15.0
    assert pace.wait("sibling", 10_000.0, 2_000, 9_990.0) == 15.0


def test_siblings_look_seldom_until_one_has_ended() -> None:
    pace = Pace()
    assert pace.wait("scout", 0.0, 0, 0.0) == 0.1
    assert [pace.wait("sibling", 0.0, n, 0.0) for n in range(6)] == [1.0, 2.0, 4.0, 8.0, 15.0, 15.0]
    pace.finished(2.9, 3.0)
    assert pace.wait("sibling", 1.0, 1, 1.0) == pytest.approx(2.06)
    assert pace.wait("overdue", 4.0, 1, 1.0) == 0.0
    assert looks(pace, "later", 2.9) == pytest.approx([1.5, 3.06])
    assert pace.learnt == 3.0


def test_what_was_learnt_follows_the_work() -> None:
    pace = Pace()
    looks(pace, "scout", 60.0)
    for n in range(8):
        looks(pace, f"quick {n}", 5.0)
    assert pace.learnt is not None
    assert pace.learnt < 15.0
    for n in range(12):
        looks(pace, f"slow {n}", 100.0)
    assert pace.learnt == pytest.approx(100.0, rel=0.06)


def test_another_scouts_when_the_first_fails() -> None:
    pace = Pace()
    pace.wait("first", 0.0, 0, 0.0)
    pace.leave("second")
    assert pace.wait("second", 0.0, 0, 0.0) == 1.0
    pace.leave("first")
    assert pace.wait("second", 0.0, 0, 0.0) == 0.1


def test_backoff_doubles_with_jitter_to_its_cap() -> None:
    rng = Random(1)
    for failures, whole in ((1, 0.5), (2, 1.0), (3, 2.0), (7, 30.0), (50, 30.0)):
        waits = {backoff(failures, rng) for _ in range(50)}
        assert whole / 2 <= min(waits) < max(waits) <= whole
