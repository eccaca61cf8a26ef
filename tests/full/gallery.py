"""`make gallery`: the pictures of `docs/gallery/`, taken of what the showcase job makes today."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Browser

from .browser import Scheme, chromium, message, shown_mail, visit
from .project import AS_OF, JOB, ROOT, copy_project, run_job
from .terminal import as_page, screens

PICTURES = ROOT / "docs" / "gallery"
PLAIN = '\n[outputs.plain]\nformat = "html"\npath   = "plain.html"\n'
MISSPELT = (
    ("entryIdIn = [", "entryIdsIn = ["),
    ('report      = "USER_TOP_CONTENT"', 'report      = "USER_TOP_CONTNET"'),
    ("offset = -1", "ofset = -1"),
    ("from status\nwhere", "from statuss\nwhere"),
    ('template = "compliance.html.j2"', 'template = "complaince.html.j2"'),
)


def main() -> None:
    """Take every picture anew."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place, chromium() as browser:
        root = copy_project(Path(place) / "training")
        folder = run_job(root)
        report = folder / "report.html"
        for width, height in ((320, 1500), (600, 1400), (1280, 1500)):
            _picture(browser, report, f"report-{width}", (width, height))
        _picture(browser, report, "report-1280-dark", (1280, 1100), scheme="dark")
        _picture(browser, report, "report-1280-end", (1280, 1500), end=True)
        _print(browser, report, Path(place))
        _mail(browser, folder / "summary.eml", Path(place))
        _builtin(browser, Path(place))
        _terminal(browser, root, Path(place))


def _picture(
    browser: Browser, file: Path, name: str, size: tuple[int, int], *, scheme: Scheme = "light", end: bool = False
) -> None:
    with visit(browser, file, *size, scheme=scheme) as seen:
        if end:
            seen.page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)")
        seen.page.screenshot(path=PICTURES / f"{name}.png")


def _whole(browser: Browser, file: Path, name: str, width: int) -> None:
    with visit(browser, file, width) as seen:
        seen.page.screenshot(path=PICTURES / f"{name}.png", full_page=True)


def _print(browser: Browser, report: Path, place: Path) -> None:
    with visit(browser, report) as seen:
        seen.page.pdf(path=place / "report.pdf", prefer_css_page_size=True, print_background=True)
    for page in (1, 2):
        subprocess.run(
            ["pdftoppm", "-png", "-r", "80", "-f", str(page), "-l", str(page), "-singlefile", str(place / "report.pdf"),
             str(PICTURES / f"report-print-{page}")],
            check=True,
        )  # fmt: skip


def _mail(browser: Browser, file: Path, place: Path) -> None:
    page = place / "mail.html"
    page.write_text(shown_mail(message(file)), encoding="utf-8")
    for width in (320, 600):
        _whole(browser, page, f"email-{width}", width)


def _builtin(browser: Browser, place: Path) -> None:
    folder = run_job(copy_project(place / "plain", PLAIN))
    _picture(browser, folder / "plain.html", "builtin-report-1280", (1280, 1100))


def _terminal(browser: Browser, root: Path, place: Path) -> None:
    run = ["run", JOB, "--sandbox", "--as-of", AS_OF, "--out", "again"]
    frames = _screens(root, run)
    under_way = max(frames, key=lambda frame: (min(frame.count("landed"), 2), frame.count(" sent ")))
    _shown(browser, place, run, "terminal-progress", under_way)
    _shown(browser, place, run, "terminal-run", frames[-1])
    job = root / JOB
    text = job.read_text(encoding="utf-8")
    for right, wrong in MISSPELT:
        text = text.replace(right, wrong, 1)
    job.write_text(text, encoding="utf-8")
    _shown(browser, place, ["validate", JOB], "terminal-diagnostics", _screens(root, ["validate", JOB])[-1])


def _screens(root: Path, arguments: Sequence[str]) -> list[str]:
    return screens([sys.executable, "-m", "reportrunner", *arguments], root)


def _shown(browser: Browser, place: Path, arguments: Sequence[str], name: str, text: str) -> None:
    file = place / f"{name}.html"
    file.write_text(as_page(" ".join(("reportrunner", *arguments)), text), encoding="utf-8")
    with visit(browser, file, 980, 200) as seen:
        seen.page.screenshot(path=PICTURES / f"{name}.png", full_page=True)


if __name__ == "__main__":
    main()
