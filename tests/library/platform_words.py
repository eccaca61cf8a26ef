"""What the tests of the platform's jobs say numbers with: half up, with a sign, in days of a zone."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from zoneinfo import ZoneInfo

DAY = dt.timedelta(days=1)
EPOCH = dt.date(1970, 1, 1)
MINUS = "\N{MINUS SIGN}"


def rounded(value: Fraction | int, digits: int = 2) -> Decimal:
    """Return a number to so many digits, half up."""
    exact = Fraction(value)
    with localcontext() as context:
        context.prec = 60
        return (Decimal(exact.numerator) / exact.denominator).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def signed(value: Decimal | int) -> str:
    """Return a change with its sign."""
    return f"{'+' if value > 0 else MINUS if value < 0 else '±'}{abs(value):,}"


def change(now: Fraction | int, before: Fraction | int) -> str:
    """Return a change in percent of what was before."""
    return f"{signed(rounded(Fraction(now - before) / Fraction(before) * 100, 0))}%"


def share(ratio: Fraction) -> str:
    """Return a share in percent; what is not quite all is never called all, nor what is not quite nothing nothing."""
    whole = rounded(ratio * 100, 0)
    return ">99%" if ratio < 1 and whole == 100 else "<1%" if ratio > 0 and whole == 0 else f"{whole}%"


def day_of(moment: float, zone: str) -> dt.date:
    """Return the day of a zone in which a moment lies; unix seconds."""
    return dt.datetime.fromtimestamp(moment, ZoneInfo(zone)).date()


def words(text: str) -> str:
    """Return a text with all its blanks as single ones, so that a sentence is found wherever its lines break."""
    return " ".join(text.split())
