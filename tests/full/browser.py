"""A quiet headless Chromium: it opens a file, reports what the page says and asks for, and resolves no host name."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-gpu",
    "--disable-sync",
    "--no-first-run",
    "--font-render-hinting=none",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
STANDARD = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
HABITS = (*STANDARD, "best-practice")
Scheme = Literal["light", "dark"]
_AXE_RUN = """async tags => {
  const found = await axe.run(document, { runOnly: tags, resultTypes: ["violations"] });
  return found.violations.map(v => `${v.id}: ${v.help}: ${v.nodes.map(n => n.target.join(" ")).join(", ")}`);
}"""
_BEYOND = """() => [...document.querySelectorAll("body *")].filter(e => {
  if (e.closest(".rr-scroll, .rr-skip, svg, thead") && !e.matches(".rr-scroll, svg")) return false;
  const box = e.getBoundingClientRect();
  return box.width > 0 && (box.right > innerWidth + 0.5 || box.left < -0.5);
}).map(e => `${e.tagName.toLowerCase()}.${e.getAttribute("class")}`)"""


@dataclass(slots=True)
class Visit:
    """An open page: what it said on the console, and every address it asked for."""

    page: Page
    said: list[str]
    asked: list[str]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser and stop it at the end."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        try:
            yield started
        finally:
            started.close()


@contextmanager
def visit(
    browser: Browser, file: Path, width: int = 1280, height: int = 900, scheme: Scheme = "light"
) -> Iterator[Visit]:
    """Open a file in a window of its own, `width` by `height` pixels."""
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    try:
        page = context.new_page()
        seen = Visit(page, [], [])
        page.on("console", lambda message: seen.said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: seen.said.append(str(error)))
        page.on("request", lambda request: seen.asked.append(request.url))
        page.goto(file.as_uri())
        yield seen
    finally:
        context.close()


def violations(page: Page, tags: Sequence[str] = HABITS) -> list[str]:
    """Return what axe-core finds against WCAG 2.2 AA, and good habits beyond it, with the places."""
    session = page.context.new_cdp_session(page)  # axe must run although the page's own policy allows no script
    session.send("Page.setBypassCSP", {"enabled": True})
    page.reload()
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(_AXE_RUN, list(tags))
    return found


def overflow(page: Page) -> tuple[int, list[str]]:
    """Return by how many pixels the page is wider than its window, and what stands beyond its edges."""
    wider: int = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    beyond: list[str] = page.evaluate(_BEYOND)
    return wider, beyond


def message(file: Path) -> EmailMessage:
    """Return a parsed `.eml`."""
    parsed = message_from_bytes(file.read_bytes(), policy=default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def part(mail: EmailMessage, kind: Literal["html", "plain"]) -> str:
    """Return the text of one part."""
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def shown_mail(mail: EmailMessage) -> str:
    """Return the HTML part as a mail client shows it: pictures from inside the message."""
    html = part(mail, "html")
    for picture in mail.walk():
        if (cid := picture["Content-ID"]) is not None:
            content = picture.get_payload(decode=True)
            assert isinstance(content, bytes)
            data = f"data:{picture.get_content_type()};base64,{base64.b64encode(content).decode()}"
            html = html.replace(f"cid:{cid.strip('<>')}", data)
    return html
