"""Loading: path -> JobSpec. Reads, checks and renders a job file, and says everything that is wrong with it at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reportrunner.ask import Provider, Source
from reportrunner.checker import Checker, tables
from reportrunner.datasets import DatasetLoader
from reportrunner.diagnose import Hinted, did_you_mean
from reportrunner.errors import UsageError
from reportrunner.formats.common import Format
from reportrunner.job import JobSpec, Moment, Project
from reportrunner.outputs import load_checks, load_outputs
from reportrunner.params import default_value, parse_param, sample_value
from reportrunner.span import WindowError, parse_span
from reportrunner.spec import JobFile, ParamSpec, ProjectSpec, WindowSpec
from reportrunner.toml_file import TomlFile, read_toml
from reportrunner.window import Window
from reportrunner.window_form import Between, Form, Last, Like, Period, Since, ToDate, resolve_one
from reportrunner.zone import load_zone, parse_as_of

PROJECT_FILE = "reportrunner.toml"


@dataclass(frozen=True, slots=True)
class Given:
    """Params as text: `typed` on the command line wins over `environment`."""

    typed: Mapping[str, str]
    environment: Mapping[str, str]
    samples: bool = False
    """For checking only: a required param without a value gets a sample of its type."""


@dataclass(frozen=True, slots=True)
class Families:
    """The two families a job file speaks of, handed in by the river."""

    providers: Mapping[str, Provider]
    formats: Mapping[str, Format]


def find_root(start: Path) -> Path:
    """Return the nearest folder upward that has `reportrunner.toml`; UsageError when there is none."""
    for folder in (start, *start.parents):
        if (folder / PROJECT_FILE).is_file():
            return folder
    raise UsageError(f"no {PROJECT_FILE} in {start.name or start} or above: this is no reportrunner project")


def load_project(root: Path, shown: str, families: Families) -> Project:
    """Read `reportrunner.toml`; what is wrong stands in `diagnostics`, sources without errors are ready."""
    file = read_toml(root / PROJECT_FILE, shown)
    checker = Checker(file)
    checker.validated(ProjectSpec, file.data, ())
    sections = tables(file.data, "sources")
    sources = {
        name: source for name, section in sections.items() if (source := _source(checker, name, section, families))
    }
    for name, source in sources.items():
        borrowed = source.provider.session_source(source.settings)
        if borrowed and borrowed not in sections:
            checker.problem(
                ("sources", name, "session"), f'there is no source "{borrowed}"' + did_you_mean(borrowed, sections)
            )
    return Project(root, file, sources, frozenset(sections), tuple(checker.problems))


def _source(checker: Checker, name: str, section: dict[str, Any], families: Families) -> Source | None:
    loc = ("sources", name)
    word = section.get("provider")
    if word is None:
        checker.problem(loc, f"a source needs a provider: {', '.join(families.providers)}", at="header")
        return None
    provider = families.providers.get(str(word))
    if provider is None:
        checker.problem(
            (*loc, "provider"), f'there is no provider "{word}"' + did_you_mean(str(word), families.providers)
        )
        return None
    settings = checker.validated(provider.settings, section, loc)
    return None if settings is None else Source(name, provider, settings)


def job_name(path: Path, root: Path) -> str:
    """Return the path under `jobs/` without suffix, or the file's stem outside it."""
    try:
        return path.resolve().relative_to((root / "jobs").resolve()).with_suffix("").as_posix()
    except ValueError:
        return path.stem


def load_job(file: TomlFile, name: str, project: Project, moment: Moment, given: Given, families: Families) -> JobSpec:
    """Check and render a job against its project; everything that is wrong stands in `diagnostics`."""
    checker = Checker(file)
    checker.validated(JobFile, file.data, ())
    data = file.data
    zone = _zone(checker, data.get("timezone"))
    as_of = _as_of(moment, zone)
    tree = checker.parsed(data, ())
    params = _params(checker, tables(data, "params"), given, as_of.date())
    job = {"name": name, **{key: data.get(key, "") for key in ("title", "owner", "timezone")}}
    checker.scope.update(params=params, job=job, as_of=as_of)
    windows = _windows(checker, tables(tree, "windows"), zone, as_of)
    checker.scope["windows"] = {key: window_scope(window) for key, window in windows.items()}
    datasets = DatasetLoader(checker, project, windows, tables(tree, "datasets"))
    datasets.load_all()
    checks = load_checks(checker, tables(tree, "checks"), datasets)
    outputs = load_outputs(checker, tables(tree, "outputs"), families.formats, datasets)
    title = checker.rendered(tree.get("title", ""), ("title",))
    return JobSpec(
        name=name,
        file=file,
        sources=project.sources,
        title=str(title or ""),
        tags=_texts(data.get("tags")),
        owner=str(data.get("owner", "")),
        timezone=zone,
        as_of=as_of,
        label=_label(checker, tree, windows),
        params=params,
        given_params=given.typed,
        windows=windows,
        nodes=datasets.nodes,
        declared=datasets.declared,
        checks=checks,
        outputs=outputs,
        rules=datasets.rules,
        diagnostics=tuple(checker.problems),
    )


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()


def _zone(checker: Checker, word: object) -> str:
    try:
        return load_zone(str(word)).key if isinstance(word, str) else "UTC"
    except WindowError as error:
        checker.problem(("timezone",), error.message)
        return "UTC"


def _as_of(moment: Moment, zone: str) -> dt.datetime:
    """Return as_of in the job's zone; UsageError when it is unreadable, or later than now without the stand-in."""
    wall = moment.wall.replace(microsecond=0).astimezone(load_zone(zone))
    if not moment.as_of:
        return wall
    try:
        as_of = parse_as_of(moment.as_of, zone, wall)
    except WindowError as error:
        raise UsageError(f"--as-of {moment.as_of}: {error.message}") from None
    if as_of > wall and not moment.sandbox:
        raise UsageError(
            f"--as-of {moment.as_of} is later than now ({wall.isoformat()}); only --sandbox can look ahead"
        )
    return as_of


def _params(checker: Checker, sections: Mapping[str, Any], given: Given, today: dt.date) -> dict[str, object]:
    unknown = sorted(set(given.typed) - set(sections))
    if unknown:
        raise UsageError(f'this job has no param "{unknown[0]}"' + did_you_mean(unknown[0], sections))
    values: dict[str, object] = {}
    for name, section in sections.items():
        spec = checker.validated(ParamSpec, section, ("params", name))
        if spec is None:
            continue
        text = given.typed.get(name, given.environment.get(name))
        try:
            value = default_value(spec) if text is None else parse_param(text, spec.type)
        except Hinted as error:
            if text is not None:
                raise UsageError(f"--param {name}={text}: {error}; {error.hint}") from None
            checker.problem(("params", name, "default"), str(error), error.hint)
            continue
        if value is None and given.samples:
            value = sample_value(spec.type, today)
        if value is None:
            checker.problem(("params", name), f'param "{name}" has no value', f"add --param {name}=...", at="header")
            value = sample_value(spec.type, today)
        values[name] = value
    return values


def window_scope(window: Window) -> dict[str, object]:
    """Return what an expression may ask of a window; `utc_offset` only where it is one number."""
    scope = {name: getattr(window, name) for name in ("start", "end", "first_day", "last_day", "label", "zone", "days")}
    return scope if window.offset_changes else {**scope, "utc_offset": window.utc_offset}


def _windows(checker: Checker, sections: Mapping[str, Any], zone: str, as_of: dt.datetime) -> dict[str, Window]:
    forms: dict[str, Form] = {}
    for name, section in sections.items():
        loc = ("windows", name)
        data = checker.rendered(section, loc)
        spec = None if data is None else checker.validated(WindowSpec, data, loc)
        if spec is None:
            continue
        try:
            forms[name] = _form(spec)
        except WindowError as error:
            checker.problem((*loc, error.key), error.message)
    windows: dict[str, Window] = {}
    for name in forms:
        try:
            windows[name] = resolve_one(name, forms, zone, as_of)
        except WindowError as error:
            if error.window_name in {"", name}:  # a window it is like tells its own fault
                checker.problem(("windows", name, error.key), error.message)
    return windows


def _form(spec: WindowSpec) -> Form:
    """Build the form; a WindowError names the key at fault."""

    def span(key: str) -> Any:
        text = getattr(spec, key)
        try:
            return None if text is None else parse_span(text)
        except WindowError as error:
            raise error.located("", key) from None

    lag = span("lag")
    if spec.period is not None:
        return Period(spec.period, -1 if spec.offset is None else spec.offset, lag)
    if spec.to_date is not None:
        return ToDate(spec.to_date, lag)
    if spec.last is not None:
        return Last(span("last"), _day(spec.until, "until"), lag)
    if spec.since is not None:
        return Since(span("since"), span("until"), lag)
    if spec.like is not None:
        return Like(spec.like, span("shift"), lag)
    return Between(_edge(spec.from_, "from"), _edge(spec.to, "to"), lag)


def _day(value: object, key: str) -> dt.date | None:
    if value is None or (isinstance(value, dt.date) and not isinstance(value, dt.datetime)):
        return value
    try:
        return dt.date.fromisoformat(str(value))
    except ValueError:
        raise WindowError(f'"{value}" is no day; write {key} = 2026-09-01', "", key) from None


def _edge(value: Any, key: str) -> Any:
    if isinstance(value, dt.date) or value == "as_of":
        return value
    try:
        return dt.date.fromisoformat(str(value)) if len(str(value)) <= 10 else dt.datetime.fromisoformat(str(value))
    except ValueError:
        raise WindowError(f'"{value}" is no moment; write {key} = 2026-09-01, or "as_of"', "", key) from None


def _label(checker: Checker, tree: Mapping[str, Any], windows: Mapping[str, Window]) -> str:
    if "label" in tree:
        text = checker.rendered(tree["label"], ("label",))
        if isinstance(text, str) and (not text or text.startswith(".") or set(text) & set('/\\:*?"<>|\0')):
            checker.problem(("label",), f'"{text}" cannot name a folder', 'write label = "{{ windows.week.label }}"')
        return str(text or "")
    first = next(iter(windows.values()), None)
    return first.label if first else ""
