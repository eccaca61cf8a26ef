"""A plan as JSON facts, and those facts as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reportrunner.ask import EndpointNode, FileNode, Node, QueryNode, action_of
from reportrunner.choices import choices_of
from reportrunner.closing import CEILING
from reportrunner.flow import Flow, Pairs, Request, SessionKey, fill_json, show
from reportrunner.load.outputs import output_path
from reportrunner.memory import HistoryNode
from reportrunner.plan import RunPlan
from reportrunner.window import Window

SHOWN, FIRST = 12, 3
"""Most asks and slices of a dataset that the text shows whole, and how many asks it shows of more."""


def plan_facts(plan: RunPlan) -> dict[str, Any]:
    """Return what a run will do as plain data; secrets, sessions and captures stand as <holes>."""
    job = plan.job
    return {
        "job": job.name,
        "title": job.title,
        "label": plan.label,
        "as_of": job.as_of.isoformat(),
        "params": {name: str(value) for name, value in job.params.items()},
        "windows": {name: _window(window) for name, window in job.windows.items()},
        "datasets": {name: _dataset(plan, node) for name, node in plan.nodes.items()},
        "envelopes": [list(names) for names in plan.envelopes],
        "checks": [check.name for check in plan.checks],
        "outputs": {
            output.name: {
                "format": output.options.format,
                "path": output_path(output.name, output.options),
                **({"once per": f"{output.each.dataset}.{output.each.of}"} if output.each else {}),
                **({"to": list(recipients)} if (recipients := getattr(output.options, "to", ())) else {}),
            }
            for output in job.outputs
        },
        "limits": {
            source.name: source.settings.limits.model_dump(exclude_none=True)
            for source in sorted({n.source.name: n.source for n in _asking(plan)}.values(), key=lambda s: s.name)
        },
    }


def _asking(plan: RunPlan) -> list[EndpointNode]:
    return [node for node in plan.nodes.values() if isinstance(node, EndpointNode)]


def _window(window: Window) -> dict[str, Any]:
    return {
        "start": window.start.isoformat(),
        "end": window.end.isoformat(),
        "zone": window.zone,
        "label": window.label,
    }


def _dataset(plan: RunPlan, node: Node) -> dict[str, Any]:
    columns = [f"{column.name} {column.type}" for column in node.columns]
    if isinstance(node, EndpointNode):
        return {
            "kind": "endpoint",
            "source": node.source.name,
            "endpoint": node.endpoint.name,
            **({"window": node.parameters.window} if node.parameters.window else {}),
            **({"days": days} if (days := node.endpoint.days_of(node.parameters).said) else {}),
            **({"hint": words} if (words := node.endpoint.hint(node.parameters)) else {}),
            **({"choices": chosen} if (chosen := _choices(node)) else {}),
            **_parts(node),
            **({"acts": words} if (words := action_of(node)) else {}),
            **({"rows": rows} if (rows := _rows(node)) is not None else {}),
            **_asks(plan, node),
            **_kept(node),
            "columns": columns,
        }
    if isinstance(node, QueryNode):
        return {"kind": "sql", "inputs": list(node.inputs), **_kept(node), "columns": columns}
    if isinstance(node, HistoryNode):
        span = {"window": node.window.label, "at": node.at} if node.window else {}
        return {"kind": "history", "history": node.into, **span, "key": list(node.key), "columns": columns}
    if isinstance(node, FileNode):
        return {"kind": "file", "file": node.file, "columns": columns}
    return {"kind": "rows", "rows": len(node.rows.rows), "columns": columns}


def _kept(node: EndpointNode | QueryNode) -> dict[str, str]:
    return {"into": node.accumulate.into} if node.accumulate else {}


def _choices(node: EndpointNode) -> list[dict[str, str]]:
    return [{"key": choice.key, "way": choice.way, "words": choice.words} for choice in choices_of(node)]


def _rows(node: EndpointNode) -> int | None:
    """Return how many rows one value of its `each` will have, where that can be told before asking."""
    parts = [node.endpoint.rows(node.sample(part)) for part in node.slices or (None,)]
    known = [rows for rows in parts if rows is not None]
    return sum(known) if len(known) == len(parts) else None


def _asks(plan: RunPlan, node: EndpointNode) -> dict[str, Any]:
    flows = plan.flows.get(node.name)
    if flows is None:
        assert node.each is not None
        flow = node.endpoint.unfold(node.sample(node.slices[0] if node.slices else None))
        most = min(-(-CEILING // max(node.each.pack, 1)) * max(len(node.slices), 1), CEILING)
        limit = f"{most:,} requests" if node.each.pack or node.slices else f"{most:,}"
        open_place = (
            f"{node.endpoint.name} x each({node.each.dataset}.{node.each.of}){_cut(_parts(node))}, at most {limit}"
        )
        return {"open": open_place, "sample": _steps(node, flow)}
    return {"requests": [_steps(node, flow) for flow in flows]}


def _parts(node: EndpointNode) -> dict[str, Any]:
    """Return how values are put together, and the window apart."""
    packs = {"pack": node.each.pack} if node.each and node.each.pack else {}
    return packs | ({"split": node.split.by, "slices": [_window(one) for one in node.slices]} if node.split else {})


def _cut(parts: dict[str, Any]) -> str:
    packs = f" in packs of {parts['pack']:,}" if "pack" in parts else ""
    if "split" not in parts:
        return packs
    count = len(parts["slices"])
    return f"{packs} in {count:,} slice{'s' if count > 1 else ''} by {parts['split']}"


def _steps(node: EndpointNode, flow: Flow) -> dict[str, Any]:
    envelope = node.source.provider.envelope(node.source.settings)
    return {
        "session": _session(flow.session) if flow.session else "",
        "together": flow.steps[0].packable and 1 < len(flow.steps[0].requests) <= (envelope.limit if envelope else 1),
        "steps": [
            {"step": f"{step.name} {request.part}".strip(), **_request(request)}
            for step in flow.steps
            for request in step.requests
        ],
    }


def _session(key: SessionKey) -> str:
    account = f"as {key.partner}" if key.partner else ""
    return " ".join(filter(None, (key.source, account, ",".join(key.privileges))))


def _request(request: Request) -> dict[str, Any]:
    said: dict[str, Any] = {"method": request.method, "path": show(request.path)}
    if request.query:
        said["query"] = _named(request.query)
    if request.headers:
        said["headers"] = _named(request.headers)
    if request.form is not None:
        said["form"] = _named(request.form)
    if request.json is not None:
        said["json"] = fill_json(request.json, str)
    return said


def _named(pairs: Pairs) -> dict[str, str | list[str]]:
    """Return pairs by name; a name that stands more than once has the list of its values."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(show(value))
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def plan_text(facts: dict[str, Any]) -> str:
    """Return the facts as a person reads them."""
    lines = [f"{facts['job']}: {facts['title']}", f"  label {facts['label']}, as of {facts['as_of']}"]
    lines += [f"  param {name} = {value}" for name, value in facts["params"].items()]
    for name, window in facts["windows"].items():
        lines.append(f"  window {name} {window['label']}: {window['start']} to {window['end']} ({window['zone']})")
    for name, dataset in facts["datasets"].items():
        lines += ["", f"  {name}: {_headline(dataset)}"]
        lines += [f"    counts {dataset['days']}"] if "days" in dataset else []
        lines += [f"    {dataset['hint']}"] if "hint" in dataset else []
        lines += [f'    {one["key"]} = "{one["way"]}": {one["words"]}' for one in dataset.get("choices", ())]
        lines += [f"    {line}" for line in (*_slices(dataset), *_requests(dataset))]
    lines += [""] if facts["envelopes"] else []
    lines += [f"  one request carries the first calls of {', '.join(names)}" for names in facts["envelopes"]]
    lines += ["", *(f"  limits of {name}: {_limits(limits)}" for name, limits in facts["limits"].items())]
    for name, output in facts["outputs"].items():
        to = f" to {', '.join(output['to'])}" if "to" in output else ""
        per = f", once per {output['once per']}" if "once per" in output else ""
        lines.append(f"  writes {output['path']} ({output['format']} {name}{to}{per})")
    return "\n".join(lines)


def _slices(dataset: dict[str, Any]) -> list[str]:
    """Return a line per slice; of many the first ones and the last."""
    lines = [f"slice {part['label']}: {part['start']} to {part['end']}" for part in dataset.get("slices", ())]
    return lines if len(lines) <= SHOWN else [*lines[: SHOWN - 2], f"... {len(lines) - SHOWN + 1:,} more", lines[-1]]


def _requests(dataset: dict[str, Any]) -> Iterator[str]:
    """Yield what is sent; of many asks, which differ in values and days alone, the first ones."""
    flows = dataset.get("requests", ()) or ([dataset["sample"]] if "sample" in dataset else [])
    for flow in flows if len(flows) <= SHOWN else flows[:FIRST]:
        if " " in flow["session"]:
            yield f"session {flow['session']}"
        if flow["together"]:
            yield f"{len(flow['steps'])} calls in one request"
        for step in flow["steps"]:
            yield f"{step['step']:<8} {step['method']} {step['path']}"
            yield from (f"  {line}" for line in _body(step))
    if len(flows) > SHOWN:
        yield f"... and so {len(flows) - FIRST:,} times more; --json shows all"


def _headline(dataset: dict[str, Any]) -> str:
    kept = f"; kept in {dataset['into']}" if "into" in dataset else ""
    match dataset["kind"]:
        case "endpoint":
            window = f" over {dataset['window']}" if "window" in dataset else ""
            times = dataset.get("open") or f"{len(dataset['requests']):,} x {dataset['endpoint']}{_cut(dataset)}"
            rows = f", about {dataset['rows']:,} rows" if "rows" in dataset else ""
            acts = f"; {dataset['acts']}: needs --allow-actions" if "acts" in dataset else ""
            return f"{times} at {dataset['source']}{window}{rows}{acts}{kept}"
        case "sql":
            return f"SQL over {', '.join(dataset['inputs'])}{kept}"
        case "history":
            span = f", {dataset['window']} by {dataset['at']}" if "window" in dataset else ""
            return f"what runs have kept in {dataset['history']}{span}"
        case "file":
            return f"the file {dataset['file']}"
        case _:
            return f"{dataset['rows']} rows in the job"


def _body(step: dict[str, Any]) -> list[str]:
    pairs = {**step.get("query", {}), **step.get("headers", {}), **step.get("form", {})}
    several = {name: value if isinstance(value, list) else [value] for name, value in pairs.items()}
    lines = [f"{name} = {value}" for name, values in several.items() for value in values]
    return lines + [f"{name} = {value}" for name, value in step.get("json", {}).items()]


def _limits(limits: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in limits.items())
