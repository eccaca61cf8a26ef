"""Remote work that nobody waits for any more is told to stop, once, and never when it has ended itself."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from loopback import Say, Seen
from workbench import Bench, bench, error, read

from reportrunner.environment import Finished
from reportrunner.flow import Again, Done, Flow, Hole, Poll, Refused, Reply, Request, Step, Verdict

CANCEL = Request("DELETE", ("/exports/", Hole("capture", "id")), headers=(("X-Key", Hole("secret", "key")),))


def judge_poll(request: Request, reply: Reply) -> Verdict:
    """Wait at `working`, take `ready`, give up at anything else."""
    if reply.fault:
        return Again("failed", reply.fault)
    word = reply.body.decode()
    if word == "working":
        return Again("working", word)
    return Done() if word == "ready" else Refused("failed", word)


def export(timeout: float = 20.0, **changes: object) -> Flow:
    steps = (
        Step("generate", Request("POST", "/exports"), lambda _, reply: Done({"id": reply.body.decode()})),
        Step("poll", Request("GET", "/exports"), judge_poll, poll=Poll(timedelta(seconds=timeout), timedelta(0))),
        Step("serve", Request("GET", "/file"), lambda _, __: Done()),
    )
    return replace(Flow("polls", "house", "house.export", steps, read, cancel=CANCEL), **changes)  # type: ignore[arg-type]


def answers(word: str, asked: threading.Event | None = None) -> object:
    def script(seen: Seen) -> Say:
        if seen.method == "POST":
            return Say(body=b"42")
        if seen.method == "GET" and asked:
            asked.set()
        return Say(body=word.encode()) if seen.target == "/exports" else Say(404 if seen.method == "DELETE" else 200)

    return script


def cancelled(made: Bench) -> list[tuple[str, str | None]]:
    return [(seen.target, seen.headers.get("x-key")) for seen in made.house.seen if seen.method == "DELETE"]


def ended(flow: Flow, word: str) -> tuple[Finished, Bench]:
    with bench(answers(word)) as made:  # type: ignore[arg-type]
        (one,) = made.run(flow)
        assert cancelled(made) == []
        made.executor.close()
        return one, made


def test_work_that_took_too_long_is_told_to_stop() -> None:
    one, made = ended(export(timeout=0.05), "working")
    assert 'still "working"' in str(error(one))
    assert cancelled(made) == [("/exports/42", "value-of-key")]
    assert made.whats()["cancelled"] == 1


def test_so_is_work_of_a_flow_whose_time_is_up() -> None:
    one, made = ended(export(deadline=timedelta(seconds=0.2)), "working")
    assert "timed out" in str(error(one))
    assert cancelled(made) == [("/exports/42", "value-of-key")]


@pytest.mark.parametrize("word", ["ready", "broken"])
def test_work_that_ended_is_not(word: str) -> None:
    assert cancelled(ended(export(), word)[1]) == []


def test_work_that_cannot_be_cancelled_is_let_go() -> None:
    assert cancelled(ended(export(timeout=0.05, cancel=None), "working")[1]) == []


@pytest.mark.parametrize("forgotten", [True, False])
def test_work_is_told_to_stop_when_a_run_ends_or_forgets_it(*, forgotten: bool) -> None:
    asked, flow = threading.Event(), export()
    with bench(answers("working", asked)) as made:  # type: ignore[arg-type]
        made.executor.submit(flow)
        while not asked.is_set():
            made.executor._turn()
        if forgotten:
            made.executor.forget([flow])
            assert made.executor.pending == 0
        made.executor.close()
        assert cancelled(made) == [("/exports/42", "value-of-key")]
        made.executor.close()
        assert len(cancelled(made)) == 1
