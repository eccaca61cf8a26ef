"""Which datasets of a job travel in one request: those of one source and session, asked once each."""

from __future__ import annotations

from dataclasses import replace

import pytest
from plans import PROVIDER, S, asking, columns, query
from projects import FROM_PLAYS, WEEK, planned

from reportrunner.ask import EndpointNode, Node, Source
from reportrunner.closing import Each
from reportrunner.flow import Envelope, Flow, Request, SessionKey
from reportrunner.plan.envelopes import share_envelopes
from reportrunner.source_spec import SourceSpec
from reportrunner.table import Column

OF = columns(name=S)
PACKS = Envelope(4, lambda requests: requests[0], lambda reply, count: (reply,) * count)
KEY, EVENT, CHILD = SessionKey("house"), SessionKey("house", ("virtualeventid:1",)), SessionKey("house", (), 7)


def source(name: str = "house", envelope: Envelope | None = PACKS) -> Source:
    settings = SourceSpec(provider="house", base_url="https://house.example")
    return Source(name, replace(PROVIDER, envelope=lambda _: envelope), settings)


def node(name: str, of: Source | None = None, each: Each | None = None) -> EndpointNode:
    return replace(asking(name, OF, "{{ each }}" if each else name, each), source=of or source())


def flow(one: EndpointNode, *, calls: int = 1, packable: bool = True, session: SessionKey = KEY) -> Flow:
    made = one.endpoint.unfold(one.sample())
    also = tuple(Request("GET", f"/also{n}") for n in range(calls - 1))
    steps = (replace(made.steps[0], packable=packable, also=also),)
    return replace(made, steps=steps, session=session)


def shared(*given: tuple[EndpointNode, Flow], others: tuple[Node, ...] = ()) -> list[tuple[str, ...]]:
    nodes: dict[str, Node] = {one.name: one for one, _ in given} | {one.name: one for one in others}
    return list(share_envelopes(nodes, {one.name: (its,) for one, its in given}))


def given(name: str, calls: int = 1) -> tuple[EndpointNode, Flow]:
    return node(name), flow(node(name), calls=calls)


def test_datasets_of_one_session_share_an_envelope_in_the_order_of_the_file() -> None:
    assert shared(given("c"), given("a"), given("b"), others=(query("q", "a"),)) == [("c", "a", "b")]


def test_one_dataset_is_no_envelope() -> None:
    assert shared(given("a", 3)) == []
    assert shared() == []


def test_an_envelope_is_full_by_calls_and_no_dataset_is_torn() -> None:
    assert shared(given("a", 2), given("b", 1), given("c", 2), given("d", 2), given("e")) == [("a", "b"), ("c", "d")]
    assert shared(*map(given, "abcdefghi")) == [("a", "b", "c", "d"), ("e", "f", "g", "h")]
    assert shared(given("a", 9), given("b"), given("c")) == [("b", "c")]


def test_other_sessions_and_sources_have_envelopes_of_their_own() -> None:
    a, b, c, d, e = map(node, "abcde")
    far = source("far")
    x, y = node("x", far), node("y", far)
    found = shared(
        (a, flow(a)), (b, flow(b, session=EVENT)), (x, replace(flow(x), source="far")), (c, flow(c)),
        (d, flow(d, session=EVENT)), (y, replace(flow(y), source="far")), (e, flow(e, session=CHILD)),
    )  # fmt: skip
    assert found == [("a", "c"), ("b", "d"), ("x", "y")]


def test_what_cannot_travel_together_does_not() -> None:
    a, b, c, d = map(node, "abcd")
    assert shared((a, flow(a)), (b, flow(b, packable=False)), (c, flow(c))) == [("a", "c")]
    lone = node("c", source(envelope=None))
    assert shared((a, flow(a)), (lone, flow(lone))) == []
    single = source(envelope=replace(PACKS, limit=1))
    ones = [node(name, single) for name in "ab"]
    assert shared(*((one, flow(one)) for one in ones)) == []
    assert list(share_envelopes({"a": a, "d": d}, {"a": (flow(a),)})) == [], "an open each has no flows yet"


def test_an_each_goes_alone() -> None:
    each = Each(Column("entry_id", S), "", "", ("k",))
    one = node("e", each=each)
    assert shared((one, flow(one)), given("a"), given("b")) == [("a", "b")]


TABLE = FROM_PLAYS + 'filters = { playbackTypeIn = ["vod"] }\n'
TOTAL = TABLE.replace("datasets.plays", "datasets.total").replace("getTable", "getTotal")
OUT = '[outputs.o]\nformat = "csv"\ndataset = "{}"\n'


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ("", (("plays", "total"),)),
        ('privileges = ["virtualeventid:4711"]\n', ()),
        ("impersonate = 10101\n", ()),
        ("each = { values = ['1_a'], as = 'entry_id' }\n", ()),
    ],
)
def test_a_job_says_which_of_its_datasets_share_a_request(more: str, found: tuple[tuple[str, ...], ...]) -> None:
    text = WEEK + TABLE + TOTAL + more + OUT.format("plays") + OUT.format("total").replace("outputs.o", "outputs.p")
    assert planned(text).envelopes == found
