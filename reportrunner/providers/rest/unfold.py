"""How an ask of a defined endpoint becomes its requests."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial

from reportrunner.ask import Ask, Endpoint
from reportrunner.endpoints import Endpoints
from reportrunner.flow import Clean, Flow, Hole, Poll, Request, SessionKey, Step
from reportrunner.providers.rest.auth import Proof, proof_of, proven
from reportrunner.providers.rest.dataset import Exported, dataset_model, given_params
from reportrunner.providers.rest.definition import EndpointSpec
from reportrunner.providers.rest.judging import CaptureJudge, FetchJudge, PollJudge
from reportrunner.providers.rest.packed import cleaned
from reportrunner.providers.rest.paging import Counted
from reportrunner.providers.rest.reading import columns_of, read_one, read_pages, readings_of
from reportrunner.providers.rest.request import RequestSpec, write_request
from reportrunner.providers.rest.source import RestSource, settings_of
from reportrunner.providers.rest.templates import Scope
from reportrunner.providers.rest.times import asked_window, choices_of, covered, days_of, kept
from reportrunner.providers.rest.turning import first_page
from reportrunner.source_spec import SourceSpec
from reportrunner.window.span import parse_duration


def endpoints_of(source: SourceSpec) -> Mapping[str, Endpoint]:
    """Return the endpoints that a source defines."""
    found = settings_of(source).endpoints
    return Endpoints(found, lambda name: _endpoint(_Defined(name, found[name].model_dump_json(), found[name])))


@dataclass(frozen=True, slots=True)
class _Defined:
    """A definition, equal to another one that says the same."""

    name: str
    text: str
    spec: EndpointSpec = field(compare=False)


@lru_cache(maxsize=1024)
def _endpoint(defined: _Defined) -> Endpoint:
    """Return the endpoint of a definition; equal ones share it, so that plans of equal jobs are equal."""
    name, spec = defined.name, defined.spec
    endpoint = Endpoint(
        name=name,
        summary=spec.summary,
        parameters=dataset_model(name, spec),
        unfold=partial(unfold, spec=spec),
        columns=lambda _: columns_of(spec),
        key=lambda _: tuple(spec.key),
        days=days_of(spec),
        choices=partial(choices_of, spec=spec),
        covers=partial(covered, spec=spec),
        definition=spec.asks,
        permissions=spec.permissions,
        limits=_limits(spec),
        traps=(*spec.traps, *_own_traps(spec)),
    )
    return replace(endpoint, action=lambda _: spec.action) if spec.action else endpoint


def _limits(spec: EndpointSpec) -> tuple[str, ...]:
    if spec.paging is None:
        return ()
    return (f"{spec.paging.most:,} pages; more are an error and not cut",)


def _own_traps(spec: EndpointSpec) -> tuple[str, ...]:
    found = ["a column that no row has is an error (exit 4)"]
    if spec.export is not None:
        found += ["an unknown status word ends the run with exit 4 and is shown as it came"]
        if not spec.retry.repeatable:
            found += ["generate is never sent twice, unless poll.regenerate allows it"]
    if spec.paging is not None:
        what = "page" if isinstance(spec.paging, Counted) else "cursor" if spec.paging.by == "cursor" else "link"
        found += [f"a {what} that comes again ends the run with exit 4"]
    if getattr(spec.paging, "stop", "") == "short":
        found += ["a page shorter than size is taken for the last: a service that caps size would lose rows"]
    return tuple(found)


def unfold(ask: Ask, spec: EndpointSpec) -> Flow:
    """Return the flow of an ask: one request and its pages, or generate, poll and serve."""
    settings = settings_of(ask.source.settings)
    scope = Scope(given_params(ask.parameters, spec), asked_window(ask, spec))
    key = _session(ask, settings)
    proof = proof_of(settings.auth, settings.session_in, key.source if key else "")
    expired = tuple(settings.expired) if key else ()
    readings = readings_of(spec, ask.parameters)
    read = kept(ask, spec, partial(read_pages, spec=spec, readings=readings))
    kind = f"rest.{ask.source.name}.{ask.endpoint.name}"
    if spec.export is not None:
        steps, deadline = _export(ask, spec, scope, proof, expired)
        flow = Flow(ask.dataset, ask.source.name, kind, steps, read, key, deadline=deadline)
        cancel = spec.export.cancel
        return flow if cancel is None else replace(flow, cancel=proven(write_request(cancel.request, scope), proof))
    assert spec.request is not None
    request = proven(first_page(spec.paging, write_request(spec.request, scope)), proof)
    judge = FetchJudge(spec, expired, proof[1])
    timeout = parse_duration(spec.timeout)
    step = Step("fetch", request, judge, _repeatable(spec, spec.request), timeout=timeout, clean=_clean(spec))
    one = kept(ask, spec, partial(read_one, spec=spec, readings=readings))
    early = one if spec.paging is not None else None
    return Flow(ask.dataset, ask.source.name, kind, (step,), read, key, early=early)


def _session(ask: Ask, settings: RestSource) -> SessionKey | None:
    """Return the session of an ask: a borrowed one, or the source's own; none for basic and for open APIs."""
    if settings.session is not None:
        return SessionKey(settings.session, tuple(ask.parameters.privileges))
    if settings.auth is None or settings.auth.basic is not None:
        return None
    return SessionKey(ask.source.name)


def _repeatable(spec: EndpointSpec, request: RequestSpec) -> bool:
    return request.method == "GET" if spec.retry.repeatable is None else spec.retry.repeatable


def _export(
    ask: Ask, spec: EndpointSpec, scope: Scope, proof: Proof, expired: tuple[int, ...]
) -> tuple[tuple[Step, ...], dt.timedelta]:
    export, parameters = spec.export, ask.parameters
    assert export is not None
    assert isinstance(parameters, Exported)
    hidden = () if export.serve.link is None else (export.serve.link,)
    every = parse_duration(parameters.poll.every) if parameters.poll.every else None
    waiting = Poll(parse_duration(parameters.poll.timeout), every)
    timeout = parse_duration(spec.timeout)
    generate, poll = (proven(write_request(one.request, scope), proof) for one in (export.generate, export.poll))
    if export.serve.request is not None:
        serve = proven(write_request(export.serve.request, scope), proof)
    else:
        serve = Request("GET", Hole("capture", export.serve.link or ""))
    repeatable = parameters.poll.regenerate or spec.retry.repeatable is True
    steps = (
        Step("generate", generate, CaptureJudge(spec, expired, proof[1], hidden), repeatable, timeout=timeout),
        Step("poll", poll, PollJudge(spec, expired, proof[1], hidden), poll=waiting, timeout=timeout),
        Step("serve", serve, FetchJudge(spec, expired, proof[1]), timeout=timeout, clean=_clean(spec)),
    )
    return steps, waiting.timeout + dt.timedelta(minutes=10)


def _clean(spec: EndpointSpec) -> Clean | None:
    return partial(cleaned, spec=spec.response) if spec.response.gzip or spec.response.zip else None
