"""Opening what a live command needs: the sources with their secrets, or the stand-in; transport and executor."""

from __future__ import annotations

import itertools
import os
import random
import shutil
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from reportrunner.ask import Source
from reportrunner.cli.options import wall_clock
from reportrunner.cli.terminal import REDACTOR, say_error
from reportrunner.disk import private
from reportrunner.environment import Clock, Environment, Notice, SourceRuntime
from reportrunner.errors import OutputError, SecretError
from reportrunner.execute import Executor
from reportrunner.prepare import Prepared
from reportrunner.project_root import STATE
from reportrunner.sources import live_runtime, needed_sources, sandbox_runtime
from reportrunner.transport import Transport


@dataclass(frozen=True, slots=True)
class Live:
    """An executor and the jobs that can use it."""

    executor: Executor
    ready: tuple[Prepared, ...]
    code: int
    """3 when a job lacks a secret and was left out."""


@contextmanager
def live(
    prepared: Sequence[Prepared], notify: Callable[[Notice], None], *, sandbox: bool, workers: int
) -> Iterator[Live]:
    """Open an executor for the sources of these jobs; with `sandbox` the stand-in runs as long as it is open."""
    with ExitStack() as stack:
        if sandbox:
            ready, code = tuple(prepared), 0
            runtimes = _stand_in(prepared, stack)
        else:
            ready, runtimes, code = _configured(prepared)
        # The stand-in is on this machine, where no proxy can reach it.
        transport = Transport(time.monotonic, proxies={} if sandbox else urllib.request.getproxies())
        stack.callback(transport.close)
        clock = Clock(time.monotonic, wall_clock)
        spool = stack.enter_context(spooling(prepared[0].order.root / STATE))
        rng = random.Random()  # noqa: S311  # jitter
        environment = Environment(transport, clock, REDACTOR, notify, rng, spool, workers)
        executor = stack.enter_context(Executor(runtimes, environment))
        yield Live(executor, ready, code)


def sharing(prepared: Sequence[Prepared], *, sandbox: bool) -> list[list[Prepared]]:
    """Group the runs that can share an executor: all of them, but that a stand-in that answers by the day has one day.

    So a run is with the stand-in what it would be alone, however many there are.
    """
    if not sandbox:
        return [list(prepared)]
    from reportrunner.sandbox import DATED

    groups: dict[object, list[Prepared]] = {}
    for ready in prepared:
        dated = any(source.provider.name in DATED for source in _sources([ready]).values())
        groups.setdefault(ready.plan.job.as_of if dated else None, []).append(ready)
    return list(groups.values())


@contextmanager
def spooling(state: Path) -> Iterator[Callable[[], Path]]:
    """Give files for downloads in a folder of this process, removed at the end; those of killed ones go now."""
    folder = state / "spool" / str(os.getpid())
    for left in folder.parent.glob("*"):
        if not _alive(left.name):
            shutil.rmtree(left, ignore_errors=True)
    numbers = itertools.count(1)

    def file() -> Path:
        try:
            private(folder)
        except OSError as error:
            raise OutputError(f"cannot write to {folder}: {error.strerror}") from None
        return folder / str(next(numbers))

    try:
        yield file
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _alive(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True


def _sources(prepared: Sequence[Prepared]) -> dict[str, Source]:
    found: dict[str, Source] = {}
    for ready in prepared:
        found |= needed_sources(ready.plan.nodes.values(), ready.plan.job.sources)
    return found


def _configured(prepared: Sequence[Prepared]) -> tuple[tuple[Prepared, ...], dict[str, SourceRuntime], int]:
    runtimes: dict[str, SourceRuntime] = {}
    ready, code, said = [], 0, set[str]()
    for job in prepared:
        try:
            for name, source in _sources([job]).items():
                if name not in runtimes:
                    runtimes[name] = live_runtime(source, os.environ, job.order.root, REDACTOR, wall_clock)
        except SecretError as error:
            if str(error) not in said:
                say_error(error)
            said.add(str(error))
            code = error.exit_code
        else:
            ready.append(job)
    return tuple(ready), runtimes, code


def _stand_in(prepared: Sequence[Prepared], stack: ExitStack) -> dict[str, SourceRuntime]:
    from reportrunner.cli.fixtures import fixtures_of, invented
    from reportrunner.sandbox import CREDENTIALS, SANDBOX_TOKENS, Sandbox

    sources = _sources(prepared)
    described = {name: source for name, source in sources.items() if source.provider.endpoints_of}
    rest = {name: fixtures_of(source, prepared[0].order.root) for name, source in described.items()}
    secrets_of = {name: invented(source) for name, source in described.items()}
    today = min(ready.plan.job.as_of for ready in prepared).timestamp()
    partner = next((p for source in sources.values() if (p := getattr(source.settings, "partner", 0))), 10042)
    sandbox = stack.enter_context(Sandbox(clock=time.time, partner=partner, today=lambda: today, rest=rest))
    secrets = [value for each in (*CREDENTIALS.values(), *secrets_of.values()) for value in each.values()]
    for value in (*secrets, *(token.secret for token in SANDBOX_TOKENS.values())):
        REDACTOR.learn(value)
    return {
        name: sandbox_runtime(
            source,
            sandbox.base_url_of(source.provider.name, name),
            secrets_of.get(name) or {**CREDENTIALS.get(source.provider.name, {}), **_app_token(source)},
            wall_clock,
        )
        for name, source in sources.items()
    }


def _app_token(source: Source) -> dict[str, str]:
    """Return the stand-in's application token of the kind that the source has."""
    from reportrunner.sandbox import token_like

    wanted = getattr(getattr(source.settings, "auth", None), "app_token", None)
    if wanted is None:
        return {}
    token = token_like(wanted.hash_type)
    return {"app_token_id": token.id, "app_token": token.secret}
