"""The documents of the real job in headless Chromium: quiet, alone, accessible, never wider than the window, whole."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from .browser import CHROMIUM, STANDARD, Scheme, chromium, message, overflow, part, shown_mail, violations, visit
from .project import copy_project, run_job

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(
        not (CHROMIUM.exists() and shutil.which("pdftotext")), reason="needs the packages of tests/full/packages.sh"
    ),
]
FURTHER = """
[outputs.plain]
format = "html"
path   = "plain.html"

[outputs.digest]
format = "email"
path   = "digest.eml"
to     = ["training-team@example.org"]
"""
PAGES = ("report.html", "plain.html")
MAILS = ("summary.eml", "digest.eml")
WIDTHS = (320, 600, 1280)
A4 = (595, 842)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_job(copy_project(tmp_path_factory.mktemp("project"), FURTHER))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def overdue(folder: Path) -> list[dict[str, str]]:
    with (folder / "overdue.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_quiet_alone_and_fits(folder: Path, browser: Browser, name: str, width: int, scheme: Scheme) -> None:
    with visit(browser, folder / name, width, scheme=scheme) as seen:
        assert seen.said == []
        assert seen.asked == [(folder / name).as_uri()]
        assert overflow(seen.page) == (0, [])
        dark = seen.page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
        assert dark == (scheme == "dark")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible(folder: Path, browser: Browser, name: str, width: int, scheme: Scheme) -> None:
    with visit(browser, folder / name, width, scheme=scheme) as seen:
        assert violations(seen.page) == []


def test_the_instruments_can_fail(browser: Browser, tmp_path: Path) -> None:
    bad = tmp_path / "bad.html"
    bad.write_text(
        "<!doctype html><title>x</title><script>console.log('said')</script><img src='other.png'>"
        "<p style='width:2000px;color:#bbb'>wide and pale</p>",
        encoding="utf-8",
    )
    with visit(browser, bad, 600) as seen:
        assert any("said" in line for line in seen.said)
        assert len(seen.asked) == 2
        wider, beyond = overflow(seen.page)
        assert wider > 1000
        assert beyond == ["p.null"]
        found = {line.partition(":")[0] for line in violations(seen.page)}
        assert {"image-alt", "color-contrast", "html-has-lang"} <= found


@pytest.mark.parametrize("height", [640, 900])
def test_the_first_screen_of_a_phone_answers_who_has_not_finished(
    folder: Path, browser: Browser, overdue: list[dict[str, str]], height: int
) -> None:
    late = len({row["user_id"] for row in overdue})
    with visit(browser, folder / "report.html", 320, height) as seen:
        lead = seen.page.locator(".rr-lead")
        box = lead.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < height
        assert lead.inner_text().startswith(f"{late} of 640 people have not finished")


def test_everybody_overdue_stands_on_the_page(folder: Path, browser: Browser, overdue: list[dict[str, str]]) -> None:
    with visit(browser, folder / "report.html") as seen:
        heads = seen.page.locator("[id^=manager-]").all_inner_texts()
        rows = seen.page.locator("section[aria-labelledby=overdue] tbody tr:not(.rr-group)").count()
        links = seen.page.locator(".rr-jump a").evaluate_all("all => all.map(a => a.hash.slice(1))")
        targets = seen.page.locator("[id^=manager-]").evaluate_all("all => all.map(e => e.id)")
    managers = sorted({row["manager"] for row in overdue})
    assert rows == len(overdue)
    assert [head.split()[0] for head in heads] == managers
    counts = [sum(row["manager"] == manager for row in overdue) for manager in managers]
    assert [int(head.split()[1]) for head in heads] == counts
    assert links == targets


def _print(browser: Browser, page: Path, into: Path) -> Path:
    with visit(browser, page) as seen:
        seen.page.pdf(path=into, prefer_css_page_size=True, print_background=True)
    return into


def _tool(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(("name", "most"), [("report.html", 16), ("plain.html", 24)])
def test_print_is_whole(folder: Path, browser: Browser, tmp_path: Path, name: str, most: int) -> None:
    pdf = _print(browser, folder / name, tmp_path / "page.pdf")
    pages = int(re.findall(r"^Pages:\s+(\d+)$", _tool("pdfinfo", str(pdf)), re.MULTILINE)[0])
    assert 2 <= pages <= most
    boxes = _tool("pdftotext", "-bbox", str(pdf), "-")
    words = re.findall(r'<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">', boxes)
    assert len(words) > 1000
    beyond = [word for word in words if float(word[0]) < 36 or float(word[2]) > A4[0] - 36 or float(word[3]) > A4[1]]
    assert beyond == []
    text = _tool("pdftotext", "-layout", str(pdf), "-")
    assert text.count("Sandbox data") == pages
    assert re.search(rf"\b{pages} ?/ ?{pages}\b", text)


def test_print_names_everybody(folder: Path, browser: Browser, tmp_path: Path, overdue: list[dict[str, str]]) -> None:
    pdf = _print(browser, folder / "report.html", tmp_path / "page.pdf")
    printed = re.sub(r"\s+", "", _tool("pdftotext", "-raw", str(pdf), "-"))
    names = [row["name"].removeprefix("'") for row in overdue]  # the list guards what looks like a formula
    missing = [name for name in names if re.sub(r"\s+", "", name) not in printed]
    assert missing == []


@pytest.fixture(scope="module", params=MAILS)
def mail(request: pytest.FixtureRequest, folder: Path) -> EmailMessage:
    return message(folder / str(request.param))


@pytest.mark.parametrize("width", WIDTHS)
def test_a_mail_fits(mail: EmailMessage, browser: Browser, tmp_path: Path, width: int) -> None:
    file = tmp_path / "mail.html"
    file.write_text(shown_mail(mail), encoding="utf-8")
    assert "cid:" not in file.read_text(encoding="utf-8")
    with visit(browser, file, width) as seen:
        assert seen.said == []
        assert {address.partition(":")[0] for address in seen.asked} <= {"file", "data"}
        assert overflow(seen.page) == (0, [])
        loaded = seen.page.locator("img").evaluate_all("all => all.map(i => i.naturalWidth > 0 && !!i.alt)")
        assert all(loaded)
        assert violations(seen.page, STANDARD) == []  # a mail has no landmarks


def test_a_mail_reads_as_text(mail: EmailMessage) -> None:
    lines = part(mail, "plain").splitlines()
    assert max(map(len, lines)) <= 78
    assert len(lines) > 30
    assert not any(re.search(r"</?\w+|&\w+;|\{\{", line) for line in lines)
    assert lines[0] == "Sandbox data. Every number in this message is invented."


def test_the_headers_of_a_mail(mail: EmailMessage) -> None:
    assert mail["Subject"].startswith("[sandbox data] Compliance training")
    assert mail["Date"] == "Mon, 16 Nov 2026 00:00:00 -0500"
    assert re.fullmatch(r"<[0-9a-f]{40}@reportrunner\.invalid>", mail["Message-ID"])
    assert mail["Auto-Submitted"] == "auto-generated"


def test_the_summary_carries_the_chart_and_the_list(folder: Path) -> None:
    summary = message(folder / "summary.eml")
    assert summary["To"] == "training-team@example.org"
    kinds = [each.get_content_type() for each in summary.walk() if not each.is_multipart()]
    assert kinds == ["text/plain", "text/html", "image/png", "text/csv"]
    (attached,) = summary.iter_attachments()
    assert attached.get_payload(decode=True) == (folder / "overdue.csv").read_bytes()
