"""The documents of the whole library in headless Chromium: quiet, alone, accessible, fitting, and answered at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from .browser import CHROMIUM, STANDARD, Scheme, chromium, message, overflow, shown_mail, violations, visit
from .library_gallery import library
from .project import MOMENTS, run_library

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs the packages of tests/full/packages.sh"),
]
WIDTHS = (320, 600, 1280)
SCREENS = ((320, 640), (390, 844), (1280, 900))
"""Phones and a desktop, whose first screen holds the whole answering sentence."""


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_library(tmp_path_factory.mktemp("library"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def pages(out: Path, job: str) -> list[Path]:
    """The page of a job, and a second one where it has a moment of its own."""
    found = sorted((out / job).rglob("*.html"))
    assert len(found) == (2 if job in MOMENTS else 1)
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("job", library())
def test_a_page_is_quiet_alone_accessible_and_fits(
    out: Path, browser: Browser, job: str, width: int, scheme: Scheme
) -> None:
    for file in pages(out, job):
        with visit(browser, file, width, scheme=scheme) as seen:
            assert seen.said == []
            assert seen.asked == [file.as_uri()]
            assert overflow(seen.page) == (0, [])
            dark = seen.page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
            assert dark == (scheme == "dark")
            assert violations(seen.page) == []


@pytest.mark.parametrize(("width", "height"), SCREENS)
@pytest.mark.parametrize("job", library())
def test_the_first_screen_answers(out: Path, browser: Browser, job: str, width: int, height: int) -> None:
    for file in pages(out, job):
        with visit(browser, file, width, height) as seen:
            lead = seen.page.locator(".rr-lead")
            box = lead.bounding_box()
            assert box is not None
            assert box["y"] + box["height"] <= height
            assert lead.inner_text().rstrip().endswith(".")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("job", library())
def test_figures_and_charts_are_whole(out: Path, browser: Browser, job: str, width: int) -> None:
    """The figure of a tile stands on one line, and no words of a chart leave the page or lie on others."""
    for file in pages(out, job):
        with visit(browser, file, width) as seen:
            assert seen.page.evaluate(BROKEN_TILES) == []
            assert seen.page.evaluate(CLASHES) == []


def test_the_instruments_can_fail(browser: Browser, tmp_path: Path) -> None:
    bad = tmp_path / "bad.html"
    bad.write_text(
        "<!doctype html><title>x</title><dd class='rr-value' style='width:2em'>816,930 MB</dd><figure>"
        "<svg width='90' height='20' style='overflow:visible'><text x='-40' y='15'>left</text>"
        "<text x='20' y='15'>one</text><text x='25' y='15'>two</text><text x='25' y='15' opacity='0'>gone</text></svg>",
        encoding="utf-8",
    )
    with visit(browser, bad, 600) as seen:
        assert seen.page.evaluate(BROKEN_TILES) == ["816,930 MB"]
        assert seen.page.evaluate(CLASHES) == ["cut: left", "one | two"]


BROKEN_TILES = """() => [...document.querySelectorAll(".rr-value")].filter(e => {
  const range = document.createRange();
  range.selectNodeContents(e);
  return new Set([...range.getClientRects()].map(r => Math.round(r.top))).size > 1;
}).map(e => e.textContent)"""
CLASHES = """() => [...document.querySelectorAll("svg")].flatMap(svg => {
  const words = [...svg.querySelectorAll("text:not([opacity='0'])")]
    .map(t => [t.textContent, t.getBoundingClientRect()])
    .filter(([said, box]) => said.trim() && box.width > 0);
  const frame = svg.closest("figure").getBoundingClientRect();
  const cut = words.filter(([, a]) => a.left < frame.left - 8 || a.right > frame.right + 8)
    .map(([said]) => `cut: ${said}`);
  const over = words.flatMap(([said, a], i) => words.slice(i + 1).filter(([, b]) =>
    Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1.5 &&
    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4).map(([other]) => `${said} | ${other}`));
  return [...cut, ...over];
})"""


@pytest.mark.parametrize("job", library())
def test_a_message_fits_and_is_accessible(out: Path, browser: Browser, tmp_path: Path, job: str) -> None:
    shown = tmp_path / "mail.html"
    for mail in sorted((out / job).rglob("*.eml")):
        shown.write_text(shown_mail(message(mail)), encoding="utf-8")
        assert "cid:" not in shown.read_text(encoding="utf-8")
        for width in WIDTHS:
            with visit(browser, shown, width) as seen:
                assert seen.said == []
                assert {address.partition(":")[0] for address in seen.asked} <= {"file", "data"}
                assert overflow(seen.page) == (0, []), f"{mail.name} at {width}"
                loaded = seen.page.locator("img").evaluate_all("all => all.map(i => i.naturalWidth > 0 && !!i.alt)")
                assert all(loaded)
                assert violations(seen.page, STANDARD) == []  # a mail has no landmarks
