"""What nobody uses: a window is an error, because somebody meant it; a dataset is a warning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reportrunner.ask import EndpointNode, QueryNode, needs_of
from reportrunner.checker import Checker, tables
from reportrunner.expression import expressions, parse_tree
from reportrunner.job import JobSpec
from reportrunner.spelling import suggest


def check_uses(checker: Checker, job: JobSpec) -> None:
    """Tell which windows and datasets nobody uses; the job's checks are bound, so that their inputs are known."""
    windows = tables(job.file.data, "windows")
    words = set(_window_words(job.file.data))
    meant = words | {suggest(word, windows) for word in words - set(windows)}
    for name in [name for name in windows if name not in meant]:
        hint = "remove it, or use it in a dataset"
        checker.problem(("windows", name), f'nobody uses the window "{name}"', hint, at="header")
    used = _used_datasets(job)
    for name in [name for name in job.nodes if used is not None and name not in used]:
        message = f'nobody uses the dataset "{name}"'
        checker.problem(("datasets", name), message, severity="warning", at="header")


def _window_words(data: Mapping[str, Any]) -> Iterator[str]:
    """Go through all that stands where the name of a window may stand, under a misspelt key too."""
    yield from (str(section["like"]) for section in tables(data, "windows").values() if "like" in section)
    for key in data:
        sections = list(tables(data, key).values()) if suggest(key, ("datasets",)) else []
        kept = [section.get("accumulate") for section in sections]
        sections += [one for one in kept if isinstance(one, dict)]
        yield from (str(section[k]) for section in sections for k in section if suggest(k, ("window",)))
    tree, _ = parse_tree(data)
    paths = (path for _, found in expressions(tree) for path in found.names)
    yield from (path[1] for path in paths if path[0] == "windows" and len(path) > 1)


def _used_datasets(job: JobSpec) -> set[str] | None:
    """Return the datasets that something needs; None when an output takes all of them."""
    options = [output.options for output in job.outputs]
    if any(hasattr(option, "datasets") and option.datasets is None for option in options):
        return None
    used = {name for option in options for name in getattr(option, "datasets", None) or ()}
    used |= {name for option in options if (name := getattr(option, "dataset", None))}
    used |= {output.each.dataset for output in job.outputs if output.each}
    used |= {name for check in job.checks for name in check.inputs}
    used |= {rules.reconcile for rules in job.rules.values()}
    for node in job.nodes.values():
        used |= set(needs_of(node))
        if isinstance(node, EndpointNode) and node.each:
            used.add(node.each.dataset)
        if isinstance(node, EndpointNode | QueryNode) and node.accumulate:
            used.add(node.name)
    return used
