"""`python -m tests.full.library_gallery [events/roi ...]`: pictures of the library's documents, as they are made today.

A page is seen at the widths of a desktop and of a phone, as far as its first screen goes; a message whole, but for a
very long one. They stand in `docs/gallery/library/`.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Browser

from .browser import chromium, message, shown_mail, visit
from .project import AS_OF, MOMENTS, ROOT, copy_project, reportrunner

PICTURES = ROOT / "docs" / "gallery" / "library"
DESKTOP, PHONE, MAIL = (1280, 1100), (390, 844), (640, 1100)


def library() -> list[str]:
    """Return the jobs of the library, such as `events/roi`."""
    folder = ROOT / "jobs"
    found = (path.relative_to(folder) for path in folder.rglob("*.toml") if path.parent != folder)
    return sorted(path.with_suffix("").as_posix() for path in found if path.parts[0] != "examples")


def documents(folder: Path, kind: str) -> list[Path]:
    """Return the documents of one kind that a run left; of several messages the first."""
    return sorted(folder.rglob(f"*.{kind}"))[:1]


def main(jobs: Sequence[str]) -> None:
    """Take the pictures of these jobs anew."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place, chromium() as browser:
        root = copy_project(Path(place) / "library")
        for job in jobs:
            done = reportrunner(root, "run", f"jobs/{job}.toml", "--sandbox", "--as-of", MOMENTS.get(job, AS_OF))
            if done.code != 0:
                raise SystemExit(f"{job} ended with {done.code}\n{done.err}")
            _pictures(browser, job.replace("/", "-"), root / done.out.strip(), Path(place))


def _pictures(browser: Browser, name: str, folder: Path, place: Path) -> None:
    for file in documents(folder, "html"):
        _picture(browser, file, f"{name}-1280", DESKTOP)
        _picture(browser, file, f"{name}-390", PHONE)
    for file in documents(folder, "eml"):
        page = place / "mail.html"
        page.write_text(shown_mail(message(file)), encoding="utf-8")
        _picture(browser, page, f"{name}-mail-640", MAIL)
        _picture(browser, page, f"{name}-mail-390", PHONE)


def _picture(browser: Browser, file: Path, name: str, size: tuple[int, int]) -> None:
    with visit(browser, file, *size) as seen:
        seen.page.screenshot(path=PICTURES / f"{name}.png")


if __name__ == "__main__":
    main(sys.argv[1:] or library())
