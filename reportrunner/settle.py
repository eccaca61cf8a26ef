"""Settling: what the flows of a dataset brought home becomes one table; repeats are dropped, claims are checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from reportrunner.ask import EndpointNode
from reportrunner.claim import sums_of, unmet
from reportrunner.closing import Closing
from reportrunner.errors import ProviderError
from reportrunner.flow import Answer
from reportrunner.land import Part, land
from reportrunner.table import Landed, Note, Rows, Table, Value
from reportrunner.table_file import duplicates, sums

Row = tuple[Value, ...]
SHOWN = 5
"""Keys named of rows that conflict."""


def settled(node: EndpointNode, closings: Sequence[Closing], answers: Sequence[Answer], file: Path) -> Landed:
    """Land the answers of a dataset, one per closing of its ask, with what was noticed on the way."""
    notes = list(_notes(answers))
    if not answers:
        return Landed(land(Rows(node.columns, ()), node.name, file, node.order))
    if all(isinstance(answer.rows, Rows) for answer in answers):
        landed = _rows(node, closings, answers, file)
        return Landed(landed.table, (*notes, *landed.notes))
    parts = [Part(answer.rows, node.constants(one)) for one, answer in zip(closings, answers, strict=True)]
    table = land(parts, node.name, file, node.order)
    for closing, part in zip(closings, parts, strict=True):
        if not closing.pack or part.data.claim is None:
            notes += _claims_of_file(table, part, closing)
            continue
        # Rows do not tell which pack brought them: its answer is read once more, alone.
        alone = land([part], node.name, file.with_suffix(".pack"), node.order)
        notes += _claims_of_file(alone, part, closing)
        alone.file.unlink()
    return Landed(table, (*notes, *_across(node, keyed(table, node.key, blanks=not _several(closings)).notes)))


def _rows(node: EndpointNode, closings: Sequence[Closing], answers: Sequence[Answer], file: Path) -> Landed:
    """Land answers of rows; each is held against its own claim once its repeats are gone."""
    notes: list[Note] = []
    found: list[Row] = []
    for closing, answer in zip(closings, answers, strict=True):
        data = answer.rows
        assert isinstance(data, Rows)
        names = [column.name for column in data.columns]
        rows = _distinct(data.rows, [names.index(name) for name in node.key if name in names], blanks=True)
        if len(rows) < len(data.rows):
            notes.append(_repeated(len(data.rows) - len(rows)))
        if data.claim is not None:
            said = unmet(data.claim, sums_of(data.claim, names, rows), len(data.rows))
            notes += [_of_closing(note, closing) for note in said]
        constants = tuple(value for _, value in node.constants(closing))
        found += [(*row, *constants) for row in rows] if constants else rows
    whole = Rows(answers[0].rows.columns + node.added, found)
    if node.each and node.each.pack:
        table = land(whole, node.name, file, node.order)
        conflicts = _conflicts(whole, node.key, blanks=not _several(closings))
        return Landed(table, (*_added_up(notes), *_across(node, conflicts)))
    landed = deduplicated(whole, node.name, file, node.order, node.key, blanks=True)
    return Landed(landed.table, (*_added_up(notes), *landed.notes))


def _several(closings: Sequence[Closing]) -> bool:
    """Tell whether there are several packs: then a row that nothing names may be a part of a sum as any other."""
    return len({closing.pack for closing in closings if closing.pack}) > 1


def _across(node: EndpointNode, notes: Iterable[Note]) -> tuple[Note, ...]:
    """Return notes of conflicts; between packs a row is never taken for a repeat, for it may be a part of a sum."""
    if node.each is None or not node.each.pack:
        return tuple(notes)
    said = "; answers of packs are not added up: write each without pack, or the values as one list"
    return tuple(Note(note.code, note.message.removesuffix(" with other values") + said, note.sample) for note in notes)


def _claims_of_file(table: Table, part: Part, closing: Closing) -> Iterator[Note]:
    claim = part.data.claim
    if claim is not None:
        only = {column.name: value for column, value in part.constants}
        found, count = sums(table, [column.name for column in claim.columns], only)
        if claim.most is not None and count >= claim.most:
            said = f"{count:,} rows came, the most that one answer holds: rows may be missing"
            hint = "narrow the window or the filters"
            raise ProviderError(f'dataset "{table.name}": {said}; {hint}', dataset=table.name, kind="truncated")
        yield from (_of_closing(note, closing) for note in unmet(claim, found, count))


def _of_closing(note: Note, closing: Closing) -> Note:
    return Note(note.code, f"{closing.label}: {note.message}", note.sample) if closing.label else note


def _repeated(count: int) -> Note:
    rows = "1 row came twice and was" if count == 1 else f"{count:,} rows came twice and were"
    return Note("duplicated", f"{rows} dropped")


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
        distinct = _distinct(data.rows, [names.index(column) for column in key], blanks=blanks)
        if len(distinct) < len(data.rows):
            notes.append(_repeated(len(data.rows) - len(distinct)))
        data = Rows(data.columns, distinct)
        notes += _conflicts(data, key, blanks=blanks)
    return Landed(land(data, name, file, order), tuple(notes))


def _conflicts(data: Rows, key: tuple[str, ...], *, blanks: bool) -> tuple[Note, ...]:
    """Tell of rows that have the key of an earlier one; with `blanks`, an empty key is none."""
    names = [column.name for column in data.columns]
    places = [names.index(column) for column in key]
    named = [row for row in data.rows if not blanks or _is_named(row, places)]
    keys = Counter(tuple(row[place] for place in places) for row in named)
    if len(keys) == len(named):
        return ()
    repeated = [", ".join(map(str, found)) for found, times in keys.items() if times > 1]
    return (_conflict(len(named) - len(keys), key, repeated),)


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
