"""Options that several commands share, and the jobs that arguments name."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from reportrunner.plan import RunPlan

F = TypeVar("F", bound=Callable[..., Any])
PARAM_PREFIX = "REPORTRUNNER_PARAM_"


@dataclass(frozen=True, slots=True)
class Found:
    """A job file, and how messages print it and what stands around it."""

    path: Path
    root: Path
    shown: str
    shown_root: str


def not_empty(context: click.Context, option: click.Parameter, value: str) -> str:
    """Refuse a value that is given and empty, as an unset variable of a shell would make it."""
    if not value and context.get_parameter_source(option.name or "") is ParameterSource.COMMANDLINE:
        raise click.BadParameter("is empty; leave the option out to mean now")
    return value


def job_arguments(command: F) -> F:
    """Add JOB|DIR... and the options that pick jobs and say when they pretend to be."""
    for decorate in (
        click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help="Value of a param; may repeat."),
        click.option(
            "--as-of",
            default="",
            callback=not_empty,
            metavar="WHEN",
            help="The moment a run pretends it is; default now.",
        ),
        click.option("--select", default="", metavar="tag:x,owner:y", help="Only jobs with one of these."),
        click.argument("jobs", nargs=-1, metavar="[JOB|DIR]...", type=click.Path(path_type=Path)),
    ):
        command = decorate(command)
    return command


def log_options(command: F) -> F:
    """Add `-v` and `--log-file`."""
    for decorate in (
        click.option("--log-file", type=click.Path(path_type=Path), help="Write a log of JSON lines."),
        click.option("-v", "--verbose", count=True, help="Say more: steps, then requests."),
    ):
        command = decorate(command)
    return command


def live_options(command: F) -> F:
    """Add what every command that asks providers has."""
    for decorate in (
        click.option(
            "--workers", default=16, show_default=True, type=click.IntRange(1, 64), help="Requests in flight."
        ),
        click.option("--sandbox", is_flag=True, help="Ask the built-in stand-in instead of the providers."),
    ):
        command = decorate(command)
    return log_options(command)


def given_params(texts: Iterable[str]) -> dict[str, str]:
    """Read NAME=VALUE pairs; a usage error for anything else."""
    params: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise click.UsageError(f'--param takes NAME=VALUE, not "{text}"')
        params[name] = value
    return params


def environment_params(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the params that the environment gives, by lower-case name."""
    return {
        name.removeprefix(PARAM_PREFIX).lower(): value
        for name, value in environ.items()
        if name.startswith(PARAM_PREFIX)
    }


def wall_clock() -> datetime:
    """Read the clock: the moment it really is."""
    return datetime.now(UTC)


def find_jobs(arguments: Iterable[Path], select: str) -> list[Found]:
    """Return the job files that are meant, each once, in order; usage errors for what is none (exit 2)."""
    from reportrunner.errors import UsageError
    from reportrunner.project_root import find_root

    arguments = list(arguments)
    if not arguments and not select:
        raise click.UsageError("which job? give a job file or a folder, or --select tag:weekly")
    if arguments:
        files = [file for argument in arguments for file in _files(argument)]
        roots = {find_root(file.resolve().parent) for file in files}
        if len(roots) > 1:
            raise UsageError(f"these jobs belong to {len(roots)} projects, and one call serves one: {_names(roots)}")
        root = roots.pop() if roots else find_root(Path.cwd())
    else:
        root = find_root(Path.cwd())
        files = list(_files(root / "jobs"))
    wanted = _selectors(select)
    once: dict[Path, Path] = {}
    for file in files:
        once.setdefault(file.resolve(), file)
    found = [_found(file, root) for file in once.values()]
    chosen = [job for job in found if not wanted or wanted & _marks(job.path)]
    if not chosen:
        raise UsageError("no job is meant: " + (f"none has {select}" if select else "the folder has no .toml file"))
    _refuse_namesakes(chosen)
    return chosen


def _refuse_namesakes(jobs: Iterable[Found]) -> None:
    from reportrunner.errors import UsageError
    from reportrunner.project_root import job_name

    named: dict[str, str] = {}
    for job in jobs:
        name = job_name(job.path, job.root)
        if name in named:
            raise UsageError(f'{named[name]} and {job.shown} are both named "{name}": run one, or move it under jobs/')
        named[name] = job.shown


def _files(argument: Path) -> Iterator[Path]:
    """Yield the job files an argument means; a project's own folder means its `jobs/`."""
    if argument.is_dir():
        folder = argument / "jobs" if (argument / "reportrunner.toml").is_file() else argument
        yield from sorted(folder.rglob("*.toml"))
    elif argument.is_file():
        yield argument
    else:
        raise click.UsageError(f'there is no job file "{argument}"{_nearest(argument)}')


def _nearest(argument: Path) -> str:
    from reportrunner.spelling import did_you_mean

    folder = argument.parent
    names = [str(path) for path in folder.glob("*.toml")] if folder.is_dir() else []
    return did_you_mean(str(argument), names)


def _found(file: Path, root: Path) -> Found:
    shown_root = os.path.relpath(root)
    return Found(file.resolve(), root, os.path.relpath(file), "" if shown_root == "." else f"{shown_root}/")


def _selectors(select: str) -> set[str]:
    words = {word.strip() for word in select.split(",") if word.strip()}
    for word in words:
        if word.partition(":")[0] not in {"tag", "owner"}:
            raise click.UsageError(f'--select takes tag:x or owner:y, not "{word}"')
    return words


def _marks(path: Path) -> set[str]:
    """Return what a job can be selected by; a file that cannot be read has nothing, and is left to validate."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return set()
    tags = data.get("tags")
    marks = {f"tag:{tag}" for tag in tags if isinstance(tag, str)} if isinstance(tags, list) else set()
    return marks | {f"owner:{data.get('owner', '')}"}


def _names(roots: Iterable[Path]) -> str:
    return ", ".join(sorted(os.path.relpath(root) for root in roots))


def refuse_actions(plans: Iterable[RunPlan]) -> None:
    """Raise a usage error that names every dataset which would change something at a provider."""
    from reportrunner.ask import action_of
    from reportrunner.errors import UsageError

    acting = [
        f"  {plan.job.name}: datasets.{name} {words}"
        for plan in plans
        for name, node in plan.nodes.items()
        if (words := action_of(node))
    ]
    if acting:
        said = "\n".join(["these datasets change something at the provider:", *acting])
        raise UsageError(f"{said}\nnothing was sent; give --allow-actions to let them")
