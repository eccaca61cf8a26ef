"""A page as text."""

from __future__ import annotations

import pytest

from reportrunner.templating.plaintext import to_text

TABLE = (
    '<table class="rr-table"><caption>Late</caption><thead><tr><th>Name</th><th class="n">Plays</th></tr></thead>'
    '<tbody><tr class="rr-group"><th colspan="2">Zoë <span>2</span></th></tr><tr><td>Ann &amp; Co</td>'
    '<td class="n">7</td></tr><tr><td>B</td><td class="n">1,200</td></tr></tbody></table>'
)


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<h1>A  title</h1><p>One\n two</p>", "A title\n=======\n\nOne two\n"),
        ("<h2>Part</h2><ul><li>one</li><li>two</li></ul>", "Part\n----\n\n- one\n- two\n"),
        ("<p>a<br>b</p>", "a\nb\n"),
        ("<ul><li>a<br><small>b</small></li><li>c</li></ul>", "- a\n  b\n- c\n"),
        ('<p><a href="https://x.example">here</a></p>', "here (https://x.example)\n"),
        ('<p><a href="https://x.example">https://x.example</a></p>', "https://x.example\n"),
        ("<head><title>no</title></head><style>p{}</style><p>yes</p>", "yes\n"),
        ('<div data-text="Late: 7"><b>7</b><div>A</div></div><div data-text="B: 1">x</div>', "Late: 7\nB: 1\n"),
        ('<div data-text=""><div><p>no</p><br></div></div><p>yes</p>', "yes\n"),
        ('<img src="cid:a" alt="no">', "A  ██\nB  █\n"),
        ('<p>See <img src="cid:b" alt="a picture"></p>', "See a picture\n"),
        ("<p>5 &lt; 6 &amp; more</p>", "5 < 6 & more\n"),
        (TABLE, "Late\n\nName      Plays\n--------  -----\n\nZoë 2\nAnn & Co      7\nB         1,200\n"),
    ],
)  # fmt: skip
def test_to_text(page: str, text: str) -> None:
    assert to_text(page, {"a": "A  ██\nB  █"}) == text


def test_paragraphs_are_wrapped_and_links_are_not_broken() -> None:
    link = "https://reports.example/" + "a-very-long-path/" * 8
    lines = to_text(f"<p>{'word ' * 40}</p><p>{link}</p>", {}).split("\n")
    assert max(map(len, lines[:3])) <= 76
    assert link in lines
