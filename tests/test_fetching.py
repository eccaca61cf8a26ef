from __future__ import annotations

from plans import S, columns, judge, nothing

from reportrunner.closing import Closing
from reportrunner.environment import Finished
from reportrunner.errors import ProviderError
from reportrunner.fetching import Fetching
from reportrunner.flow import Answer, Flow, Request, Step
from reportrunner.table import Rows

WORD = columns(word=S)


def flow_of(path: str) -> Flow:
    return Flow("words", "house", "house.word", (Step("fetch", Request("GET", path), judge),), nothing)


def test_what_was_asked_for_no_value_is_dropped_with_its_answer_and_its_error() -> None:
    fetching = Fetching()
    a, b, c = map(Closing, "abc")
    for closing in (a, b, c):
        fetching.flows[closing] = flow_of(str(closing.value))
    fetching.take(a, Finished(fetching.flows[a], error=ProviderError("no", kind="refused")))
    fetching.take(b, Finished(fetching.flows[b], Answer(Rows(WORD, [("b",)]), ())))
    assert (fetching.error, fetching.answers) == (None, None)
    assert list(fetching.settle([c, b])) == [fetching.flows[a]]
    assert (fetching.error, fetching.answers) == (None, None)
    fetching.take(c, Finished(fetching.flows[c], Answer(Rows(WORD, [("c",)]), ())))
    assert fetching.answers is not None
    assert [answer.rows for answer in fetching.answers] == [Rows(WORD, [("c",)]), Rows(WORD, [("b",)])]
