"""What a job chose where its windows are not served as they are, as plans and footers say it."""

from __future__ import annotations

from collections.abc import Sequence

from reportrunner.ask import EndpointNode
from reportrunner.days import Choice


def choices_of(node: EndpointNode) -> tuple[Choice, ...]:
    """Return what the job chose where the window is not served as it is; of slices the first tells for those alike."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for part in node.slices or (None,):
        for choice in node.endpoint.choices(node.sample(part)):
            found.setdefault((choice.key, choice.way), []).append((part.label if part else "", choice.words))
    return tuple(Choice(*way, _alike(said)) for way, said in found.items())


def _alike(said: Sequence[tuple[str, str]]) -> str:
    label, words = said[0]
    more = f", and alike in {len(said) - 1:,} more" if len(said) > 1 else ""
    return f"{words} (slice {label}{more})" if label else words
