"""Settling: what the flows of a dataset brought home becomes one table; repeats are dropped, claims are checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from reportrunner.ask import EndpointNode
from reportrunner.claim import sums_of, unmet
from reportrunner.errors import ProviderError
from reportrunner.flow import Answer
from reportrunner.land import Part, land
from reportrunner.table import Bulk, Landed, Note, Rows, Table, Value
from reportrunner.table_file import duplicates, sums

Row = tuple[Value, ...]
SHOWN = 5
"""Keys named of rows that conflict."""


def settled(node: EndpointNode, values: Sequence[Value], answers: Sequence[Answer], file: Path) -> Landed:
    """Land the answers of a dataset, one per value of `each`, with what was noticed on the way."""
    column = node.each.column if node.each else None
    notes = list(_notes(answers))
    if not answers:
        return Landed(land(Rows(node.columns, ()), node.name, file, node.order))
    if all(isinstance(answer.rows, Rows) for answer in answers):
        landed = _rows(node, values, answers, file)
        return Landed(landed.table, (*notes, *landed.notes))
    constants = [((column, value),) if column else () for value in values]
    parts = [Part(answer.rows, constant) for answer, constant in zip(answers, constants, strict=True)]
    table = land(parts, node.name, file, node.order)
    for value, answer in zip(values, answers, strict=True):
        notes += _claims_of_file(table, answer.rows, (column.name, value) if column else None)
    return Landed(table, (*notes, *keyed(table, node.key, blanks=True).notes))


def _rows(node: EndpointNode, values: Sequence[Value], answers: Sequence[Answer], file: Path) -> Landed:
    """Land answers of rows; each is held against its own claim once its repeats are gone."""
    notes: list[Note] = []
    found: list[tuple[Value, ...]] = []
    for value, answer in zip(values, answers, strict=True):
        data = answer.rows
        assert isinstance(data, Rows)
        names = [column.name for column in data.columns]
        rows = _distinct(data.rows, [names.index(name) for name in node.key if name in names], blanks=True)
        if len(rows) < len(data.rows):
            notes.append(_repeated(len(data.rows) - len(rows)))
        if data.claim is not None:
            said = unmet(data.claim, sums_of(data.claim, names, rows), len(data.rows))
            notes += [_of_value(note, value) for note in said]
        found += [(*row, value) for row in rows] if node.each else rows
    columns = answers[0].rows.columns + ((node.each.column,) if node.each else ())
    landed = deduplicated(Rows(columns, found), node.name, file, node.order, node.key, blanks=True)
    return Landed(landed.table, (*_added_up(notes), *landed.notes))


def _claims_of_file(table: Table, data: Rows | Bulk, only: tuple[str, Value] | None) -> Iterator[Note]:
    if data.claim is not None:
        found, count = sums(table, [column.name for column in data.claim.columns], only)
        if data.claim.most is not None and count >= data.claim.most:
            said = f"{count:,} rows came, the most that one answer holds: rows may be missing"
            hint = "narrow the window or the filters"
            raise ProviderError(f'dataset "{table.name}": {said}; {hint}', dataset=table.name, kind="truncated")
        yield from (_of_value(note, only[1] if only else None) for note in unmet(data.claim, found, count))


def _of_value(note: Note, value: Value) -> Note:
    return note if value is None else Note(note.code, f"{value}: {note.message}", note.sample)


def _repeated(count: int) -> Note:
    return Note("duplicated", f"{count:,} rows came twice and were dropped")


def _added_up(notes: Iterable[Note]) -> list[Note]:
    """Return the notes with equal ones said once."""
    return list(dict.fromkeys(notes))


def _notes(answers: Iterable[Answer]) -> tuple[Note, ...]:
    """Return the notes of all answers, those that say the same as one, with the first of their samples."""
    samples: dict[tuple[str, str], dict[str, None]] = {}
    for note in (note for answer in answers for note in answer.rows.notes):
        samples.setdefault((note.code, note.message), {}).update(dict.fromkeys(note.sample))
    return tuple(Note(code, said, tuple(sample)[:SHOWN]) for (code, said), sample in samples.items())


def deduplicated(
    data: Rows, name: str, file: Path, order: tuple[str, ...], key: tuple[str, ...], *, blanks: bool = False
) -> Landed:
    """Land rows whose key names them: identical repeats are dropped and told, differing ones are told as an error.

    With `blanks`, rows with an empty key are rows of things that the provider has forgotten: they may be several.
    """
    notes = list(data.notes)
    if key:
        names = [column.name for column in data.columns]
        places = [names.index(column) for column in key]
        distinct = _distinct(data.rows, places, blanks=blanks)
        named = [row for row in distinct if not blanks or _is_named(row, places)]
        keys = Counter(tuple(row[place] for place in places) for row in named)
        if len(distinct) < len(data.rows):
            notes.append(_repeated(len(data.rows) - len(distinct)))
        if len(keys) < len(named):
            repeated = [", ".join(map(str, found)) for found, times in keys.items() if times > 1]
            notes.append(_conflict(len(named) - len(keys), key, repeated))
        data = Rows(data.columns, distinct)
    return Landed(land(data, name, file, order), tuple(notes))


def _distinct(rows: Sequence[Row], places: Sequence[int], *, blanks: bool) -> list[Row]:
    """Drop identical repeats; rows that nothing names are never repeats of one another."""
    if not places:
        return list(rows)
    found: dict[tuple[object, Row], None] = {}
    for number, row in enumerate(rows):
        found[(number if blanks and not _is_named(row, places) else None, row)] = None
    return [row for _, row in found]


def _is_named(row: Row, places: Sequence[int]) -> bool:
    return all(row[place] not in {None, ""} for place in places)


def keyed(table: Table, key: tuple[str, ...], *, blanks: bool = False) -> Landed:
    """Tell of rows whose key does not name them; `blanks` as in `deduplicated`."""
    count = duplicates(table, key, blanks=blanks) if key else 0
    return Landed(table, (_conflict(count, key, ()),) if count else ())


def _conflict(count: int, key: tuple[str, ...], repeated: Sequence[str]) -> Note:
    rows = "1 row repeats" if count == 1 else f"{count:,} rows repeat"
    said = f"{rows} a {' + '.join(key)} with other values"
    return Note("conflicting", said, tuple(repeated[:SHOWN]))
