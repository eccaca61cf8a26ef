from __future__ import annotations

from reportrunner.execute.session import Sessions
from reportrunner.flow import SessionKey

KEY = SessionKey("kaltura", ("virtualeventid:1",))
OTHER = SessionKey("kaltura")


def test_one_signs_in_for_all_who_wait() -> None:
    sessions = Sessions[str]()
    assert [sessions.park(KEY, who) for who in "abc"] == [True, False, False]
    assert sessions.park(OTHER, "d")
    assert sessions.arrive(KEY, "S", 0.0) == ("a", "b", "c")
    assert sessions.value(KEY, 1e9) == "S"
    assert sessions.value(OTHER, 0.0) is None
    assert sessions.fail(OTHER) == ("d",)
    assert sessions.park(OTHER, "e")


def test_a_session_is_renewed_before_it_dies() -> None:
    sessions = Sessions[str]()
    sessions.arrive(KEY, "long", 100.0, 3600.0)
    assert sessions.value(KEY, 3639.9) == "long"
    assert sessions.value(KEY, 3640.0) is None
    sessions.arrive(KEY, "short", 100.0, 10.0)
    assert sessions.value(KEY, 108.9) == "short"
    assert sessions.value(KEY, 109.0) is None


def test_only_the_refused_session_is_forgotten() -> None:
    sessions = Sessions[str]()
    sessions.arrive(KEY, "new", 0.0)
    sessions.refuse(KEY, "old")
    assert sessions.value(KEY, 0.0) == "new"
    sessions.refuse(KEY, "new")
    assert sessions.value(KEY, 0.0) is None
