"""Values as the words a reader sees: the same in HTML, text and charts, whatever the machine's locale or zone."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import unicodedata
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal, localcontext

from reportrunner.spelling import did_you_mean
from reportrunner.table import Column, ColumnType, Value

DASH = "\u2013"
MINUS = "\u2212"
GROUPS = {"comma": ",", "thin": "\u202f", "none": ""}
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_STEPS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
_UNITS = {"milliseconds": Decimal("0.001"), "seconds": Decimal(1), "minutes": Decimal(60), "hours": Decimal(3600)}
_LETTERS = str.maketrans(
    {"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "ß": "ss", "æ": "ae", "Æ": "Ae", "đ": "d", "Đ": "D", "\u0131": "i"}
)
_NAMED_DATES = {"iso": "%Y-%m-%d", "short": "%-d %b %Y", "long": "%-d %B %Y", "full": "%A, %-d %B %Y"}


class UnfitError(ValueError):
    """A template asks for what its data cannot give; the words are for the author of the template."""


def decimal(value: object, asker: str) -> Decimal:
    """Return the number exactly; UnfitError for anything that is none, named after the filter that asked."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise UnfitError(f"{asker} needs a number, not {describe(value)}")
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    if not exact.is_finite():
        raise UnfitError(f"{asker} needs a finite number, not {value}")
    return exact


def describe(value: object) -> str:
    """Return what a value is, for an error message."""
    if isinstance(value, str):
        return f'the text "{value[:40]}"'
    return "nothing (null)" if value is None else f"a {type(value).__name__}"


def plain(value: Decimal) -> str:
    """Return the canonical form: no exponent, no trailing zeros, no negative zero."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def number(value: object, digits: int | None = None, group: str = "comma") -> str:
    """Return a number with grouped thousands; `digits` after the point, by default as many as it has."""
    if value is None:
        return DASH
    if group not in GROUPS:
        raise UnfitError(f'number knows no group "{group}"; write one of comma, thin, none')
    exact = decimal(value, "number")
    text = plain(exact) if digits is None else _rounded(exact, digits)
    return _signed(_grouped(text, GROUPS[group]))


def whole(value: object) -> str:
    """Return a number without what stands after its point; what is not quite nothing is never rounded to 0."""
    text = number(value, 0)
    return "<1" if text == "0" and decimal(value, "whole") > 0 else text


def _rounded(value: Decimal, digits: int) -> str:
    if not 0 <= digits <= 12:
        raise UnfitError("digits must lie between 0 and 12")
    text = f"{_quantized(value, digits):f}"
    return text.removeprefix("-") if not text.strip("-0.") else text


def _quantized(value: Decimal, digits: int) -> Decimal:
    # the default context's 28 digits would refuse a sum(DECIMAL(14,2)), which is a DECIMAL(38,2)
    with localcontext() as context:
        context.prec = 60
        return value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def _grouped(text: str, mark: str) -> str:
    whole, point, rest = text.partition(".")
    return f"{int(whole):,}".replace(",", mark) + point + rest if whole != "-0" else text


def _signed(text: str) -> str:
    return MINUS + text[1:] if text.startswith("-") else text


def percent(value: object, digits: int = 0) -> str:
    """Return a ratio (0.87) as `87%`; what is not quite all or nothing is never rounded to 100% or 0%."""
    if value is None:
        return DASH
    ratio = decimal(value, "percent")
    text = _rounded(ratio * 100, digits)
    step = plain(Decimal(1).scaleb(-digits))
    if not text.strip("0.") and ratio > 0:
        return f"<{step}%"
    if ratio < 1 and Decimal(text) >= 100:
        return f">{plain(100 - Decimal(step))}%"
    return f"{_signed(_grouped(text, ','))}%"


def duration(value: object, unit: str = "seconds") -> str:
    """Return a length of time in its two largest units: `1 h 12 min`, `45 s`; `unit` is what the number counts."""
    if value is None:
        return DASH
    if unit not in _UNITS:
        raise UnfitError(f'duration knows no unit "{unit}"; write one of {", ".join(_UNITS)}')
    exact = decimal(value, "duration") * _UNITS[unit]
    sign, left = (MINUS if exact < 0 else ""), abs(exact)
    if 0 < left < 1:
        return f"{sign}<1 s" if not sign else f"{sign}1 s"
    seconds = int(left.quantize(Decimal(1), ROUND_HALF_UP))
    if seconds >= 3_600:
        seconds = (seconds + 30) // 60 * 60
    parts: list[tuple[int, str]] = []
    for name, size in _STEPS:
        count, seconds = divmod(seconds, size)
        if count or parts:
            parts.append((count, name))
    shown = [f"{count} {name}" for count, name in parts[:2] if count]
    return sign + (" ".join(shown) or "0 s")


def size(value: object) -> str:
    """Return a number of bytes as `12.4 MB`, in powers of 1000."""
    if value is None:
        return DASH
    left = decimal(value, "bytes")
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if abs(left) < Decimal("999.5") or unit == "TB":
            return f"{number(left, 0 if unit == 'B' or abs(left) >= 100 else 1)} {unit}"
        left /= 1000
    return ""  # pragma: no cover


def date(value: object, fmt: str = "iso") -> str:
    """Return a date or an instant, in its own zone: `iso`, `short`, `long`, `full`, or a pattern of %Y %m %d ..."""
    if value is None:
        return DASH
    if not isinstance(value, dt.date):
        raise UnfitError(f"date needs a date, not {describe(value)}")
    pattern = _NAMED_DATES.get(fmt, fmt)
    if "%" not in pattern:
        raise UnfitError(f'date knows no format "{fmt}"{did_you_mean(fmt, _NAMED_DATES)}')
    return re.sub(r"%-?.", lambda match: _field(value, match[0]), pattern)


def _field(day: dt.date, directive: str) -> str:
    clock = day if isinstance(day, dt.datetime) else dt.datetime.combine(day, dt.time())
    iso = day.isocalendar()
    fields = {
        "%Y": f"{day.year:04}", "%m": f"{day.month:02}", "%d": f"{day.day:02}", "%-d": f"{day.day}",
        "%-m": f"{day.month}", "%B": _MONTHS[day.month - 1], "%b": _MONTHS[day.month - 1][:3],
        "%A": _DAYS[day.weekday()], "%a": _DAYS[day.weekday()][:3], "%G": f"{iso.year:04}", "%V": f"{iso.week:02}",
        "%H": f"{clock.hour:02}", "%M": f"{clock.minute:02}", "%S": f"{clock.second:02}",
        "%Z": clock.tzname() or "", "%%": "%",
    }  # fmt: skip
    if directive not in fields:
        raise UnfitError(f'date knows no "{directive}"; it knows {" ".join(fields)}')
    return fields[directive]


def delta(value: object, base: object, digits: int = 0, style: str = "number") -> str:
    """Return the change from `base` with its sign; style `percent` relative to base, `points` between two ratios."""
    if value is None or base is None:
        return DASH
    change = decimal(value, "delta") - decimal(base, "delta")
    if style == "percent":
        if not (below := decimal(base, "delta")):
            return DASH
        change, tail = change / abs(below) * 100, "%"
    elif style == "points":
        change, tail = change * 100, " points"
    elif style == "number":
        tail = ""
    else:
        raise UnfitError(f'delta knows no style "{style}"; write number, percent or points')
    text = number(change, digits)
    bare = text.lstrip(MINUS)
    sign = "±" if not bare.strip("0.") else MINUS if text.startswith(MINUS) else "+"
    return f"{sign}{bare}{tail}"


def slug(value: object) -> str:
    """Return a name that is safe in paths; letters no alphabet of ours knows become a short hash."""
    text = unicodedata.normalize("NFKD", str(value).translate(_LETTERS))
    bare = re.sub(r"[^a-z0-9]+", "-", text.encode("ascii", "ignore").decode().lower()).strip("-")
    return bare or hashlib.sha256(str(value).encode()).hexdigest()[:8]


def plural(count: object, one: str, many: str = "") -> str:
    """Return the count with its noun: `1 person`, `2 people`; `many` is by default the noun with an s."""
    exact = decimal(count, "plural")
    return f"{number(exact)} {one if exact == 1 else many or one + 's'}"


def days(first: dt.date, last: dt.date) -> str:
    """Return two inclusive days as a reader says them: `9 to 15 November 2026`, with a dash."""
    if first == last:
        return date(first, "long")
    if first.year != last.year:
        return f"{date(first, 'long')} {DASH} {date(last, 'long')}"
    if first.month != last.month:
        return f"{date(first, '%-d %B')} {DASH} {date(last, 'long')}"
    return f"{first.day}{DASH}{date(last, 'long')}"


def moment(value: object) -> str:
    """Return an instant with its clock and zone: `16 November 2026, 09:30 EST`."""
    return date(value, "%-d %B %Y, %H:%M %Z").rstrip()


def here(value: Value, zone: dt.tzinfo) -> Value:
    """Return an instant by that zone's clock; anything else as it is."""
    return value.astimezone(zone) if isinstance(value, dt.datetime) and value.tzinfo else value


def shower(column: Column, style: str, zone: dt.tzinfo) -> Callable[[Value], str]:
    """Return what turns this column's values into words; `style` is empty or the name of a filter."""
    if style:
        if style not in STYLES:
            raise UnfitError(f'no format "{style}" for column "{column.name}"{did_you_mean(style, STYLES)}')
        return (
            STYLES[style] if column.type is not ColumnType.TIMESTAMP else lambda value: STYLES[style](here(value, zone))
        )
    if column.type in {ColumnType.INTEGER, ColumnType.DECIMAL}:
        return size if column.unit == "bytes" else _digits(column.type)
    if column.type is ColumnType.TIMESTAMP:
        return lambda value: date(here(value, zone), _CLOCK)
    return _BY_TYPE[column.type]


_CLOCK = "%Y-%m-%d %H:%M"


def _digits(kind: ColumnType) -> Callable[[Value], str]:
    if kind is ColumnType.INTEGER:
        return lambda value: f"{value:,}" if type(value) is int and value >= 0 else number(value)
    return lambda value: number(value, 2)


def _flag(value: Value) -> str:
    return DASH if value is None else "yes" if value else "no"


def _text(value: Value) -> str:
    return DASH if value is None else str(value)


_BY_TYPE: dict[ColumnType, Callable[[Value], str]] = {
    ColumnType.STRING: _text,
    ColumnType.RATIO: percent,
    ColumnType.BOOLEAN: _flag,
    ColumnType.DATE: date,
    ColumnType.DURATION: duration,
}
STYLES: dict[str, Callable[[object], str]] = {
    "bytes": size,
    "change": lambda value: delta(value, 0, style="points").replace(" points", "%"),
    "date": date,
    "duration": duration,
    "hours": lambda value: duration(value, "hours"),
    "minutes": lambda value: duration(value, "minutes"),
    "moment": moment,
    "number": number,
    "percent": percent,
    "points": lambda value: delta(value, 0, 1, "points").removesuffix(" points"),
    "signed": lambda value: delta(value, 0),
    "whole": whole,
}
