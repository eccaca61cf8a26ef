from __future__ import annotations

from reportrunner.execute.kept import Kept, Whole
from reportrunner.flow import Reply


def whole(size: int) -> Whole:
    return Whole("fetch", (Reply(200, {}, b"x" * size), Reply(200)), ())


def test_the_oldest_leave_when_there_is_too_much() -> None:
    kept = Kept(largest=100)
    for name, size in (("a", 60), ("b", 30), ("c", 50)):
        kept.add(name, whole(size))
    assert [kept.get(name) is not None for name in "abc"] == [False, True, True]
    kept.add("d", whole(101))
    assert [kept.get(name) is not None for name in "bcd"] == [False, False, False]
