"""`reportrunner explain`."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from reportrunner.errors import Diagnostic

if TYPE_CHECKING:
    from reportrunner.ask import Provider


@click.command("explain")
@click.argument("subject", metavar="PROVIDER|SOURCE|[PROVIDER.]ENDPOINT|CODE|report")
@click.argument("more", required=False, metavar="[REPORT]")
def command(subject: str, more: str | None) -> int:
    """Explain a provider, an endpoint (with a report type: its columns), a finding's code, or what templates get.

    In a project its sources can be explained too, with the endpoints that they define.
    """
    from reportrunner.cli.catalogue import (
        endpoint_text,
        provider_text,
        report_object_text,
        report_type_text,
        source_text,
    )
    from reportrunner.cli.keys import WIDTH
    from reportrunner.cli.project import project_here
    from reportrunner.finding_codes import CODES
    from reportrunner.providers import PROVIDERS
    from reportrunner.spelling import did_you_mean

    if subject == "report":
        return _print(report_object_text())
    if subject in CODES:
        return _print([subject, "", *textwrap.wrap(CODES[subject], WIDTH)])
    name, _, endpoint = subject.partition(".")
    found_sources, problems = project_here()
    sources = {name: source for name, source in found_sources.items() if name not in PROVIDERS}
    providers = {**PROVIDERS, **{name: replace(source.provider, name=name) for name, source in sources.items()}}
    owners = [owner for owner, provider in providers.items() if subject in provider.endpoints]
    if len(owners) == 1:  # as a job file writes it
        name, endpoint = owners[0], subject
    provider = providers.get(name)
    if name in sources and not endpoint:
        return _print(source_text(sources[name]))
    if provider is not None and not endpoint:
        return _print(provider_text(provider))
    if provider is not None and endpoint in provider.endpoints:
        found = provider.endpoints[endpoint]
        return _print(report_type_text(provider, found, more) if more else endpoint_text(provider, found))
    known = ["report", *CODES, *providers, *(f"{n}.{e}" for n, p in providers.items() for e in p.endpoints)]
    known += [endpoint for provider in providers.values() for endpoint in provider.endpoints]
    broken = [
        f"\n{one.file} has errors, so its sources may be missing here; the first: {_place(one)}" for one in problems
    ]
    near = _report_of(subject, providers) or did_you_mean(subject, known)
    told = "" if near else "\n" + "\n".join(_known(providers, CODES))
    raise click.UsageError(f'nothing is called "{subject}"{near}{told}{"".join(broken[:1])}')


def _report_of(subject: str, providers: Mapping[str, Provider]) -> str:
    """Say how a report type is explained, where the subject is one."""
    for name, provider in providers.items():
        for endpoint in provider.endpoints.values():
            if any(subject in (wire, report) for wire, report, _ in endpoint.reports()):
                return f"; as a report it is explained by: explain {name}.{endpoint.name} {subject}"
    return ""


def _known(providers: Iterable[str], codes: Iterable[str]) -> list[str]:
    """Return what can be explained, in lines of a terminal; endpoints are told by what they belong to."""
    from reportrunner.cli.keys import WIDTH

    first = ", ".join(["report", *providers])
    lines = textwrap.wrap(f"known: {first}, and their endpoints, which explain {next(iter(providers))} lists", WIDTH)
    return [*lines, *textwrap.wrap(f"codes: {', '.join(codes)}", WIDTH)]


def _place(one: Diagnostic) -> str:
    return f"{one.file}:{one.line}:{one.column}: {one.message}"


def _print(lines: Sequence[str]) -> int:
    click.echo("\n".join(lines))
    return 0
