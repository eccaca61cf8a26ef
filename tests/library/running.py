"""A job of the library, run as its user runs it: in a copy of the project, with nothing but `--sandbox` and params."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import cached_property
from html import unescape
from pathlib import Path
from typing import Any

import duckdb
from showcase import AS_OF, ROOT, Ran, run_here

from reportrunner.sandbox import Sandbox
from reportrunner.templating.plaintext import to_text

PARTS = ("reportrunner.toml", "data", "templates", "apis")


@dataclass(frozen=True)
class Finished:
    """A run that published, or did not; documents are those of the newest revision."""

    ran: Ran
    project: Path

    @property
    def code(self) -> int:
        """The exit code."""
        return self.ran.code

    @property
    def err(self) -> str:
        """What was said on standard error."""
        return self.ran.err

    @property
    def sandbox(self) -> Sandbox:
        """The stand-in that was asked, and what it counted."""
        assert self.ran.sandbox is not None
        return self.ran.sandbox

    @property
    def folder(self) -> Path:
        """Where it published."""
        (place,) = [line for line in self.ran.out.splitlines() if line]
        return self.ran.here / place

    def rows(self, file: str) -> list[dict[str, str]]:
        """Every row of a CSV, as texts by column name."""
        return list(csv.DictReader(io.StringIO((self.folder / file).read_text("utf-8-sig"), newline="")))

    def page(self, file: str) -> str:
        """A page as its reader's words, on one line."""
        return " ".join(to_text((self.folder / file).read_text("utf-8"), {}).split())

    def lead(self, file: str) -> str:
        """The sentence with which a page answers, in its reader's words."""
        (found,) = re.findall(r'<p class="rr-lead">(.*?)</p>', (self.folder / file).read_text("utf-8"), re.DOTALL)
        return " ".join(to_text(f"<p>{found}</p>", {}).split())

    def tiles(self, file: str) -> dict[str, str]:
        """The figures of a page's first screen, by their labels."""
        html = (self.folder / file).read_text("utf-8")
        found = re.findall(r'<dt>([^<]*)</dt><dd class="rr-value">([^<]*)</dd>', html)
        return {unescape(label): unescape(value) for label, value in found}

    def message(self, file: str) -> EmailMessage:
        """A message, parsed."""
        parsed = message_from_bytes((self.folder / file).read_bytes(), policy=default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    def mail(self, file: str) -> str:
        """The text part of a message, on one line."""
        body = self.message(file).get_body(("plain",))
        assert body is not None
        return " ".join(str(body.get_content()).split())

    @cached_property
    def record(self) -> dict[str, Any]:
        """The run's own record, `run.json`."""
        found: dict[str, Any] = json.loads((self.folder / "run.json").read_text("utf-8"))
        return found

    @property
    def findings(self) -> dict[str, tuple[str, int]]:
        """What was found, by its subject: severity and count."""
        return {found["subject"]: (found["severity"], found["count"]) for found in self.record["findings"]}

    def table(self, dataset: str) -> list[dict[str, Any]]:
        """A landed table of the newest run, as rows by column name; moments in UTC."""
        runs = (self.project / ".reportrunner" / "runs").glob(f"*/tables/{dataset}.duckdb")
        file = max(runs, key=lambda path: path.stat().st_mtime_ns)
        with duckdb.connect(str(file), read_only=True) as con:
            con.execute("set TimeZone = 'UTC'")
            described = [(row[0], row[1]) for row in con.execute("describe data").fetchall()]
            cells = ", ".join(
                f'cast("{name}" as varchar)' if kind == "TIMESTAMP WITH TIME ZONE" else f'"{name}"'
                for name, kind in described
            )
            names = [name for name, _ in described]
            return [dict(zip(names, row, strict=True)) for row in con.execute(f"select {cells} from data").fetchall()]


def copy_library(place: Path, *jobs: str) -> Path:
    """Copy the project with these jobs (`events/roi`), and return its root."""
    place.mkdir(parents=True, exist_ok=True)
    for name in PARTS:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, place / name)
        else:
            shutil.copy(source, place / name)
    for job in jobs:
        copied = place / "jobs" / f"{job}.toml"
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "jobs" / f"{job}.toml", copied)
    return place


def run(
    place: Path, job: str, *arguments: str, edit: Callable[[str], str] | None = None,
    files: dict[str, Callable[[str], str]] | None = None, **sandbox: Any,
) -> Finished:  # fmt: skip
    """Run one job (`events/roi`) in `place`, which is made a copy of the project unless it is one already.

    `edit` changes the copied job's text and `files` that of other files, by path, before the run; `sandbox` is what the
    stand-in is opened with (`faults`, `clock`).
    """
    if not (place / "jobs" / f"{job}.toml").exists():
        copy_library(place, job)
    changes = {**(files or {}), **({f"jobs/{job}.toml": edit} if edit else {})}
    for name, change in changes.items():
        before = (place / name).read_text("utf-8")
        after = change(before)
        assert after != before, f"the edit of {name} changed nothing"
        (place / name).write_text(after, "utf-8")
    return Finished(run_here(place, *arguments, job=f"jobs/{job}.toml", **sandbox), place)


def in_whole(text: str) -> str:
    """A number of a file as a table says it: whole, and never 0 for what is more than that."""
    exact = Decimal(text)
    return "<1" if 0 < exact < Decimal("0.5") else f"{exact.quantize(Decimal(1), ROUND_HALF_UP):,}"


def without_last_line(text: str) -> str:
    """A roster without its last person."""
    return "".join(text.splitlines(keepends=True)[:-1])


def in_zone(zone: str) -> Callable[[str], str]:
    """An edit of a job: its days are days of that zone."""

    def change(text: str) -> str:
        lines = text.splitlines(keepends=True)
        return "".join(f'timezone = "{zone}"\n' if line.startswith("timezone") else line for line in lines)

    return change


__all__ = ["AS_OF", "ROOT", "Finished", "copy_library", "in_whole", "in_zone", "run", "without_last_line"]
