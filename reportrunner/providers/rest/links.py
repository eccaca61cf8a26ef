"""The Link header (RFC 8288): the address that stands for a relation."""

from __future__ import annotations

import re

_LINK = re.compile(r"<([^<>]*)>((?:\s*;\s*[\w*-]+\s*(?:=\s*(?:\"[^\"]*\"|[^\s\";,]*))?)*)")
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s\";,]+))", re.IGNORECASE)


def next_link(header: str, rel: str = "next") -> str:
    """Return the address of this relation, empty where the header has none."""
    for address, attributes in _LINK.findall(header):
        found = _REL.search(attributes)
        words = (found[1] or found[2] or "").lower().split() if found else []
        if rel.lower() in words:
            return str(address).strip()
    return ""
