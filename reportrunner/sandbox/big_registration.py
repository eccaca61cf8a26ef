"""A registration report of as many rows as one likes, made as it is sent: nobody holds it whole."""

from __future__ import annotations

import csv
import io
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import accumulate

from reportrunner.sandbox.server import Stream

REGISTRATION_COLUMNS = (
    *("registration_id", "user_id", "email", "first_name", "last_name", "company", "status", "registered_at"),
)

_BLOCK = 10_000
_PLACE = "#####"
_FIRST = ("Ana", "Åsa", "Bruno", "Chloé", "Dmitri", "Elif", "Farid")
_LAST = ("Berg", "Okafor", "Núñez", "Schmidt", "Tanaka")
_COMPANIES = ("Example Corp", "Example Logistics, Inc.", 'Example "Labs"')


def csv_bytes(rows: Iterable[tuple[object, ...]], end: str = "\n") -> bytes:
    """Return rows as CSV, RFC 4180, UTF-8 without byte order mark."""
    text = io.StringIO()
    csv.writer(text, lineterminator=end).writerows(rows)
    return text.getvalue().encode()


def big_row(number: int) -> tuple[str, ...]:
    """Return the row of that number, counted from 0."""
    return _row(f"{number // _BLOCK:05d}", number % _BLOCK)


def _row(block: str, place: int) -> tuple[str, ...]:
    user = f"user.{block}{place:04d}@example.org"
    at = f"2026-10-{place % 28 + 1:02d}T{place % 24:02d}:{place % 60:02d}:00Z"
    first, last, company = (words[place % len(words)] for words in (_FIRST, _LAST, _COMPANIES))
    return (f"R-{block}{place:04d}", user, user, first, last, company, ("registered", "attended")[place % 2], at)


@cache
def _lines() -> tuple[bytes, ...]:
    """Return the lines of a block, with a place for its number."""
    return tuple(csv_bytes([_row(_PLACE, place)], "\r\n") for place in range(_BLOCK))


def big_registration(rows: int) -> Stream:
    """Return the file: byte order mark, header, CRLF line ends as `registration` always has them."""
    header = BOM_UTF8 + csv_bytes([REGISTRATION_COLUMNS], "\r\n")
    ends = (0, *accumulate(map(len, _lines())))
    whole, left = divmod(rows, _BLOCK)
    template, place = b"".join(_lines()), _PLACE.encode()

    def chunks() -> Iterator[bytes]:
        yield header
        for block in range(whole + (left > 0)):
            part = template if block < whole else template[: ends[left]]
            yield part.replace(place, b"%05d" % block)

    return Stream(len(header) + whole * len(template) + ends[left], chunks)
