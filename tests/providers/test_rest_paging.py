"""Pages of a rest source: where the next one is, when it is the last, and what leads nowhere."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest
from replies import says
from rests import THINGS, flow, request, rows_of, values, walked

from reportrunner.check import ERRORS
from reportrunner.flow import Done, Issued, More, Refused, Reply, Request, Verdict
from reportrunner.table import Rows


def paged(paging: str, **more: str) -> str:
    return THINGS.replace("columns", f"paging = {{ {paging} }}\ncolumns") + "".join(
        f"{key} = {value}\n" for key, value in more.items()
    )


NEXT = 'by = "cursor", name = "after", next = "%s"'


def pairs(asked: Request) -> dict[str, object]:
    return dict(asked.query)


def page(ids: range | list[int], **more: object) -> Reply:
    return says({"data": [{"id": number} for number in ids], **more})


def refused(verdict: Verdict, kind: str, *words: str) -> None:
    assert isinstance(verdict, Refused)
    assert verdict.kind == kind
    for each in words:
        assert each in f"{verdict.words} [{verdict.hint}]"


def test_numbered_pages_end_with_an_empty_one() -> None:
    def answer(asked: Request) -> Reply:
        number = int(str(pairs(asked)["page"]))
        return page(range(number * 2, number * 2 + 2) if number < 4 else [])

    asked, verdict = walked(flow(paged('by = "page", name = "page", size = 2, size_name = "per_page"')), answer)
    assert [pairs(each) for each in asked] == [{"per_page": "2", "page": str(number)} for number in range(1, 5)]
    assert verdict == Done()


def test_a_short_page_is_the_last_only_where_the_definition_says_so() -> None:
    def answer(asked: Request) -> Reply:
        return page([1, 2] if pairs(asked)["page"] == "0" else [3] if pairs(asked)["page"] == "1" else [])

    short, _ = walked(flow(paged('by = "page", name = "page", first = 0, size = 2, stop = "short"')), answer)
    empty, _ = walked(flow(paged('by = "page", name = "page", first = 0, size = 2')), answer)
    assert [len(short), len(empty)] == [2, 3]


def test_offsets_count_the_rows_that_came_and_not_those_asked() -> None:
    def answer(asked: Request) -> Reply:
        start = int(str(pairs(asked)["offset"]))
        return page(range(start, min(start + 3, 8)))

    asked, verdict = walked(flow(paged('by = "offset", name = "offset", size = 100, size_name = "limit"')), answer)
    assert [pairs(each)["offset"] for each in asked] == ["0", "3", "6", "8"]
    assert verdict == Done()


def test_a_total_ends_the_pages_and_an_empty_page_before_it_is_an_error() -> None:
    text = paged('by = "offset", name = "offset", size = 2, total = "$.total"')
    asked, verdict = walked(flow(text), lambda each: page([int(str(pairs(each)["offset"]))], total=3))
    assert len(asked) == 3
    assert verdict == Done()
    _, verdict = walked(flow(text), lambda each: page([1] if pairs(each)["offset"] == "0" else [], total=3))
    refused(verdict, "truncated", "page 2 is empty after 1 of 3 rows")
    _, verdict = walked(flow(text), lambda _: page([1]))
    refused(verdict, "unreadable", "no number of rows at $.total")


def test_a_cursor_goes_where_the_definition_says() -> None:
    replies = {None: page([1], next="c/2"), "c/2": page([2], next=None)}
    one = flow(paged('by = "cursor", name = "after", next = "$.next"'))
    asked, verdict = walked(one, lambda each: replies[pairs(each).get("after")])  # type: ignore[index]
    assert [pairs(each) for each in asked] == [{}, {"after": "c/2"}]
    assert verdict == Done()
    text = paged('by = "cursor", name = "variables.after", in = "json", next = "$.next"').replace(
        'path = "/v1/things"', 'method = "POST", path = "/graphql", json = { query = "q", variables = { first = 2 } }'
    )
    asked, _ = walked(flow(text), lambda each: page([each.page], next="x" if each.page == 1 else ""))
    assert asked[1].canonical().endswith('{"query":"q","variables":{"after":"x","first":2}}]')


def test_a_cursor_may_be_the_last_row_and_end_with_a_flag() -> None:
    text = paged('by = "cursor", name = "starting_after", next = "$.data[-1].id", more = "$.has_more"')
    asked, verdict = walked(flow(text), lambda each: page([each.page * 10], has_more=each.page < 3))
    assert [pairs(each).get("starting_after") for each in asked] == [None, "10", "20"]
    assert verdict == Done()
    _, verdict = walked(flow(text), lambda _: page([], has_more=True))
    refused(verdict, "unreadable", "says that there are more, and not where")
    _, verdict = walked(flow(text), lambda _: page([1]))
    refused(verdict, "unreadable", "neither true nor false at $.has_more")


def test_a_repeated_cursor_ends_with_its_own_error() -> None:
    text = paged('by = "cursor", name = "after", next = "$.next"')
    _, verdict = walked(flow(text), lambda each: page([each.page], next="c1"))
    refused(verdict, "unreadable", 'page 2 gives the cursor "c1" again', "check paging")
    circle = {1: "a", 2: "b", 3: "c", 4: "a"}
    asked, verdict = walked(flow(text), lambda each: page([each.page], next=circle[each.page]))
    assert len(asked) == 4
    refused(verdict, "unreadable", 'page 4 gives the cursor "a" again')


@pytest.mark.parametrize(
    "paging",
    [
        'by = "page", name = "page", size = 2',
        'by = "offset", name = "start", size = 2',
    ],
)
def test_a_page_that_comes_again_ends_with_its_own_error(paging: str) -> None:
    asked, verdict = walked(flow(paged(paging)), lambda each: page([1, 2], next=f"c{each.page}"))
    assert len(asked) == 2
    refused(verdict, "unreadable", "page 2 has the same rows as page 1: the pages lead in a circle", "seems to ignore")


@pytest.mark.parametrize("paging", [NEXT % "$.next", 'by = "body_link", next = "$.next"'])
def test_pages_of_cursors_and_links_may_hold_equal_rows(paging: str) -> None:
    asked, verdict = walked(
        flow(paged(paging)), lambda each: page([1], next=f"/{each.page}" if each.page < 4 else None)
    )
    assert len(asked) == 4
    assert verdict == Done()


def test_an_empty_page_that_names_the_next_is_followed() -> None:
    one = flow(paged(NEXT % "$.next"))
    asked, verdict = walked(one, lambda each: page([1] if each.page == 3 else [], next={1: "a", 2: "b"}.get(each.page)))
    assert len(asked) == 3
    assert verdict == Done()


def test_pages_without_end_are_cut_with_an_error() -> None:
    text = paged('by = "page", name = "page", most = 3')
    asked, verdict = walked(flow(text), lambda each: page([each.page]))
    assert len(asked) == 3
    refused(verdict, "truncated", "3 pages came, and there are more", "raise paging.most")


LINKS: list[tuple[str, str, str]] = [
    ("https://api.example/v1/things?page=2&q=a%2Fb", "https://api.example/v1/things", "page=2&q=a/b"),
    ("/v1/things?page=2", "/v1/things", "page=2"),
    ("?page=2", "v1/things", "page=2"),
    ("more/2", "v1/more/2", ""),
]


@pytest.mark.parametrize(("link", "path", "query"), LINKS)
@pytest.mark.parametrize("kind", ["header", "body"])
def test_links_are_followed_as_they_were_issued(kind: str, link: str, path: str, query: str) -> None:
    paging = 'by = "link_header"' if kind == "header" else 'by = "body_link", next = "$.links.next"'
    first = page([1], links={"next": link})
    headers = {"link": f'<https://api.example/x>; rel="last", <{link}>; rel="next"'}
    one = flow(paged(paging))
    verdict = one.steps[0].judge(one.steps[0].request, Reply(200, headers, first.body))
    assert isinstance(verdict, More)
    (asked,) = verdict.requests
    assert asked.path == Issued(path)
    assert {name: [text] for name, text in asked.query} == parse_qs(query)
    assert asked.headers == one.steps[0].request.headers


def test_a_link_never_shows_the_secret_of_the_query() -> None:
    one = flow(paged('by = "link_header"'), auth='auth = { query = { name = "api_key", value = { env = "KEY" } } }\n')
    link = '</v1/things?page=2&api_key=key-in-the-clear>; rel="next"'
    verdict = one.steps[0].judge(one.steps[0].request, Reply(200, {"link": link}, page([1]).body))
    assert isinstance(verdict, More)
    assert "key-in-the-clear" not in str(verdict)
    assert verdict.requests[0].canonical().count("<session:api>") == 1


def test_a_link_that_comes_again_ends_with_its_own_error() -> None:
    one = flow(paged('by = "body_link", next = "$.next"'))
    _, verdict = walked(one, lambda each: page([each.page], next="/v1/things?page=2"))
    refused(verdict, "unreadable", 'page 2 gives the link "/v1/things?page=2" again')


@pytest.mark.parametrize("link", [3, "a b", ["x"]])
def test_a_link_that_is_no_address(link: object) -> None:
    one = flow(paged('by = "body_link", next = "$.next"'))
    _, verdict = walked(one, lambda _: page([1], next=link))
    refused(verdict, "unreadable", "is no address")


@pytest.mark.parametrize("cursor", [True, 1.5, ["x"], "a\nb", "x" * 9_000])
def test_a_cursor_that_no_request_can_carry(cursor: object) -> None:
    one = flow(paged('by = "cursor", name = "after", next = "$.next"'))
    _, verdict = walked(one, lambda _: page([1], next=cursor))
    refused(verdict, "unreadable", "cursor")


def test_the_count_of_the_answer_is_a_claim_of_all_its_pages() -> None:
    one = flow(paged('by = "page", name = "page"', total='"$.total"'))
    rows = rows_of(one, page([1, 2], total=3), page([3], total=3))
    assert values(rows) == [(1,), (2,), (3,)]
    assert rows.claim is not None
    assert rows.claim.rows == 3


def test_a_cursor_header_is_found_whatever_its_case() -> None:
    one = flow(paged('by = "cursor", name = "after", next_header = "X-Next-Cursor"'))

    def answer(asked: Request) -> Reply:
        headers = {"x-next-cursor": "n2"} if asked.page == 1 else {}
        return Reply(200, headers, page([asked.page]).body)

    asked, verdict = walked(one, answer)
    assert pairs(asked[1]) == {"after": "n2"}
    assert verdict == Done()


def test_the_first_page_asks_with_size_and_number() -> None:
    asked = request(paged('by = "page", name = "p", first = 0, size = 5, size_name = "n"'))
    assert asked.query == (("n", "5"), ("p", "0"))
    assert asked.page == 1


LINKED = 'by = "link_header", rel = "%s"'
ASTRAY: list[tuple[str, dict[str, object], dict[str, str], str]] = [
    (
        NEXT % "$.mta.next",
        {"meta": {"next": "c2"}},
        {},
        "nothing at $.mta.next, where the next page is; it has data, meta",
    ),
    (NEXT % "$.meta.nxt", {"meta": {"next": "c2"}}, {}, '$.meta has next; did you mean "next"?'),
    (NEXT % "$.paging.next", {"meta": {"cursor": "c2"}}, {}, "it has data, meta"),
    ('by = "body_link", next = "$.links.nxt"', {"links": {"next": "/x"}}, {}, "check paging.next"),
    ('by = "cursor", name = "after", next_header = "X-Nxt"', {}, {"x-next": "c2"}, 'did you mean "x-next"?'),
    (LINKED % "following", {}, {"link": '</x>; rel="next"'}, 'the header has rel "next"'),
    (LINKED % "nxt", {}, {"link": '</x>; rel="next"'}, 'rel "nxt" is in no answer'),
]


@pytest.mark.parametrize(("paging", "more", "headers", "words"), ASTRAY)
def test_paging_that_looks_beside_what_is_there_ends_with_an_error(
    paging: str, more: dict[str, object], headers: dict[str, str], words: str
) -> None:
    _, verdict = walked(flow(paged(paging)), lambda _: Reply(200, headers, page([1], **more).body))
    refused(verdict, "unreadable", words, "check paging")
    _, verdict = walked(flow(paged(paging)), lambda _: Reply(200, headers, page([], **more).body))
    assert verdict == Done()


QUIET: list[tuple[str, dict[str, object], dict[str, str]]] = [
    (NEXT % "$.meta.next", {"meta": {"next": None}}, {}),
    (NEXT % "$.meta.next", {"meta": {"next": ""}}, {}),
    (NEXT % "$.meta.next", {"meta": None}, {}),
    (NEXT % "$.meta.next", {"meta": {}}, {}),
    (NEXT % "$.next" + ', more = "$.more"', {"more": False}, {}),
    ('by = "cursor", name = "after", next_header = "X-Next"', {}, {"x-next": ""}),
    (LINKED % "next", {}, {"link": '</x>; rel="first"'}),
    (LINKED % "next", {}, {}),
    (NEXT % "$.meta.next" + ', size = 2, size_name = "n"', {"meta": {"count": 1}}, {}),
    ('by = "page", name = "page", size = 2, stop = "short"', {}, {}),
]
LOUD: list[tuple[str, dict[str, object], dict[str, str]]] = [
    (NEXT % "$.meta.next", {"meta": {"count": 1}}, {}),
    (NEXT % "$.go_on", {}, {}),
    ('by = "cursor", name = "after", next_header = "X-Next"', {}, {"date": "x"}),
    (LINKED % "more", {}, {"link": '</x>; rel="first"'}),
]


@pytest.mark.parametrize(
    ("paging", "more", "headers", "loud"), [*((*one, 0) for one in QUIET), *((*one, 1) for one in LOUD)]
)
def test_one_page_that_says_nothing_of_the_next_is_a_finding(
    paging: str, more: dict[str, object], headers: dict[str, str], loud: int
) -> None:
    one = flow(paged(paging))
    read = rows_of(one, Reply(200, headers, page([1], **more).body))
    assert [note.code for note in read.notes] == ["rest.no_next"] * loud
    assert all("one page was taken for all" in note.message for note in read.notes)
    assert rows_of(one, Reply(200, headers, page([], **more).body)).notes == ()


def test_a_full_page_that_says_nothing_of_the_next_is_an_error() -> None:
    one = flow(paged(NEXT % "$.meta.next" + ', size = 1, size_name = "n"'))
    (note,) = rows_of(one, page([1], meta={"count": 1})).notes
    assert (note.code, "it is full (1 rows)" in note.message) == ("rest.full_page", True)
    assert note.code in ERRORS


def test_a_next_page_that_was_seen_once_may_be_absent_on_the_last() -> None:
    one = flow(paged(NEXT % "$.meta.next" + ', size = 1, size_name = "n"'))
    _, verdict = walked(one, lambda each: page([each.page], **({"meta": {"next": "c2"}} if each.page == 1 else {})))
    assert verdict == Done()
    read = one.read((page([1], meta={"next": "c2"}), page([2])))
    assert isinstance(read, Rows)
    assert read.notes == ()
