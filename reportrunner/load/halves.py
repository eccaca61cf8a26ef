"""Datasets written as two tables, where the name of one is misspelt: `[datasets.polls]`, `[datasets.pols.columns]`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reportrunner.spec import JobFile
from reportrunner.spelling import suggest


@dataclass(frozen=True, slots=True)
class Halves:
    """What stands apart in a job file."""

    near: Mapping[str, str]
    """Datasets that have nothing but tables, and the dataset to which these probably belong."""
    told: frozenset[str]
    """Datasets that have another half: what they lack is told there."""


def halves(data: Mapping[str, Any], sections: Mapping[str, Any]) -> Halves:
    """Find halves among the datasets, and under a misspelt `datasets`."""
    bare = {name for name, section in sections.items() if _is_bare(section)}
    near = {name: other for name in bare if (other := suggest(name, sections.keys() - bare))}
    known = JobFile.model_fields.keys()
    apart = [key for key in data if key not in known and suggest(key, known) == "datasets"]
    return Halves(near, frozenset([*near.values(), *(name for key in apart for name in _names(data[key]))]))


def _is_bare(section: object) -> bool:
    return isinstance(section, Mapping) and all(isinstance(value, Mapping) for value in section.values())


def _names(section: object) -> list[str]:
    return list(section) if isinstance(section, Mapping) else []
