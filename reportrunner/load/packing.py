"""Packs of an `each`: where they may stand, and whether the answers of several can be one table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from reportrunner.ask import Endpoint
from reportrunner.checker import Checker, Loc
from reportrunner.closing import Each
from reportrunner.expression import Expression, expressions
from reportrunner.spec import EndpointDataset
from reportrunner.table import Column

_PATH = ("each",)
_EXAMPLE = 'such as filters = { entryIdIn = ["{{ each }}"] }'


def pack_stands(checker: Checker, tree: Any, each: Each, endpoint: Endpoint, loc: Loc) -> bool:
    """Tell whether the pack stands in one list of alternatives, with what is wrong added."""
    if not endpoint.parameters.packs:
        said = f"{endpoint.name} has no list that takes a pack: it is asked for one value at a time"
        checker.problem((*loc, "each", "pack"), said, "remove pack")
        return False
    found = [
        (place, text)
        for place, text in expressions(tree)
        if place[:1] != _PATH and any(path[0] == "each" for path in text.names)
    ]
    if not found:
        checker.problem((*loc, "each", "pack"), "no list takes the pack", f"write the list that does, {_EXAMPLE}")
        return False
    fits = True
    for place, text in found:
        fits = _is_item(checker, text, place, loc) and fits
    if len(found) > 1:
        said = "the pack stands in two places: rows that fit one value here and another one there would come too"
        checker.problem((*loc, *found[1][0]), said, "write it in one list")
        return False
    return fits and _list_takes(checker, tree, each, endpoint, (loc, found[0][0]))


def _is_item(checker: Checker, text: Expression, place: Loc, loc: Loc) -> bool:
    if isinstance(place[-1], int) and text.is_exactly(_PATH):
        return True
    slot = next(slot for slot in text.slots if slot.path[0] == "each")
    said = "a pack of values stands in a list, as an item that is nothing else"
    within = (slot.offset, len(slot.source))
    checker.problems.append(
        checker.file.diagnostic((*loc, *place), said, hint=f'write ["{{{{ each }}}}"], {_EXAMPLE}', within=within)
    )
    return False


def _list_takes(checker: Checker, tree: Any, each: Each, endpoint: Endpoint, at: tuple[Loc, Loc]) -> bool:
    loc, (*front, number) = at
    beside, name = tree, ".".join(part for part in front if isinstance(part, str))
    for part in front:
        beside = beside[part]
    if len(beside) > 1:
        said = f"{name} holds other values beside the pack, and every pack would ask for them again"
        checker.problem((*loc, *front, number), said, "put them into the values that each goes over")
        return False
    limits = endpoint.parameters.packs.items()
    most = next((most for pattern, most in limits if re.fullmatch(pattern, name)), 0)
    if not most:
        said = f"{name} of {endpoint.name} takes no pack: its values are not alternatives, of which any will do"
        checker.problem((*loc, *front, number), said, "remove pack")
        return False
    if each.pack > most:
        said = f"{name} takes {most:,} values at once, and not {each.pack:,}"
        checker.problem((*loc, "each", "pack"), said, f"write pack = {most}")
        return False
    return True


def packs_merge(
    checker: Checker,
    endpoint: Endpoint,
    parameters: EndpointDataset,
    rows: tuple[Sequence[Column], Sequence[str]],
    loc: Loc,
) -> None:
    """Add what keeps the answers of several packs from being one table; `rows` are its columns and its key."""
    place: Loc = (*loc, "each", "pack")
    columns, key = rows
    if parameters.unpacked:
        message, _, hint = parameters.unpacked.partition("; ")
        checker.problem(place, message, hint)
    elif endpoint.action(parameters):
        checker.problem(place, f"{endpoint.name} acts, and does so once per value", "remove pack")
    elif not key:
        said = "answers of packs are put together, and nothing tells their rows apart"
        checker.problem(place, said, 'write key = ["..."], the columns that name a row, or remove pack')
    sums = {column.name for column in columns if column.additive}
    for number, name in enumerate(parameters.key):
        if name in sums:
            said = f'"{name}" is a sum and names no row: rows of two packs would look like two things'
            checker.problem((*loc, "key", number), said, "name the columns that say what a row is about")
