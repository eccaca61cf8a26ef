"""Loading: path -> JobSpec. Reads, checks and renders a job file, and says everything that is wrong with it at once."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reportrunner.ask import Provider
from reportrunner.checker import Checker, named, strays, tables
from reportrunner.diagnose import Hinted
from reportrunner.errors import UsageError
from reportrunner.expression.filters import ExpressionError, as_text
from reportrunner.formats.common import Format
from reportrunner.job import JobSpec, Moment, Project
from reportrunner.load.datasets import DatasetLoader
from reportrunner.load.endpoint_dataset import Times
from reportrunner.load.outputs import load_checks, load_outputs
from reportrunner.load.params import EXAMPLES, default_value, likely_kind, parse_param, sample_value
from reportrunner.load.windows import calendars_of, load_windows, sample_window, window_scope
from reportrunner.spec import JobFile, ParamSpec
from reportrunner.spelling import did_you_mean
from reportrunner.toml_file import TomlFile
from reportrunner.window import Window
from reportrunner.window.span import WindowError
from reportrunner.window.zone import load_zone, parse_as_of

SUMMERLESS = {
    "EST": ("America/New_York", "America/Panama"),
    "MST": ("America/Denver", "America/Phoenix"),
}
"""Zones whose name most people take for one with summer time, and what they may mean."""
EARLIEST, LATEST = 1970, 2200
"""Years of as_of; services keep nothing older, and calendars end somewhere."""


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


def load_job(file: TomlFile, name: str, project: Project, moment: Moment, given: Given, families: Families) -> JobSpec:
    """Check and render a job against its project; everything that is wrong stands in `diagnostics`."""
    checker = Checker(file)
    checker.validated(JobFile, file.data, ())
    data = file.data
    zone = _zone(checker, data.get("timezone"))
    as_of = _as_of(moment, zone)
    tree = checker.parsed(data, ())
    params = _params(checker, tables(data, "params"), given, as_of.date())
    lost = {key: _sample(section, as_of.date()) for key, section in strays(data, "params", JobFile).items()}
    checker.scope.update(params={**lost, **params}, as_of=as_of)
    windows, forms = load_windows(checker, tables(tree, "windows"), zone, as_of, project.calendars)
    scopes = {key: window_scope(window) for key, window in windows.items()}
    samples = dict.fromkeys(sorted(named(data, "windows", JobFile)), window_scope(sample_window(zone, as_of)))
    checker.scope["windows"] = {**samples, **scopes}
    texts = {key: _text(checker, tree, key) or "" for key in ("title", "owner")}
    checker.scope["job"] = {"name": name, "timezone": zone, **texts}
    times = Times(windows, as_of if moment.sandbox else moment.wall)
    datasets = DatasetLoader(checker, project, times, tables(tree, "datasets"), named(data, "datasets", JobFile))
    datasets.load_all()
    checks = load_checks(checker, tables(tree, "checks"), datasets)
    outputs = load_outputs(checker, tables(tree, "outputs"), families.formats, datasets)
    return JobSpec(
        name=name,
        file=file,
        sources=project.sources,
        title=texts["title"],
        tags=_texts(data.get("tags")),
        owner=texts["owner"],
        timezone=zone,
        as_of=as_of,
        label=_label(checker, tree, windows),
        params=params,
        given_params=given.typed,
        windows=windows,
        calendars=calendars_of(forms.values()),
        nodes=datasets.nodes,
        declared=datasets.declared,
        checks=checks,
        outputs=outputs,
        rules=datasets.rules,
        diagnostics=tuple(checker.problems),
        forms=forms,
    )


def _text(checker: Checker, tree: Mapping[str, Any], key: str) -> str | None:
    """Return a text of the job's head with its expressions written out, or None with the problem added."""
    value = checker.rendered(tree.get(key, ""), (key,))
    try:
        return None if value is None else as_text(value)
    except ExpressionError as error:
        checker.problem((key,), error.message, error.hint)
        return None


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()


def _zone(checker: Checker, word: object) -> str:
    try:
        zone = load_zone(str(word)).key if isinstance(word, str) else "UTC"
    except WindowError as error:
        checker.problem(("timezone",), error.message)
        return "UTC"
    if zone in SUMMERLESS:
        summer, winter = SUMMERLESS[zone]
        said = f'"{zone}" has no summer time: for half the year days would begin an hour late'
        checker.problem(("timezone",), said, f'write "{summer}", or "{winter}" where clocks never change')
    return zone


def _as_of(moment: Moment, zone: str) -> dt.datetime:
    """Return as_of in the job's zone; UsageError when it is unreadable, or later than now without the stand-in."""
    wall = moment.wall.replace(microsecond=0).astimezone(load_zone(zone))
    if not moment.as_of:
        return wall
    try:
        as_of = parse_as_of(moment.as_of, zone, wall)
    except WindowError as error:
        raise UsageError(f"--as-of {moment.as_of}: {error.message}") from None
    if not EARLIEST <= as_of.year <= LATEST:
        raise UsageError(f"--as-of {moment.as_of}: no report is about that year")
    if as_of > wall and not moment.sandbox:
        raise UsageError(
            f"--as-of {moment.as_of} is later than now ({wall.isoformat()}); only --sandbox can look ahead"
        )
    return as_of


def _params(checker: Checker, sections: Mapping[str, Any], given: Given, today: dt.date) -> dict[str, object]:
    unknown = sorted(set(given.typed) - set(sections))
    if unknown:
        raise UsageError(f'this job has no param "{unknown[0]}"' + did_you_mean(unknown[0], sections))
    return {name: _param(checker, name, section, given, today) for name, section in sections.items()}


def _param(checker: Checker, name: str, section: Any, given: Given, today: dt.date) -> object:
    """Return the value of a param; where there is none, the problem is added and a sample stands in for it."""
    loc = ("params", name)
    spec = checker.validated(ParamSpec, section, loc)
    if spec is None:
        return _sample(section, today)
    text = given.typed.get(name, given.environment.get(name))
    try:
        value = default_value(spec) if text is None else parse_param(text, spec.type)
    except Hinted as error:
        if text is not None:
            where = f"--param {name}" if name in given.typed else f"REPORTRUNNER_PARAM_{name.upper()}"
            raise UsageError(f"{where}={text}: {error}; {error.hint}") from None
        checker.problem((*loc, "default"), str(error), error.hint)
        return sample_value(spec.type, today)
    if value is None and not given.samples:
        hint = f"give --param {name}={EXAMPLES[spec.type]}, or add a default"
        checker.problem(loc, f'param "{name}" has no value', hint, at="key")
    return sample_value(spec.type, today) if value is None else value


def _sample(section: Mapping[str, Any], today: dt.date) -> object:
    """Return what stands in for a param that has errors of its own, so that its uses are not also wrong."""
    return sample_value(likely_kind(section), today)


def _label(checker: Checker, tree: Mapping[str, Any], windows: Mapping[str, Window]) -> str:
    if "label" not in tree:
        first = next(iter(windows.values()), None)
        return first.label if first else ""
    label = _text(checker, tree, "label")
    if label is not None and not _names_folder(label):
        near = max(windows, key=lambda name: f"windows.{name}." in str(tree["label"]), default="")
        of_window = f'"{{{{ windows.{near}.label }}}}"' if near else ""
        of_day = """'{{ as_of | date("%Y-%m-%d") }}'"""
        checker.problem(("label",), f'"{label}" cannot name a folder', f"write label = {of_window or of_day}")
    return label or ""


def _names_folder(text: str) -> bool:
    plain = text == text.strip() and text.isprintable() and not set(text) & set('/\\:*?"<>|')
    revision = re.search(r"\.r\d+$", text)  # what a rerun is called
    return plain and text != "" and text[0] != "." and text[-1] != "." and not revision
