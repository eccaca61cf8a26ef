"""What is wrong with the expressions of a sign-in: it is asked before there is a dataset or a window."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reportrunner.diagnose import Hinted
from reportrunner.expression import Expression, ExpressionError
from reportrunner.expression.expression import Slot
from reportrunner.providers.rest.templates import read, strings
from reportrunner.spelling import did_you_mean


def sign_in_faults(steps: Sequence[tuple[Mapping[str, Any], Sequence[str]]]) -> Iterator[Hinted]:
    """Return what is wrong with the expressions of a sign-in: `steps` are its requests and what each captures."""
    known: list[str] = []
    for number, (request, captures) in enumerate(steps):
        for part, tree in request.items():
            for loc, text in strings(tree):
                where = ("steps", number, "request", part, *loc)
                try:
                    found = read(text)
                except ExpressionError as error:
                    yield Hinted(error.message, error.hint, key=where, at="value")
                    continue
                for slot in found.slots if isinstance(found, Expression) else ():
                    message, hint = _of_sign_in(slot, known)
                    if not message and part == "json" and isinstance(found, Expression) and not found.single:
                        message = "a captured value stands alone in JSON"
                    if message:
                        yield Hinted(message, hint, key=where, at="value")
        known += captures


def _of_sign_in(slot: Slot, known: Sequence[str]) -> tuple[str, str]:
    root, *rest = slot.path
    if root != "captured":
        hint = "write the value itself, a secret reference, or what an earlier step captured"
        return f"a sign-in knows no {root}: it is asked before there is a dataset", hint
    name = ".".join(rest)
    if name not in known:
        near = did_you_mean(name, known)
        listed = ", ".join(f"captured.{one}" for one in known)
        hint = (
            "" if near else f"there is {listed}" if known else "no step before captures anything: write capture there"
        )
        return f'captured has no "{name}"{near}', hint
    return ("a captured value takes no filter: it is not known yet", "remove the filter") if slot.filters else ("", "")
