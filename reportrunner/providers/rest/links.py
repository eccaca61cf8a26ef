"""The Link header (RFC 8288): the address that stands for a relation."""

from __future__ import annotations

import re
from collections.abc import Iterator

_LINK = re.compile(r"<([^<>]*)>((?:\s*;\s*[\w*-]+\s*(?:=\s*(?:\"[^\"]*\"|[^\s\";,]*))?)*)")
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s\";,]+))", re.IGNORECASE)


def next_link(header: str, rel: str = "next") -> str:
    """Return the address of this relation, empty where the header has none."""
    return next((address for address, rels in _links(header) if rel.lower() in rels), "")


def rels_of(header: str) -> list[str]:
    """Return the relations that the header has addresses for, in lower case."""
    return [rel for _, rels in _links(header) for rel in rels]


def _links(header: str) -> Iterator[tuple[str, list[str]]]:
    for address, attributes in _LINK.findall(header):
        found = _REL.search(attributes)
        yield str(address).strip(), (found[1] or found[2] or "").lower().split() if found else []
