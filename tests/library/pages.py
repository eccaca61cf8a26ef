"""The page of a job in `docs/jobs/`, made of the job file: first comment, params, what it asks, what is checked."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterator, Sequence
from typing import Any

from full.project import MOMENTS
from showcase import ROOT


def page(job: str) -> str:
    """Return the Markdown page of a job, `events/roi`."""
    text = (ROOT / "jobs" / f"{job}.toml").read_text("utf-8")
    return "\n".join([*_lines(job, text, tomllib.loads(text))]) + "\n"


def index(jobs: Sequence[str]) -> str:
    """Return the list of all jobs, by family, with their questions and what they leave."""
    lines = [
        "# The job library",
        "",
        "What people come for, as jobs to copy. Each runs as it is with `--sandbox`, and says in its first lines why",
        "it is there and what it avoids. [The guide, section by section](../guide-coverage.md) says which section of",
        "the public guides each answers, and what their own commands would have got wrong.",
        "",
        "```sh",
        "reportrunner run --select tag:library --sandbox --as-of 2026-11-16   # all of them",
        "cp jobs/audience/devices.toml jobs/audience/ours.toml                # one of your own: give it your params",
        "```",
        "",
        "A param can be tried without touching the file: `--param playback=live`; what a job's params are, and their",
        "defaults, stands on its page. Days are days of `timezone`: change it and every window is that zone's.",
    ]
    family = ""
    for job in jobs:
        data = tomllib.loads((ROOT / "jobs" / f"{job}.toml").read_text("utf-8"))
        if family != job.partition("/")[0]:
            family = job.partition("/")[0]
            lines += ["", f"## {family.capitalize()}", "", "| job | question | leaves |", "|---|---|---|"]
        leaves = ", ".join(f"`{_path(name, output)}`" for name, output in data["outputs"].items())
        lines.append(f"| [{job.partition('/')[2]}]({job.replace('/', '-')}.md) | {data['title']} | {leaves} |")
    return "\n".join(lines) + "\n"


def first_comment(text: str) -> str:
    """Return the comment that a job begins with, as one paragraph."""
    lines: list[str] = []
    for line in text.splitlines()[1:]:
        if line.startswith("#"):
            lines.append(line.removeprefix("#").strip())
        elif lines:
            break
    return " ".join(lines)


def _lines(job: str, text: str, data: dict[str, Any]) -> Iterator[str]:
    name = job.replace("/", "-")
    yield from (f"# {data['title']}", "", first_comment(text), "")
    moment = f" --as-of {MOMENTS[job]}" if job in MOMENTS else ""
    yield from ("```sh", f"reportrunner run jobs/{job}.toml --sandbox{moment}", "```", "")
    yield f"The job: [jobs/{job}.toml](../../jobs/{job}.toml). The picture is of the sandbox's invented data."
    yield from ("", f"![{data['title']}](../gallery/library/{name}-1280.png)", "")
    if data.get("params"):
        yield from ("## What to change", "", "| param | type | default | means |", "|---|---|---|---|")
        for param, given in data["params"].items():
            yield f"| `{param}` | {given['type']} | {_value(given['default'])} | {given['help']} |"
        yield ""
    yield from (_beside(data), "")
    yield from ("## What it asks", "", "| dataset | is | from |", "|---|---|---|")
    for dataset, given in data["datasets"].items():
        yield f"| `{dataset}` | {given['description']} | {_origin(given)} |"
    yield from ("", "## What is checked, and what it says when it fails", "")
    for check, given in data["checks"].items():
        warns = " (a warning)" if given.get("severity") == "warn" else ""
        yield f"- `{check}`: {given['message']}{warns}"
    yield from ("", "## What it leaves", "", "| document | is |", "|---|---|")
    for output, given in data["outputs"].items():
        yield f"| `{_path(output, given)}` | {_kind(given)} |"


def _beside(data: dict[str, Any]) -> str:
    """Return what stands in the file itself, and is another's in another's copy."""
    files = [f"`{given['file']}`" for given in data["datasets"].values() if "file" in given]
    mails = any(output["format"] == "email" for output in data["outputs"].values())
    parts = ["`timezone`", "`owner`", *(["the recipients (`to`)"] if mails else []), *files]
    return f"Beside these, change in the job: {', '.join(parts[:-1])} and {parts[-1]}."


def _value(default: object) -> str:
    if isinstance(default, list):
        return ", ".join(f"`{item}`" for item in default) or "none"
    if isinstance(default, bool):
        return "`true`" if default else "`false`"
    if isinstance(default, dt.datetime):
        return f"`{default.isoformat()}`"
    return f"`{default}`" if default != "" else "none"


def _origin(dataset: dict[str, Any]) -> str:
    if "endpoint" in dataset:
        report = dataset.get("report", dataset.get("id"))
        window = f", {dataset['window']}" if "window" in dataset else ""
        return f"{dataset['source']} · `{dataset['endpoint']}`{f' {report}' if report else ''}{window}"
    if "file" in dataset:
        return f"`{dataset['file']}`"
    if "history" in dataset:
        name = dataset["history"].replace("|", "\\|")  # else a filter in it would end the cell
        return f"what earlier runs kept, `{name}`"
    return "the job itself" if "rows" in dataset else "SQL"


def _path(name: str, output: dict[str, Any]) -> str:
    path = str(output.get("path") or f"{name}.{'eml' if output['format'] == 'email' else output['format']}")
    return path.replace("|", "\\|")  # a bar would end the cell


def _kind(output: dict[str, Any]) -> str:
    if output["format"] == "email":
        each = f", one per {output['each']['column']}" if "each" in output else ""
        attached = output.get("attach", [])
        return f"a message to {', '.join(output['to'])}{each}" + (f", with {', '.join(attached)}" if attached else "")
    return "the page" if output["format"] == "html" else f"rows of `{output['dataset']}`"
