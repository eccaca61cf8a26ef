"""What a definition promises and cannot keep: names that are not there, values that cannot stand where they are put."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from reportrunner.diagnose import Hinted
from reportrunner.expression import Expression, ExpressionError
from reportrunner.expression.expression import Slot
from reportrunner.providers.rest.header import header_fault
from reportrunner.providers.rest.places import check_path
from reportrunner.providers.rest.templates import (
    WINDOW_NAMES,
    Scope,
    is_day,
    leaves,
    read,
    slots_of,
    strings,
    write_json,
    write_pairs,
    write_path,
)
from reportrunner.spelling import did_you_mean
from reportrunner.window import Window, window_of
from reportrunner.window.span import WindowError
from reportrunner.window.zone import load_zone

if TYPE_CHECKING:
    from reportrunner.providers.rest.definition import EndpointSpec
    from reportrunner.providers.rest.request import RequestSpec

SAMPLE: Final[Window] = window_of(1_798_761_600, 1_798_848_000, "UTC")
"""2027-01-01, for trying requests before there is a dataset."""
CHANGING: Final = frozenset({"PUT", "PATCH", "DELETE"})
Place = tuple[str | int, ...]

__all__ = [
    "CHANGING",
    "SAMPLE",
    "faults",
    "in_headers",
    "names_offset",
    "names_zone",
    "raise_all",
    "sends_days",
    "used_params",
    "used_window",
]


def used_params(spec: EndpointSpec) -> frozenset[str]:
    """Return the params that its requests name."""
    return frozenset(slot.path[1] for slot in _slots(spec) if slot.path[0] == "params" and len(slot.path) > 1)


def used_window(spec: EndpointSpec) -> bool:
    """Tell whether its requests name the window."""
    return any(slot.path[0] == "window" for slot in _slots(spec))


def sends_days(spec: EndpointSpec) -> bool:
    """Tell whether its requests send days: a window that ends inside one cannot be asked then."""
    return spec.whole_days or any(is_day(slot) for slot in _slots(spec))


def names_zone(spec: EndpointSpec) -> bool:
    """Tell whether its requests say whose days they mean: the window's zone, or its offset."""
    return names_offset(spec) or any(slot.path[:2] == ("window", "zone") for slot in _slots(spec))


def names_offset(spec: EndpointSpec) -> bool:
    """Tell whether its requests send one offset for the whole window."""
    return any(slot.path[:2] == ("window", "utc_offset") for slot in _slots(spec))


def _slots(spec: EndpointSpec) -> Iterator[Slot]:
    for _, request in spec.requests:
        yield from slots_of(request.trees())


def raise_all(title: str, found: Iterable[Hinted]) -> None:
    """Raise everything that is wrong with a table at once, from its validator; return where nothing is."""
    errors = [{"type": "value_error", "loc": (), "input": {}, "ctx": {"error": fault}} for fault in found]
    if errors:
        raise ValidationError.from_exception_data(title, errors)  # type: ignore[arg-type]


def faults(spec: EndpointSpec) -> list[Hinted]:
    """Return everything that is wrong between the parts of a definition."""
    if (spec.request is None) == (spec.export is None):
        return []
    found = [fault for place, request in spec.requests for fault in _of_request(spec, place, request)]
    found += [*_of_params(spec), *_of_window(spec), *_of_columns(spec), *_of_paging(spec)]
    found += [*_of_headers(spec), *_of_retry(spec)]
    changing = [
        request.method for place, request in spec.requests if request.method in CHANGING and "cancel" not in place
    ]
    if changing and not spec.action:
        hint = 'write action = "deletes charges", so that it runs with --allow-actions only'
        found.append(Hinted(f"a {changing[0]} changes something, and this endpoint does not say what", hint))
    link = spec.export.serve.link if spec.export else None
    known = _captured(spec, ("export", "serve"))
    if link is not None and link not in known:
        said = f'no step before captures "{link}"' + did_you_mean(link, known)
        found.append(Hinted(said, "", key=("export", "serve", "link"), at="value"))
    return found


def _captured(spec: EndpointSpec, place: Place) -> tuple[str, ...]:
    """Return what the steps before this one capture."""
    if spec.export is None or place[1] == "generate":
        return ()
    before = tuple(spec.export.generate.capture)
    return before if place[1] in {"poll", "cancel"} else (*before, *spec.export.poll.capture)


def _of_request(spec: EndpointSpec, place: Place, request: RequestSpec) -> Iterator[Hinted]:
    for part, tree in request.trees().items():
        broken: set[Place] = set()
        for loc, text in strings(tree):
            where = (*place, part, *loc)
            try:
                found = read(text)
            except ExpressionError as error:
                yield Hinted(error.message, error.hint, key=where, at="value")
                broken.add(loc)
                continue
            said = [fault for slot in _of(found) if (fault := _of_slot(spec, place, part, slot))]
            if part == "headers" and not said:
                said += [fault for piece in _literals(found) if (fault := header_fault(piece))]
            if not said and part == "json" and isinstance(found, Expression) and not found.single:
                said += ["a captured value stands alone in JSON; " for s in found.slots if s.path[0] == "captured"]
            broken |= {loc} if said else set()
            for fault in said:
                message, _, hint = (fault, "", "") if "; did you mean" in fault else fault.partition("; ")
                yield Hinted(message, hint, key=where, at="value")
        yield from _tried(spec, (*place, part), tree, broken)


def _literals(found: Expression | str) -> list[str]:
    return [found] if isinstance(found, str) else [piece for piece in found.pieces if isinstance(piece, str)]


def _of(found: Expression | str) -> tuple[Slot, ...]:
    return found.slots if isinstance(found, Expression) else ()


def _of_slot(spec: EndpointSpec, place: Place, part: str, slot: Slot) -> str:
    """Say what is wrong with one expression, the hint behind a semicolon; empty when nothing is."""
    root, *rest = slot.path
    name = rest[0] if rest else ""
    known: tuple[str, ...] = {
        "params": tuple(spec.params),
        "window": WINDOW_NAMES,
        "captured": _captured(spec, place),
    }[root]
    if len(rest) != 1 or name not in known:
        near = did_you_mean(name, known) if name else ""
        listed = f"; there is {', '.join(f'{root}.{one}' for one in known)}" if known and not near else ""
        return f'{root} has no "{".".join(rest)}"{near}{listed}' if rest else f"{root} is a table{listed}"
    if root == "captured" and slot.filters:
        return "a captured value takes no filter: it is not known before the request is sent; remove the filter"
    if part != "path":
        return ""
    if root == "params" and not spec.params[name].always:
        return f'the path needs "{name}", and a dataset may leave it out; write required = true, or a default'
    if root == "params" and spec.params[name].many:
        return f'"{name}" is a list, and a path holds one value; remove many, and let each go over the values'
    if root == "window" and spec.window == "optional":
        return 'the path needs the window, and it is optional; remove window = "optional"'
    return ""


def _tried(spec: EndpointSpec, place: Place, tree: Any, broken: set[Place]) -> Iterator[Hinted]:
    """Try a part of a request with samples, but for what is wrong already."""
    scope = Scope({name: param.sample() for name, param in spec.params.items()}, SAMPLE)
    part = place[-1]
    for loc, value in leaves(tree):
        if loc in broken:
            continue
        if isinstance(value, float) and not math.isfinite(value):
            yield Hinted(f"{value} is no number that can be sent", key=(*place, *loc), at="value")
            continue
        try:
            if part == "path":
                write_path(value, scope)
            elif part == "json":
                write_json(value, scope)
            else:
                write_pairs({"x": value}, scope)
        except ExpressionError as error:
            yield Hinted(error.message, error.hint, key=(*place, *loc), at="value")


def _of_params(spec: EndpointSpec) -> Iterator[Hinted]:
    """Tell of params that do nothing, unless a misspelt one hides which request names them."""
    used = used_params(spec)
    for name in spec.params if used <= set(spec.params) else ():
        if name not in used:
            hint = f'write {name} = "{{{{ params.{name} }}}}" in the query, or remove it'
            yield Hinted(f'no request names the param "{name}": it would do nothing', hint, key=("params", name))


def in_headers(spec: EndpointSpec) -> frozenset[str]:
    """Return the params that go into headers."""
    slots = (slot for _, request in spec.requests for slot in slots_of(request.headers))
    return frozenset(slot.path[1] for slot in slots if slot.path[0] == "params" and len(slot.path) > 1)


def _of_headers(spec: EndpointSpec) -> Iterator[Hinted]:
    """Tell of values of the definition's own that cannot stand in the header they go to."""
    for name in sorted(in_headers(spec) & spec.params.keys()):
        param = spec.params[name]
        default = param.default if isinstance(param.default, list) else [param.default]
        for key, values in (("default", default), ("values", param.values or [])):
            for value in values:
                if isinstance(value, str) and (fault := header_fault(value)):
                    yield Hinted(f"{name} goes into a header: {fault}", key=("params", name, key), at="value")


def _of_retry(spec: EndpointSpec) -> Iterator[Hinted]:
    for key in ("codes", "limited_codes") if spec.errors is None else ():
        if getattr(spec.retry, key):
            hint = 'write errors = { code = "$.error.code" }, where the answer has its code'
            yield Hinted("nothing says where a code stands: it would do nothing", hint, key=("retry", key))


def _of_window(spec: EndpointSpec) -> Iterator[Hinted]:
    used = used_window(spec)
    for key in ("whole_days", "zone"):
        if getattr(spec, key) and not used:
            hint = 'write "{{ window.start }}" where the request says its span, or remove it'
            yield Hinted(f"no request names the window, and {key} speaks of it", hint, key=key)
    if spec.window == "optional" and not used:
        hint = 'write "{{ window.start }}" where the request says its span, or remove it'
        yield Hinted("no request names the window: it would do nothing", hint, key="window")
    if spec.zone is None and "zone_from" in spec.model_fields_set:
        yield Hinted("zone_from says how sure a zone is, and there is none", "add zone, or remove it", key="zone_from")
    if spec.zone is not None:
        try:
            load_zone(spec.zone)
        except WindowError as error:
            message, _, hint = error.message.partition("; ")
            yield Hinted(message, hint, key="zone", at="value")
        if used and not sends_days(spec):
            hint = "remove zone, or write whole_days = true where the API rounds to days"
            yield Hinted("its requests send instants, which are in no zone", hint, key="zone")


def _of_columns(spec: EndpointSpec) -> Iterator[Hinted]:
    in_text = spec.response.format in {"csv", "delimited"}
    for name, column in spec.columns.items():
        place = column.from_
        if place is None:
            continue
        if in_text and place.startswith("$"):
            hint = "write the name as the first line has it"
            yield Hinted(
                "a column of delimited text is found by its name", hint, key=("columns", name, "from"), at="value"
            )
        elif not in_text:
            try:
                check_path(place)
            except Hinted as error:
                yield Hinted(str(error), error.hint, key=("columns", name, "from"), at="value")


def _of_paging(spec: EndpointSpec) -> Iterator[Hinted]:
    paging, request = spec.paging, spec.request
    if paging is None or request is None:
        return
    sent = [getattr(paging, key, None) for key in ("name", "size_name")]
    place = getattr(paging, "in_", "query")
    if place in {"form", "json"} and request.trees().get(place) is None:
        hint = f"write {place} = {{ ... }} in the request, or remove in"
        yield Hinted(f"paging writes into {place}, and the request has none", hint, key=("paging", "in"), at="value")
    for name in filter(None, sent):
        if place != "json" and name in (request.trees().get(place) or {}):
            yield Hinted(f'paging decides "{name}"', "remove it from the request", key=("request", place, name))
