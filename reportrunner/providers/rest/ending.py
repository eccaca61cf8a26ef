"""Whether an answer of one page is whole, or its paging looks for the next one where nothing ever is."""

from __future__ import annotations

import re
from typing import Any

from reportrunner.flow import Refused, Reply
from reportrunner.providers.rest.links import rels_of
from reportrunner.providers.rest.paging import BodyLink, Cursors, LinkHeader, PagingSpec
from reportrunner.providers.rest.places import beside, find, steps_of
from reportrunner.spelling import suggest
from reportrunner.table import Note


def unseen(paging: PagingSpec | None, reply: Reply, document: Any) -> str:
    """Return where a page should say what follows and has nothing at all; empty where it says something, or may not.

    A null, an empty text and false are a word: there is no next page.
    """
    if paging is None or paging.more is not None:
        return ""
    if isinstance(paging, LinkHeader):
        rels = rels_of(reply.headers.get("link", ""))
        # A list of one page has no header at all, at the best-known services; the usual rel cannot be misspelt.
        ended = paging.rel.lower() in rels or paging.rel.lower() == "next"
        return "" if ended else f'the header Link with rel "{paging.rel}"'
    if isinstance(paging, Cursors) and paging.next_header is not None:
        return "" if paging.next_header.lower() in reply.headers else f"the header {paging.next_header}"
    if isinstance(paging, Cursors | BodyLink):
        place = paging.next or ""
        return "" if find(place, document) or _ended_above(place, document) else place
    return ""


def astray(paging: PagingSpec, reply: Reply, document: Any, rows: int) -> Refused | None:
    """Return why the first page cannot be taken for the last: what follows stands beside the place that was named."""
    place = unseen(paging, reply, document)
    if not place or not rows:
        return None
    if isinstance(paging, LinkHeader):
        rels = rels_of(reply.headers.get("link", ""))
        near = suggest(paging.rel.lower(), rels) or ("next" if "next" in rels else "")
        return _refused(f"{place} is in no answer", f'; the header has rel "{near}"', "rel") if near else None
    if isinstance(paging, Cursors) and paging.next_header is not None:
        there = [name for name, value in reply.headers.items() if value]
        near = suggest(paging.next_header.lower(), there)
        if near:
            return _refused(f"{place} is in no answer", f'; did you mean "{near}"?', "next_header")
    elif _beside(place, document):
        return _refused(f"the answer has nothing at {place}", beside(place, document), "next")
    return None


def doubts(paging: PagingSpec | None, reply: Reply, document: Any, rows: int) -> tuple[Note, ...]:
    """Return the finding of a single page that does not say whether there is another; a short one is the last."""
    place = unseen(paging, reply, document) if rows else ""
    size = getattr(paging, "size", None)
    if not place or (size is not None and rows < size):
        return ()
    said = f"no page had anything at {place}, where the next page is: one page was taken for all"
    if size is None:
        return (Note("rest.no_next", said),)
    return (Note("rest.full_page", f"{said}, and it is full ({rows:,} rows)"),)


def _refused(words: str, more: str, key: str) -> Refused:
    return Refused("unreadable", f"{words}, where the next page is{more}", f"check paging.{key}")


def _parents(place: str, document: Any) -> tuple[Any, str]:
    """Return the deepest thing on the way to a place, and the first name that is missing there."""
    for step in steps_of(place) or ():
        if not isinstance(document, dict) or step not in document:
            return document, step
        document = document[step]
    return document, ""


def _ended_above(place: str, document: Any) -> bool:
    """Tell whether the object around a place is null or empty: that is a word too."""
    above, missing = _parents(place, document)
    return bool(missing) and above is not document and (above is None or above in ({}, [], "", False))


def _beside(place: str, document: Any) -> bool:
    """Tell whether a name on the way is misspelt, or the object around the place is missing altogether."""
    steps = steps_of(place)
    above, missing = _parents(place, document)
    if not steps or not missing:
        return False
    if not isinstance(above, dict) or missing != steps[-1]:
        return True
    near = suggest(missing, [str(name) for name in above])
    return near != "" and above[near] not in (None, "", False) and not re.search(r"prev|before", near)
