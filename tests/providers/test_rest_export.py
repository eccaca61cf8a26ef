"""Exports of a rest source: generate, poll, serve; unknown words and dead ends."""

from __future__ import annotations

import pytest
from replies import says, text
from rests import flow, judged, rows_of, values

from reportrunner.flow import Again, Done, Hole, Refused, Reply

RUNS = """
[endpoints.things]
summary  = "Runs"
params   = { kind = { type = "string" } }
response = { format = "csv" }
columns  = { id = "integer" }
[endpoints.things.export.generate]
request  = { method = "POST", path = "/runs", json = { kind = "{{ params.kind }}" } }
capture  = { run = "$.id", place = { header = "Location", prefix = "/runs/" } }
[endpoints.things.export.poll]
request  = { path = "/runs/{{ captured.run }}" }
status   = "$.state"
waiting  = ["pending", 1]
ready    = ["done", true]
failed   = ["failed"]
message  = "$.why"
capture  = { link = "$.url" }
[endpoints.things.export.serve]
link = "link"
"""


def test_an_export_is_three_steps_and_its_link_gets_no_secret() -> None:
    generate, poll, serve = flow(RUNS, params={"kind": "a"}).steps
    assert generate.request.canonical() == (
        '["POST","/runs",[],[["authorization","Bearer <session:api>"]],null,{"kind":"a"}]'
    )
    assert generate.repeatable is False
    assert poll.request.path == ("/runs/", Hole("capture", "run"))
    assert poll.poll is not None
    assert serve.request.path == Hole("capture", "link")
    assert serve.request.headers == ()


def test_generate_is_repeated_only_where_somebody_says_that_it_may() -> None:
    one = flow(RUNS, params={"kind": "a"}, poll={"regenerate": True})
    assert one.steps[0].repeatable is True


def test_generate_captures_from_body_and_header() -> None:
    reply = Reply(201, {"location": "/runs/r9"}, b'{"id": 17}')
    assert judged(flow(RUNS, params={"kind": "a"}), reply) == Done({"run": "17", "place": "r9"})


CAPTURES = [
    ({}, "the answer has no run at $.id; it is an empty object"),
    ({"idd": "secret", "x": 1}, 'the answer has no run at $.id; it has idd, x; did you mean "idd"?'),
    ({"id": None}, "the answer has no run at $.id; $.id is null"),
    ({"id": ""}, "the answer has no run at $.id; $.id is empty text"),
    ({"id": ["a"]}, "the run at $.id is a list, and neither text nor a number"),
    ({"id": True}, "the run at $.id is true or false, and neither text nor a number"),
    ({"id": "a\nb"}, "the run at $.id holds a line break or a control character, which no request can carry"),
]


@pytest.mark.parametrize(("document", "words"), CAPTURES)
def test_a_capture_that_is_missing_is_an_error_and_no_answer_is_quoted(document: object, words: str) -> None:
    verdict = judged(flow(RUNS, params={"kind": "a"}), says(document, location="/runs/1"))
    assert verdict == Refused("unreadable", words)


POLLS = [
    ({"state": "pending"}, Again("working", "pending")),
    ({"state": 1}, Again("working", "1")),
    ({"state": "done", "url": "https://x/1"}, Done({"link": "https://x/1"}, secret=("link",))),
    ({"state": True, "url": "https://x/1"}, Done({"link": "https://x/1"}, secret=("link",))),
    ({"state": "failed", "why": "too large"}, Refused("failed", "failed: too large")),
    (
        {"state": "donee"},
        Refused(
            "unreadable",
            'unknown export status "donee"; did you mean "done"?',
            "add it to waiting, ready or failed of export.poll; what it means is not guessed",
        ),
    ),
    ({"status": "done"}, Refused("unreadable", 'the poll gave no status at $.state: {"status": "done"}')),
    ({"state": "done"}, Refused("unreadable", "the answer has no link at $.url; it has state")),
]


@pytest.mark.parametrize(("document", "verdict"), POLLS)
def test_a_status_word_is_known_or_ends_the_run(document: object, verdict: object) -> None:
    assert judged(flow(RUNS, params={"kind": "a"}), says(document), 1) == verdict


def test_the_result_is_read_as_any_answer() -> None:
    one = flow(RUNS, params={"kind": "a"})
    assert values(rows_of(one, text("id\n1\n"))) == [(1,)]


def test_the_result_may_be_a_request() -> None:
    definition = RUNS.replace('link = "link"', 'request = { path = "/runs/{{ captured.run }}/file" }')
    serve = flow(definition, params={"kind": "a"}).steps[2]
    assert serve.request.path == ("/runs/", Hole("capture", "run"), "/file")
    assert serve.request.headers == (("Authorization", ("Bearer ", Hole("session", "api"))),)
