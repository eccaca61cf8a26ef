"""The end of a run on the terminal: datasets with rows, findings, files, and where to look."""

from __future__ import annotations

import os
from collections.abc import Iterable

from reportrunner.cli.terminal import say, say_error, style, tell
from reportrunner.report import Finding
from reportrunner.run import Ended

_MARKS = {"ok": ("✓", "green"), "warn": ("!", "yellow"), "error": ("✗", "red")}


def say_summary(ended: Ended) -> int:
    """Print what came of a run, and its folder to standard output; return its exit code."""
    plan, gathered = ended.trip.prepared.plan, ended.gathered
    say()
    say(style(plan.job.title, bold=True) + f"  {plan.job.name}, {plan.label}")
    width = max((len(name) for name in plan.nodes), default=0)
    for name in plan.job.nodes:
        if name in gathered.landed:
            said = f"{gathered.landed[name].table.rows:>9,} rows"
        else:
            said = style("     lost", fg="red") if name in gathered.lost else "        -"
        say(f"  {name:<{width}} {said}")
    for error in ended.errors:
        say_error(error)
    _findings(ended.findings)
    if ended.folder is None:
        say(style("nothing was published", fg="red", bold=True))
        return ended.exit_code
    place = min(os.path.relpath(ended.folder), str(ended.folder), key=len)
    for file in ended.files:
        say(f"  {place}/{file}")
    tell(place)
    return ended.exit_code


def _findings(findings: Iterable[Finding]) -> None:
    for finding in findings:
        mark, color = _MARKS[finding.severity]
        if finding.severity == "ok" and not finding.accepted:
            continue
        count = f" ({finding.count:,})" if finding.count else ""
        reason = f"  accepted: {finding.accepted}" if finding.accepted else ""
        say(f"  {style(mark, fg=color)} {finding.subject}: {finding.message}{count}{reason}")
        for line in finding.sample[:3] if finding.severity != "ok" else ():
            say(f"      {line}")
