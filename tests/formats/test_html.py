"""The page: self-contained, escaped, marked, the same every time."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from sample_report import FINDINGS, report, templates, without_overdue

from reportrunner.formats import FORMATS, missing_extra
from reportrunner.formats.common import Writing
from reportrunner.report import Finding, Report
from reportrunner.templating.renderer import Renderer

RENDERER = Renderer(templates())
ERROR = Finding("unreconciled", "error", "datasets.progress", "Plays <812> differ from the total 815")


def page(made: Report, template: str = "compliance.html.j2", renderer: Renderer = RENDERER) -> str:
    form = FORMATS["html"]
    options = form.options.model_validate({"format": "html", "template": template})
    return form.write(made, options, Writing("page", "page.html", renderer)).whole().decode()


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html[html.index("<body>") :]).split())


class _Balance(HTMLParser):
    void = frozenset({"meta", "br", "img", "hr", "link"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("template", ["compliance.html.j2", "builtin:report"])
def test_the_page_is_whole_and_asks_nobody(template: str) -> None:
    html = page(report(), template)
    reader = _Balance()
    reader.feed(html)
    assert reader.open == []
    assert len(reader.ids) == len(set(reader.ids))
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in html
    assert '<html lang="en">' in html
    assert not re.search(r"<script|<link|<iframe|<object|\son\w+=|url\(\s*['\"]?(?!#)|@import", html)
    assert not re.search(r'(?:src|href)="(?!#)', html)
    assert [html.count(f"<{mark}") for mark in ("h1", "main", "footer")] == [1, 1, 1]


def test_data_is_escaped() -> None:
    html = page(report(), "builtin:report")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<script" not in html


def test_the_first_screen_answers_who_has_not_finished() -> None:
    html = page(report())
    text = text_of(html)
    assert "Week 2026-W46 · 9\u201315 November 2026" in text
    assert re.search(r"\d+ of 248 people have not finished every required course", text)
    assert html.index("rr-lead") < html.index("<svg")
    assert html.count('<figure class="rr-chart">') == 2
    tiles = [int(value) for value in re.findall(r'rr-value">([\d,]+)<', html)]
    late = int(re.findall(r"(\d+) of 248 people", text)[0])
    assert tiles == [tiles[0], late - tiles[0], 248 - late, 60]


def test_everybody_overdue_is_listed_under_a_manager_who_can_be_jumped_to() -> None:
    html = page(report())
    listed = html[html.index('<h2 id="overdue">') : html.index('<h2 id="activity">')]
    assert listed.count("</td></tr>") == 60
    targets = re.findall(r'<tr class="rr-group" id="(manager-\d+)"><th[^>]*>([^<]*) <span', listed)
    assert re.findall(r'<a href="#(manager-\d+)">([^<]*)</a>', listed.replace("&#39;", "&#x27;")) == targets
    counts = re.findall(r'rr-count">(\d+) open courses?<', listed)
    assert len(counts) == len(targets)
    assert sum(map(int, counts)) == 60


def test_polls_are_counted() -> None:
    text = text_of(page(report()))
    assert "Was the pace right? 88 answers Too fast 22 25% Too slow 5 6% Yes 61 69%" in text


def test_findings_show_their_first_rows_and_what_is_lived_with() -> None:
    accepted = Finding("window.zone_unknown", "ok", "datasets.polls", "no source says so", accepted="a few <hours>")
    made = report()
    polls = replace(made.datasets["polls"], findings=(accepted,))
    html = page(replace(made, datasets={**made.datasets, "polls": polls}))
    text = text_of(html)
    assert "<li>user_id guest-1</li><li>user_id guest-&lt;2&gt;</li><li>and 1 more</li>" in html
    assert "Accepted No source says so datasets.polls · window.zone_unknown · accepted: a few &lt;hours&gt;" in text
    assert "2 warnings about the data of this report: People watched" in text


def test_a_clean_week_reads_well() -> None:
    text = text_of(page(without_overdue()))
    assert "Everyone has finished. All 248 people on the roster completed every required course." in text
    assert "Nobody is overdue." in text
    assert "See findings" not in text


def test_banners_and_mark() -> None:
    clean, warned = page(report(findings=())), page(report())
    assert warned.index('class="rr-lead"') < warned.index('class="rr-status')
    failed = page(report(findings=(ERROR, *FINDINGS), sandbox=True))
    assert "rr-status rr-" not in clean
    assert "2 warnings about the data of this report" in text_of(warned)
    assert "Do not rely on this report yet: 1 error and 2 warnings were found" in text_of(failed)
    assert "Plays &lt;812&gt; differ" in failed
    assert failed.index('class="rr-status') < failed.index('class="rr-lead"')
    assert "Sandbox data." in failed
    assert "Sandbox data." not in warned


def test_the_footer_says_where_numbers_come_from() -> None:
    text = text_of(page(report()))
    for fact in (
        "report.getTable",
        "The zone of its days is unknown.",
        "America/New_York",
        "sha256:6f1ed002",
        "2026-09-01",
        "Window “campaign” 1 September \u2013 15 November 2026 (America/New_York)",
        "polls: The zone of its days is unknown.",
    ):
        assert fact in text
    assert text.count("Plays of live sessions are not counted") == 1


def test_equal_reports_give_equal_bytes() -> None:
    first = page(report())
    assert first == page(report())
    assert first == page(report(), renderer=Renderer(templates()))
    assert first != page(report(sandbox=True))


def test_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    html = FORMATS["html"].options.model_validate({"format": "html"})
    mail = FORMATS["email"].options.model_validate(
        {"format": "email", "template": "compliance.email.j2", "to": ["a@example.org"]}
    )
    table = FORMATS["csv"].options.model_validate({"format": "csv", "dataset": "overdue"})
    assert [missing_extra(each, RENDERER) for each in (html, mail, table)] == ["", "", ""]
    monkeypatch.setattr("reportrunner.formats.find_spec", lambda _: None)
    assert [missing_extra(each, RENDERER) for each in (html, mail, table)] == [
        "pip install 'reportrunner[charts]'",
        "pip install 'reportrunner[charts,mail]'",
        "",
    ]


def _light(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_contrast(scheme: str) -> None:
    css = page(report())
    blocks = re.findall(r":root \{(.*?)\}", css, re.DOTALL)
    colours = dict(re.findall(r"--rr-([\w-]+): (#\w{6})", blocks[("light", "dark", "print").index(scheme)]))
    pairs = [(ink, "page", 4.5) for ink in ("ink", "soft", "warn-ink", "bad-ink", "accent")]
    pairs += [("warn-ink", "warn-back", 4.5), ("bad-ink", "bad-back", 4.5)]
    pairs += [(tone, "page", 3) for tone in ("good", "warn", "bad", "muted", "second", "third")]
    for ink, back, least in pairs:
        high, low = sorted((_light(colours[ink]), _light(colours[back])), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= least, (ink, back)
