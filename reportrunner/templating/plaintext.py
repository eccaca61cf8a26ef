"""A rendered page as plain text that reads well: headings, wrapped paragraphs, aligned tables, charts as bars."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from html.parser import HTMLParser

from reportrunner.templating.grid import align

WIDTH = 76
_SKIPPED = {"head", "style", "script", "title", "svg"}
_BLOCKS = {
    "address", "article", "aside", "blockquote", "body", "caption", "dd", "div", "dl", "dt", "figcaption", "figure",
    "footer", "h1", "h2", "h3", "h4", "header", "hr", "html", "li", "main", "nav", "ol", "p", "section", "table",
    "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
}  # fmt: skip
_VOID = {"br", "hr", "img", "meta", "link", "input", "col", "wbr"}


def to_text(page: str, pictures: Mapping[str, str]) -> str:
    """Return the page as text of at most 76 columns; `pictures` gives the text of an image by its Content-ID.

    An element with `data-text` is told by that text alone, one with an empty `data-text` not at all.
    """
    reader = _Reader(pictures)
    reader.feed(page)
    reader.close()
    return reader.text()


def to_line(fragment: str) -> str:
    """Return a piece of a page as one line without its markup."""
    reader = _Line()
    reader.feed(fragment)
    reader.close()
    return " ".join("".join(reader.said).split())


class _Line(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []

    def handle_starttag(self, tag: str, _: list[tuple[str, str | None]]) -> None:
        self._apart(tag)

    def handle_endtag(self, tag: str) -> None:
        self._apart(tag)

    def handle_data(self, data: str) -> None:
        self.said.append(data)

    def _apart(self, tag: str) -> None:
        if tag in _BLOCKS or tag == "br":
            self.said.append(" ")


class _Reader(HTMLParser):
    def __init__(self, pictures: Mapping[str, str]) -> None:
        super().__init__(convert_charrefs=True)
        self.pictures = pictures
        self.blocks: list[tuple[str, str]] = []
        self.run: list[str] = []
        self.kind = "p"
        self.silent: list[str] = []
        self.table: list[list[tuple[str, bool]]] | None = None
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if self.silent:
            if tag not in _VOID:
                self.silent.append(tag)
            return
        if tag in _SKIPPED or "data-text" in given:
            self._break("p")
            if said := given.get("data-text"):
                self.blocks.append(("line", said))
            self.silent.append(tag)
        elif self.table is not None and tag in {"tr", "td", "th", "br"}:
            self._cell(tag, given)
        elif tag == "table" and "rr-table" in (given.get("class") or ""):
            self._break("p")
            self.table = []
        elif tag == "img":
            self._picture(given)
        elif tag == "br":
            self.run.append("\n")
        elif tag == "a":
            self.links.append(given.get("href") or "")
        elif tag in _BLOCKS:
            self._break(tag)

    def _cell(self, tag: str, given: Mapping[str, str | None]) -> None:
        assert self.table is not None
        if tag == "tr":
            self.table.append([])
        elif tag == "br":
            self._add(" ")
        elif self.table:
            self.table[-1].append(("", given.get("class") == "n"))

    def _picture(self, given: Mapping[str, str | None]) -> None:
        cid = (given.get("src") or "").removeprefix("cid:")
        said = self.pictures.get(cid)
        if said is None:
            self.run.append(given.get("alt") or "")
            return
        self._break("p")
        self.blocks.append(("verbatim", said))

    def handle_endtag(self, tag: str) -> None:
        if self.silent:
            if tag in self.silent:
                del self.silent[self.silent.index(tag) if self.silent.count(tag) == 1 else -1 :]
        elif tag == "table" and self.table is not None:
            self._finish()
        elif tag == "caption" and self.table is not None:
            self._break("p")
        elif tag == "a" and self.links:
            href = self.links.pop()
            if href.startswith(("http", "mailto:")) and href not in "".join(self.run[-1:]):
                self.run.append(f" ({href.removeprefix('mailto:')})")
        elif tag in _BLOCKS and self.table is None:
            self._break("p")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self._add(data)

    def _add(self, data: str) -> None:
        if self.table and self.table[-1]:
            said, right = self.table[-1][-1]
            self.table[-1][-1] = (said + data, right)
        else:
            self.run.append(re.sub(r"\s+", " ", data))

    def _finish(self) -> None:
        rows, self.table = self.table or [], None
        if not rows:
            return
        width = max(map(len, rows))
        sides = next(([right for _, right in row] for row in rows[1:] if len(row) == width), [False] * width)
        whole = [[said for said, _ in row] for row in rows if len(row) == width]
        lines = iter(align(whole[0], whole[1:], sides))
        shown: list[str] = [next(lines), next(lines)]
        for row in rows[1:]:
            group = f"\n{' '.join(row[0][0].split())}" if len(row) < width and row else ""
            shown.append(group if len(row) < width else next(lines))
        self.blocks.append(("verbatim", "\n".join(shown)))

    def _break(self, kind: str) -> None:
        said = "".join(self.run)
        self.run = []
        lines = [" ".join(line.split()) for line in said.split("\n")]
        if any(lines):
            self.blocks.append((self.kind, "\n".join(lines).strip("\n")))
        if kind == "hr":
            self.blocks.append(("verbatim", "-" * WIDTH))
        self.kind = kind

    def text(self) -> str:
        self._break("p")
        made: list[str] = []
        before = ""
        for kind, said in self.blocks:
            tight = kind == before and kind in {"line", "li", "dd"}
            if made and not tight:
                made.append("")
            made += _block(kind, said)
            before = kind
        return "\n".join(made) + "\n"


def _block(kind: str, said: str) -> list[str]:
    if kind == "verbatim":
        return said.split("\n")
    if kind in {"h1", "h2"}:
        head = textwrap.wrap(said, WIDTH)
        return [*head, ("=" if kind == "h1" else "-") * max(map(len, head))]
    first = "- " if kind == "li" else ""
    lines: list[str] = []
    for part in said.split("\n"):
        lines += textwrap.wrap(
            part, WIDTH, initial_indent=" " * len(first) if lines else first, subsequent_indent=" " * len(first),
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip
    return lines
