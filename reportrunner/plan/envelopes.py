"""Which datasets of a job share an envelope: calls to one source under one session, asked once each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reportrunner.ask import EndpointNode, Node, needs_of
from reportrunner.flow import Flow, SessionKey


def share_envelopes(nodes: Mapping[str, Node], flows: Mapping[str, tuple[Flow, ...]]) -> Iterator[tuple[str, ...]]:
    """Yield the datasets whose first calls travel in one request, in the order of the file.

    An `each` goes alone, and so does a `split`: what is asked side by side would be held up by its slowest part.
    """
    open_ones: dict[tuple[str, SessionKey | None], tuple[list[str], int]] = {}
    for name, node in nodes.items():
        if not isinstance(node, EndpointNode) or node.each or node.split or name not in flows or needs_of(node):
            continue
        (flow,) = flows[name]
        envelope = node.source.provider.envelope(node.source.settings)
        if envelope is None or not flow.steps[0].packable:
            continue
        key, calls = (flow.source, flow.session), len(flow.steps[0].requests)
        names, used = open_ones.get(key, ([], 0))
        if names and used + calls > envelope.limit:
            yield from _worth(names)
            names, used = [], 0
        open_ones[key] = ([*names, name], used + calls)
    for names, _ in open_ones.values():
        yield from _worth(names)


def _worth(names: list[str]) -> Iterator[tuple[str, ...]]:
    if len(names) > 1:
        yield tuple(names)
