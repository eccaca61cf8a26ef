"""Parts of one step: several first requests, parts that are split, and flows that begin again."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from loopback import Say, Seen
from workbench import answer, bench, error, fetch, judge, once, read, texts

from reportrunner.flow import Again, Done, Flow, Hole, Judge, More, Poll, Refused, Reply, Request, Split, Step, Verdict
from reportrunner.table import Column, ColumnType, Rows


def told(replies: tuple[Reply, ...]) -> Rows:
    """Rows of part and body, in the order in which a reader is given them."""
    columns = (Column("part", ColumnType.STRING), Column("body", ColumnType.STRING))
    return Rows(columns, [(reply.part, reply.body.decode()) for reply in replies])


def rows(ended: object) -> list[tuple[object, ...]]:
    found = answer(ended).rows  # type: ignore[arg-type]
    assert isinstance(found, Rows)
    return list(found.rows)


def get(path: str, part: str = "", page: int = 0) -> Request:
    return Request("GET", path, part=part, page=page)


def echo(seen: Seen) -> Say:
    return Say(body=seen.target.encode())


def several(judge_: Judge, *requests: Request) -> Flow:
    return fetch(steps=(Step("fetch", requests[0], judge_, also=requests[1:]),), read=told)


# --- several first requests ------------------------------------------------------------------------------


def test_several_first_requests_fly_together_and_are_read_by_part_and_page() -> None:
    gate, begun = threading.Event(), Counter[str]()

    def script(seen: Seen) -> Say:
        begun[seen.target] += 1
        if len(begun) == 3:
            gate.set()
        return Say(body=seen.target.encode(), hold=gate)

    with bench(script) as b:
        (ended,) = b.run(several(judge, get("/c", "2", 1), get("/a", "10"), get("/b", "2", 0)))
        # The gate opens only when all three are out.
        assert rows(ended) == [("10", "/a"), ("2", "/b"), ("2", "/c")]
        assert [exchange.path for exchange in answer(ended).exchanges] == ["/a", "/b", "/c"]
        assert b.whats() == {"sent": 3, "done": 1}


def test_one_first_request_that_is_refused_ends_the_flow() -> None:
    with bench(lambda seen: Say(403, b"no") if seen.target == "/b" else echo(seen)) as b:
        (ended,) = b.run(several(judge, get("/a"), get("/b", page=1)))
        assert "refused with 403: no" in str(error(ended))


def test_flows_that_differ_in_a_later_first_request_are_not_equal() -> None:
    one, other = several(judge, get("/a"), get("/b", page=1)), several(judge, get("/a"), get("/c", page=1))
    assert one.identity() != other.identity()
    assert one.identity() == several(judge, get("/a"), get("/b", page=1)).identity()
    with bench(echo) as b:
        ended = b.run(one, replace(other, dataset="other"))
    assert sorted(rows(each)[1][1] for each in ended) == ["/b", "/c"]  # type: ignore[type-var]


# --- parts that are split --------------------------------------------------------------------------------


def halves(request: Request, reply: Reply) -> Verdict:
    """A provider that answers parts of at most two letters."""
    if reply.status != 200:
        return Refused("refused", reply.body.decode())
    part, path = request.part, str(request.path)
    if len(path) <= 3:
        return Done()
    middle = 1 + len(path) // 2
    return Split((get(f"/{path[middle:]}", f"{part}b"), get(path[:middle], f"{part}a")))


def test_a_part_that_is_too_large_is_asked_in_smaller_ones_and_its_own_reply_is_dropped() -> None:
    with bench(echo) as b:
        (ended,) = b.run(several(halves, get("/abcdefgh")))
        assert rows(ended) == [("aa", "/abc"[:3]), *rows(ended)[1:]]
        assert "".join(str(body).removeprefix("/") for _, body in rows(ended)) == "abcdefgh"
        assert [part for part, _ in rows(ended)] == sorted(str(part) for part, _ in rows(ended))
        whole = [str(body) for _, body in rows(ended)]
        assert [exchange.path for exchange in answer(ended).exchanges] == whole, "what was dropped fed nothing"
        assert "/abcdefgh" in b.house.targets()


def test_parts_beside_the_one_that_is_split_keep_their_replies() -> None:
    with bench(echo) as b:
        (ended,) = b.run(several(halves, get("/wxyz", "1"), get("/k", "0"), get("/l", "2")))
    assert rows(ended) == [("0", "/k"), ("1a", "/wx"), ("1b", "/yz"), ("2", "/l")]


@pytest.mark.parametrize("late", [Say(body=b"late"), Say(403, b"late refusal"), Say(500, b"late fault")])
def test_pages_of_a_part_that_is_split_count_no_more(late: Say) -> None:
    """Page 1 asks for 2 and 3, and 2 finds the part too large while 3 is out: 3 counts no more, whatever it is."""
    gate = threading.Event()

    def script(seen: Seen) -> Say:
        if seen.target == "/right":
            gate.set()
            time.sleep(0.2)  # 3 is answered while the new parts are under way
        return replace(late, hold=gate) if seen.target == "/3" else echo(seen)

    def pages(request: Request, reply: Reply) -> Verdict:
        if request.path == "/1":
            return More((get("/2", page=2), get("/3", page=3)))
        if request.path == "/2":
            return Split((get("/left", "a"), get("/right", "b")))
        return judge(request, reply)

    with bench(script) as b:
        (ended,) = b.run(several(pages, get("/1", page=1)))
        assert rows(ended) == [("a", "/left"), ("b", "/right")]
        assert [exchange.path for exchange in answer(ended).exchanges] == ["/left", "/right"]
        (after,) = b.run(fetch("/after"))
        assert texts(after) == ["/after"]
        assert Counter(b.house.targets())["/3"] == 1, "a late fault of it is not repeated"


def test_pages_that_had_not_gone_out_are_not_sent_for_a_part_that_was_split() -> None:
    def pages(request: Request, reply: Reply) -> Verdict:
        if request.path == "/1":
            return More(tuple(get(f"/{n}", page=n) for n in range(2, 30)))
        if request.path == "/2":
            return Split((get("/left", "a"),))
        return judge(request, reply)

    with bench(echo, workers=1) as b:
        (ended,) = b.run(several(pages, get("/1", page=1)))
        assert rows(ended) == [("a", "/left")]
        assert b.house.targets() == ["/1", "/2", "/left"]


def test_parts_that_lead_back_to_themselves_are_an_error() -> None:
    with bench(echo) as b:
        (ended,) = b.run(several(lambda request, _: Split((request,)), get("/a")))
    assert "was asked twice" in str(error(ended))


# --- flows that begin again ------------------------------------------------------------------------------


def stale(*, repeatable: bool = True) -> Flow:
    """Two steps; the second one finds that what the first captured has died when the reply says so."""

    def link(_: Request, reply: Reply) -> Verdict:
        return Done({"link": reply.body.decode()})

    def serve(_: Request, reply: Reply) -> Verdict:
        return Again("stale", "the link has died") if reply.status == 410 else Done()

    steps = (
        Step("link", Request("POST", "/link"), link, repeatable=repeatable),
        Step("serve", Request("GET", ("/file/", Hole("capture", "link"))), serve),
    )
    return fetch(steps=steps, read=read)


class Links:
    """Gives links of which the first so many have died when they are followed."""

    def __init__(self, dead: int) -> None:
        self.dead = dead
        self.given = 0

    def __call__(self, seen: Seen) -> Say:
        if seen.target == "/link":
            self.given += 1
            return Say(body=b"%d" % self.given)
        return Say(410) if int(seen.target[-1]) <= self.dead else Say(body=seen.target.encode())


def test_a_flow_whose_capture_died_begins_again_and_tells_of_the_second_way_only() -> None:
    with bench(Links(1)) as b:
        (ended,) = b.run(stale())
        assert texts(ended) == ["/file/2"]
        assert b.house.targets() == ["/link", "/file/1", "/link", "/file/2"]
        assert b.whats()["retry"] == 1
    with bench(Links(0)) as b:
        (smooth,) = b.run(stale())
    assert [e.step for e in answer(ended).exchanges] == ["link", "serve"]
    assert [e.request for e in answer(ended).exchanges] == [e.request for e in answer(smooth).exchanges]


def test_a_flow_begins_again_only_once() -> None:
    with bench(Links(9)) as b:
        (ended,) = b.run(stale())
        assert str(error(ended)) == "datasets.polls, step serve: house failed with 410: the link has died"
        assert b.house.targets() == ["/link", "/file/1", "/link", "/file/2"]


def test_a_flow_whose_first_step_may_do_work_twice_does_not_begin_again() -> None:
    with bench(Links(1)) as b:
        (ended,) = b.run(stale(repeatable=False))
        assert "the link has died" in str(error(ended))
        assert b.house.targets() == ["/link", "/file/1"]


def test_what_is_still_out_of_the_first_way_does_not_count_in_the_second() -> None:
    gate, dead = threading.Event(), once(Say(410), Say(body=b"fine"))

    def script(seen: Seen) -> Say:
        if seen.target == "/x":
            return dead(seen)
        return Say(body=b"second") if gate.is_set() else Say(body=b"first", hold=gate)

    def either(request: Request, reply: Reply) -> Verdict:
        if reply.status == 410:
            gate.set()
            return Again("stale", "died")
        return Done()

    with bench(script) as b:
        (ended,) = b.run(several(either, get("/x"), get("/slow", page=1)))
        assert [body for _, body in rows(ended)] == ["fine", "second"]


def test_polls_of_the_first_way_wake_nobody_in_the_second() -> None:
    looks = Counter[str]()

    def poll(_: Request, reply: Reply) -> Verdict:
        looks[reply.body.decode()] += 1
        if reply.status == 410:
            return Again("stale", "died")
        return Done() if looks["working"] > 2 else Again("working", "pending")

    script = once(Say(410), Say(body=b"working"))
    step = Step("poll", Request("GET", "/p"), poll, poll=Poll(every=timedelta(seconds=0.02)))
    with bench(script) as b:
        (ended,) = b.run(fetch(steps=(step,)))
        assert texts(ended) == ["working"]
        assert len(b.house.targets()) == 4
