"""The filter expressions of Spectrum analytics: parsed whole, or worth nothing (cloudflare.md §2.2)."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable

from reportrunner.sandbox.cloudflare_connections import Happened

DIMENSIONS = {"event": "event", "appID": "app", "coloName": "colo", "ipVersion": "ip"}
_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_WORD = r"[^\s,;%=<>!()\"']+"
_COMPARISON = re.compile(rf"(event|appID|coloName|ipVersion)(==|!=|>=|<=|>|<)({_WORD}(?: {_WORD})*)")
_OR = re.compile(r",|\s+OR\s+")
_AND = re.compile(r";|\s+AND\s+")


def sieve(expression: str | None) -> Callable[[Happened], bool]:
    """Return what an expression lets through; one that does not parse matches nothing, without a word."""
    if not expression:
        return lambda _: True
    terms = []
    for conjunction in _OR.split(expression):
        comparisons = [_COMPARISON.fullmatch(each.strip()) for each in _AND.split(conjunction)]
        if any(each is None for each in comparisons):
            return lambda _: False
        terms.append([_test(*each.groups()) for each in comparisons if each])
    return lambda happened: any(all(test(happened) for test in tests) for tests in terms)


def _test(dimension: str, sign: str, value: str) -> Callable[[Happened], bool]:
    compare, read = _OPERATORS[sign], operator.attrgetter(DIMENSIONS[dimension])
    return lambda happened: compare(read(happened), value)
