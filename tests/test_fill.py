from __future__ import annotations

import pytest

from reportrunner.errors import ProviderError
from reportrunner.fill import fill
from reportrunner.flow import Digest, Hole, Issued, JsonBody, Open, Request, Segment, Text

BASE = "https://www.example.org/base/"
NASTY = {"ks": "a+b/c=&d é", "id": "x/../y", "dots": "..", "crlf": "a\r\nX: y"}


def value(hole: Open) -> str:
    assert isinstance(hole, Hole)
    return NASTY.get(hole.name, hole.name)


def test_forms_and_queries_are_encoded() -> None:
    request = Request("POST", "/s/r", query=(("q", "a b+c"),), form=(("ks", Hole("session", "ks")), ("f[x]", "1")))
    sent = fill(request, BASE, value)
    assert sent.url == "https://www.example.org/base/s/r?q=a%20b%2Bc"
    assert sent.body == b"ks=a%2Bb%2Fc%3D%26d+%C3%A9&f%5Bx%5D=1"
    assert dict(sent.headers)["Content-Type"] == "application/x-www-form-urlencoded"
    assert sent.label == "POST /s/r"
    assert "a+b" not in repr(sent)
    assert "%2B" not in repr(sent)


def test_json_has_exactly_its_type() -> None:
    body = JsonBody((("n", 1), ("ids", ("é", Hole("capture", "ks")))))
    sent = fill(
        Request("POST", "/x", json=body, headers=(("Authorization", ("Bearer ", Hole("secret", "t"))),)), BASE, value
    )
    assert sent.body == '{"n":1,"ids":["é","a+b/c=&d é"]}'.encode()
    assert dict(sent.headers)["Content-Type"] == "application/json"
    assert dict(sent.headers)["Authorization"] == "Bearer t"


def test_a_hash_fills_a_form_like_any_hole() -> None:
    parts = (Hole("capture", "widget"), Hole("secret", "token"))
    request = Request("POST", "/s", form=(("tokenHash", Digest("sha1", parts)),))
    assert (
        fill(request, BASE, lambda each: f"of {each}").body
        == b"tokenHash=of+%3Csha1%3A%3Ccapture%3Awidget%3E%3Csecret%3Atoken%3E%3E"
    )


def test_a_hole_in_a_path_is_one_segment() -> None:
    assert fill(Request("GET", ("/a/", Hole("capture", "id"), "/b%")), BASE, value).url == f"{BASE}a/x%2F..%2Fy/b%25"
    assert fill(Request("GET", "//evil.example/x"), BASE, value).url == f"{BASE}evil.example/x"


def test_a_link_stays_with_its_source() -> None:
    def link(url: str) -> str:
        return fill(Request("GET", Hole("capture", "link")), "https://www.example.org", lambda _: url).url

    assert link("https://www.example.org:443/csv?ks=a%2Bb") == "https://www.example.org:443/csv?ks=a%2Bb"
    assert link("/csv") == "https://www.example.org/csv"
    for away in (
        "http://www.example.org/csv",
        "https://www.example.org:444/",
        "https://evil.example/",
        "//evil.example/",
    ):
        with pytest.raises(ProviderError, match="leads away") as caught:
            link(away)
        assert "evil" not in str(caught.value)


ELSEWHERE = ("cdn.example", "s3.example")


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://cdn.example/report.csv?sig=a%2Bb", True),
        ("https://S3.example:443/x", True),
        ("//cdn.example/x", True),
        ("http://cdn.example/x", False),
        ("https://cdn.example:8443/x", False),
        ("https://cdn.example:x/x", False),
        ("http://cdn.example:443/x", False),
        ("ftp://cdn.example/x", False),
        ("https://evil.cdn.example/x", False),
        ("https://cdn.example.evil/x", False),
        ("https://cdn.example@evil.example/x", False),
        ("https://www.example.org/csv", True),
    ],
)
def test_a_link_may_lead_to_a_download_host_over_https_alone(url: str, allowed: bool) -> None:
    link = Request("GET", Hole("capture", "link"))
    if allowed:
        filled = fill(link, BASE, lambda _: url, ELSEWHERE).url
        assert filled == (f"https:{url}" if url.startswith("//") else url)
        return
    with pytest.raises(ProviderError, match="nothing was sent there; if that is right, add its host to") as caught:
        fill(link, BASE, lambda _: url, ELSEWHERE)
    assert "evil" not in str(caught.value)
    assert "cdn" not in str(caught.value)


def test_no_host_is_a_download_host_unless_it_is_named() -> None:
    with pytest.raises(ProviderError, match="add its host to the source's download_hosts"):
        fill(Request("GET", Hole("capture", "link")), BASE, lambda _: "https://cdn.example/x")


@pytest.mark.parametrize("path", [("/a/", Hole("capture", "link")), "https://cdn.example/x", "//cdn.example/x"])
def test_what_is_no_link_of_the_provider_stays_with_its_source(path: Text) -> None:
    url = fill(Request("GET", path), BASE, lambda _: "https://cdn.example/x", ELSEWHERE).url
    assert url.startswith(BASE)


@pytest.mark.parametrize(
    "request_",
    [
        Request("GET", ("/a/", Hole("capture", "dots"), "/b")),
        Request("GET", "/a/../b"),
        Request("GET", "/a", headers=(("X-A", Hole("capture", "crlf")),)),
    ],
)
def test_what_would_break_out_is_not_sent(request_: Request) -> None:
    with pytest.raises(ProviderError, match="nothing was sent"):
        fill(request_, BASE, value)


def test_a_page_of_the_providers_own_address_is_asked_at_its_host_alone() -> None:
    for issued, url in (
        ("https://www.example.org/other/next?q=a%2Fb", "https://www.example.org/other/next?q=a%2Fb"),
        ("/next", "https://www.example.org/next"),
        ("next/2", "https://www.example.org/base/next/2"),
    ):
        assert fill(Request("GET", Issued(issued)), BASE, _given).url == url
    with pytest.raises(ProviderError, match=r"leads away .*; it leads to cdn\.example: .*base_url"):
        fill(Request("GET", Issued("https://cdn.example/x")), BASE, _given, ELSEWHERE)


def test_no_secret_goes_to_a_download_host() -> None:
    headers = (("Authorization", ("Bearer ", Hole("session", "api"))),)
    link = Request("GET", Hole("capture", "link"), headers=headers)
    with pytest.raises(ProviderError, match="carries a secret of this one; nothing was sent there"):
        fill(link, BASE, lambda _: "https://cdn.example/x", ELSEWHERE)


def test_a_segment_is_encoded_whole_and_once() -> None:
    sent = fill(Request("GET", ("/a/", Segment("b/c%2F d"), "/e")), BASE, _given)
    assert sent.url == f"{BASE.rstrip('/')}/a/b%2Fc%252F%20d/e"
    assert sent.label == "GET /a/b%2Fc%252F%20d/e"


def _given(place: Open) -> str:
    assert isinstance(place, Segment | Issued)
    return place.text if isinstance(place, Segment) else place.url
