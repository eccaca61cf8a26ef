"""Reading back: the observations of a history become one table, of each key the row that was seen last."""

# ruff: noqa: S608 - names are written by `quoted`, files are bound

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from reportrunner.duck import Duck, order_by, quoted, sql_type
from reportrunner.errors import OutputError, SqlError
from reportrunner.history.alike import unlike
from reportrunner.history.gaps import Span, in_words, missing_days
from reportrunner.history.keeping import Memory
from reportrunner.history.store import kept, verify
from reportrunner.memory import HistoryNode, moments
from reportrunner.table import Column, ColumnType, Landed, Note, Observation, Table
from reportrunner.table_file import aside, seal
from reportrunner.window import Window
from reportrunner.window.zone import day_unix, load_zone, unix_of

_STAGE = "stage"
_FILE = quoted("reportrunner.file")
"""What the file of a row is called beside its columns."""


def recall(node: HistoryNode, memory: Memory | None, file: Path) -> Landed:
    """Land what a history holds, without what was observed as of later than this run.

    InvalidError where the history is of other rows than the job says; OutputError for a file that cannot be read.
    """
    assert memory is not None
    as_of = memory.job.as_of
    known = [one for one in kept(memory.folder(node.into)) if one.as_of <= as_of]
    _check(node, known, memory)
    for one in known:
        verify(one)
    marked = {column.name for one in known for column in one.columns if column.personal}
    columns = tuple(c.with_personal() if c.name in marked else c for c in node.columns)
    table, undated = _land(node, columns, known, file)
    span = _span(node, known, unix_of(as_of))
    covered = [(one.start, one.end) for one in known]
    gaps = in_words(missing_days(covered, span, memory.job.timezone))
    notes = [Note("history.missing_days", f"no run has kept these days: {gaps}")] if gaps else []
    if undated:
        said = f"{undated:,} rows have no {node.at}: whether they belong to the window is not known; they are left out"
        notes.append(Note("history.undated", said))
    return Landed(table, tuple(notes), fed=_fed(known, span), gaps=gaps)


def told(memory: Memory, read: Callable[[Path], Sequence[Observation]] = kept) -> dict[str, list[str]]:
    """Return as of when the observations are that each history of a run would be read from now, as manifests say it.

    `read` brings the observations of a folder. OutputError for a file that cannot be read.
    """
    as_of, found = memory.job.as_of, dict[str, list[str]]()
    for node in memory.nodes.values():
        if isinstance(node, HistoryNode):
            known = [one for one in read(memory.folder(node.into)) if one.as_of <= as_of]
            fed = _fed(known, _span(node, known, unix_of(as_of)))
            found[node.name] = [moment.isoformat() for moment in moments(fed)]
    return found


def _fed(known: Sequence[Observation], span: Span) -> tuple[Observation, ...]:
    return tuple(one for one in known if one.start < span[1] and one.end > span[0])


def _span(node: HistoryNode, known: Sequence[Observation], as_of: int) -> Span:
    """Return what must be covered; without a window it is all from the first observation to the last."""
    if node.window is not None:
        return node.window.start_unix, min(node.window.end_unix, as_of)
    return min((one.start for one in known), default=0), max((one.end for one in known), default=0)


def _check(node: HistoryNode, known: Sequence[Observation], memory: Memory) -> None:
    types = {column.name: column.type for column in node.columns}
    for one in known:
        if one.sandbox != memory.sandbox:
            raise OutputError(f"{one.file} is {'stand-in' if one.sandbox else 'real'} data in the other's folder")
        if one.into != node.into:
            raise OutputError(f'{one.file} was kept in "{one.into}": move it back')
    for one in known:
        if what := unlike(one, known[-1]):
            said = f"its observations are of different rows: {one.file} against {known[-1].file}: {what}"
            raise memory.invalid(node.name, "history", said, "move those away that do not belong there")
        if node.key and set(node.key) != set(one.key):
            said = f'the key of "{node.into}" is {" + ".join(one.key)}: {one.file} says so'
            raise memory.invalid(node.name, "key", said, "write that, or leave key out")
        for column in one.columns:
            if types.get(column.name, column.type) is not column.type:
                said = f'"{column.name}" is {column.type} in "{node.into}": {one.file} says so'
                raise memory.invalid(node.name, "columns", said, f'write {column.name} = "{column.type}"')
    there = {column.name for one in known for column in one.columns}
    if known and not node.feeder and (absent := [name for name in types if name not in there]):
        hint = f"its columns: {', '.join(sorted(there))}"
        raise memory.invalid(node.name, "columns", f'"{node.into}" has no column "{absent[0]}"', hint)


def _land(
    node: HistoryNode, columns: tuple[Column, ...], known: Sequence[Observation], file: Path
) -> tuple[Table, int]:
    """Write the table; return it with the number of rows that nothing places in the window."""
    with aside(file, node.name) as (partial, spill):
        try:
            with Duck(spill) as duck:
                duck.attach(partial, "out", writable=True)
                undated = _stage(duck, node, columns, known)
                duck.write(_STAGE, columns, order_by(columns, node.order))
            return seal(partial, file, node.name, columns), undated
        except SqlError as error:
            raise OutputError(f'cannot read "{node.into}" for dataset "{node.name}": {error}') from error


def _stage(duck: Duck, node: HistoryNode, columns: Sequence[Column], known: Sequence[Observation]) -> int:
    duck.run(f"create temp table {_STAGE} ({', '.join(f'{quoted(c.name)} {sql_type(c.type)}' for c in columns)})")
    if not known:
        return 0
    duck.run("create temp table seen (file varchar, place integer)")
    duck.append("seen", [(str(one.file), place) for place, one in enumerate(known)])
    there = {column.name for one in known for column in one.columns}
    cells = ", ".join(f"cast({quoted(c.name) if c.name in there else 'null'} as {sql_type(c.type)})" for c in columns)
    key = ", ".join(f"r.{quoted(name)}" for name in known[-1].key)
    duck.run(
        f"insert into {_STAGE} select {cells} from (select r.* "
        f"from read_parquet($files, union_by_name=true, filename='reportrunner.file') r "
        f"join seen s on s.file = r.{_FILE} "
        f"qualify row_number() over (partition by {key} order by s.place desc) = 1)",
        {"files": [str(one.file) for one in known]},
    )
    if node.window is None:
        return 0
    duck.run(f"delete from {_STAGE} where not ({_placed(node, node.window)})")
    undated = int(duck.fetch(f"select count(*) from {_STAGE} where {quoted(node.at)} is null")[0][0])
    duck.run(f"delete from {_STAGE} where {quoted(node.at)} is null")
    return undated


def _placed(node: HistoryNode, window: Window) -> str:
    """Return the SQL that is false for rows outside the window, and null for those that nothing places."""
    column = next(column for column in node.columns if column.name == node.at)
    if column.type is ColumnType.TIMESTAMP:
        moment = f"epoch_us({quoted(node.at)})"
        return f"{moment} >= {window.start_unix * 10**6} and {moment} < {window.end_unix * 10**6}"
    info, first = load_zone(window.zone), window.first_day
    begun = "<=" if day_unix(first, info) >= window.start_unix else "<"  # a day is where it begins
    return f"date '{first}' {begun} {quoted(node.at)} and {quoted(node.at)} <= date '{window.last_day}'"
