"""Flows go in, answers come out: workers send what is ready, one timer heap holds everything that waits."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Final, Self

from reportrunner.environment import Environment, Finished, LocalDone, Notice, Page, Sent, SourceRuntime, What
from reportrunner.errors import ProviderError, ReportrunnerError
from reportrunner.execute.attempt import Desk, Outcome, seconds
from reportrunner.execute.cancels import Cancels
from reportrunner.execute.crew import Crew, Then
from reportrunner.execute.kept import Whole
from reportrunner.execute.queues import Queues
from reportrunner.execute.repeat import DOWN, Later, Restart, Silences, decide, span
from reportrunner.execute.results import Results
from reportrunner.execute.sign_in import SignIns
from reportrunner.execute.waits import Waits
from reportrunner.execute.walk import Failure, Parcel, Task, Walk, say
from reportrunner.flow import Again, Done, Flow, More, Refused, Reply, Split

_REAP_SECONDS: Final = 1.0
_LOCAL_THREADS: Final = 2


class Executor:
    """Runs flows side by side. One thread owns it: `submit`, `run_local`, `next`; waits never hold a worker."""

    def __init__(self, sources: Mapping[str, SourceRuntime], environment: Environment) -> None:
        """Start nothing yet."""
        self._sources = sources
        self._env = environment
        self._now = environment.clock.monotonic
        self._desk = Desk(sources, environment.transport, environment.redactor, self._now, environment.spool)
        self._queues = Queues(sources)
        self._waits = Waits(lambda task: self._queues.put((task,)))
        self._events: SimpleQueue[Then] = SimpleQueue()
        self._crew = Crew("request", environment.workers, self._events)
        self._locals = Crew("local", _LOCAL_THREADS, self._events)
        self._walks: dict[str, Walk] = {}
        self._results = Results(self._crew, environment.redactor.redact)
        self._sent: list[Sent] = []
        self._silences = Silences()
        self._sign_ins = SignIns(sources, environment, self._notify, lambda walk: self._begin_steps([walk]))
        self._cancels = Cancels(self._desk, self._sign_ins.held, partial(self._notify, what="cancelled"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def pending(self) -> int:
        """Return how many results `next` still owes."""
        return self._results.pending

    @property
    def sent(self) -> tuple[Sent, ...]:
        """Return every request that went out so far, in the order of their ends."""
        return tuple(self._sent)

    def submit(self, *flows: Flow) -> None:
        """Run flows; those given together may share envelopes. One equal to another is answered from its replies."""
        begun: list[Walk] = []
        for flow in flows:
            self._results.pending += 1
            identity = flow.identity()
            kept, walk = self._results.kept.get(identity), self._walks.get(identity)
            if kept is not None:
                self._results.read(flow, kept)
            elif walk is not None:
                walk.flows.append(flow)
            else:
                begun.append(self._walks.setdefault(identity, Walk([flow], identity)))
        self._begin_steps(begun)

    def forget(self, flows: Iterable[Flow]) -> None:
        """Ask no further for flows that nobody wants any more; one that has ended still comes back."""
        for flow in flows:
            walk = self._walks.get(flow.identity())
            if walk is None or not any(each is flow for each in walk.flows):
                continue
            self._results.pending -= 1
            walk.flows = [each for each in walk.flows if each is not flow]
            if not walk.flows:
                walk.flows = [flow]
                self._cancels.owe(walk)
                walk.end()
                self._waits.leave(walk)
                del self._walks[walk.identity]

    def run_local(self, token: object, work: Callable[[], object]) -> None:
        """Do local work (landing, SQL) on a thread of its own while requests go on; `next` returns its LocalDone."""
        self._results.work(self._locals, token, work)

    def next(self) -> Finished | LocalDone | Page:
        """Block until something has ended and return it; bugs in judges and readers are raised here."""
        assert self.pending, "nothing was submitted that has not been returned"
        while not self._results:
            self._turn()
        return self._results.take()

    def close(self) -> None:
        """Forget what waits and shut down every socket; wait for nobody, but tell services to stop what they are at."""
        for walk in self._walks.values():
            self._cancels.owe(walk)
        self._walks.clear()
        self._waits.clear()
        self._queues.clear()
        self._cancels.send()
        self._env.transport.close()
        self._crew.close()
        self._locals.close()

    def _turn(self) -> None:
        now = self._now()
        self._env.transport.reap(now)
        self._waits.fire(now)
        allowed = self._queues.dispatch(now, lambda: self._crew.idle, self._sign_ins.admit, self._send)
        until = min(allowed, self._waits.soonest, now + _REAP_SECONDS if self._crew.busy else math.inf)
        if self._results:
            return
        with suppress(Empty):
            self._events.get(timeout=None if until == math.inf else max(until - self._now(), 0.0))()
            while True:
                self._events.get_nowait()()

    def _send(self, parcel: Parcel) -> None:
        now = self._now()
        for task in parcel:
            walk = task.walk
            if walk.deadline == math.inf:
                walk.deadline = now + walk.flow.deadline.total_seconds()
                self._waits.at(walk.deadline, partial(self._expire, walk))
            task.sendings += 1
            self._notify(walk, "sent", f"attempt {task.sendings}")
        attempts = tuple(task.attempt() for task in parcel)
        self._crew.give(lambda: partial(self._back, parcel, self._desk.carry(attempts)))

    def _back(self, parcel: Parcel, outcomes: tuple[Outcome, ...]) -> None:
        self._queues.released(parcel)
        self._keep_still(parcel, outcomes[0].reply)
        self._sent += [outcome.sent for outcome in outcomes if outcome.sent]
        down = self._silences.down(parcel[0].walk.flow.source, outcomes[0].reply, self._now())
        for task, outcome in zip(parcel, outcomes, strict=True):
            self._come(task, outcome, down=down)

    def _keep_still(self, parcel: Parcel, reply: Reply) -> None:
        walk = parcel[0].walk
        wait = seconds(self._sources[walk.flow.source].pause(reply))
        if wait and self._queues.pause(parcel, self._now() + wait):
            self._notify(walk, "paused", f"{walk.flow.source} takes no more requests for {span(wait)}", wait)

    def _come(self, task: Task, outcome: Outcome, *, down: bool) -> None:
        walk, verdict = task.walk, outcome.verdict
        if not task.wanted:
            return
        if outcome.error is not None:
            self._fail_by(walk, outcome.error)
        elif down:
            self._give_up(walk, outcome.reply.fault)
        elif isinstance(verdict, Again):
            self._repeat(task, verdict, outcome.reply)
        elif isinstance(verdict, Refused):
            self._refuse(task, verdict, outcome.reply)
        elif isinstance(verdict, Done | More | Split):
            self._accept(task, outcome)
        else:
            raise TypeError(f"{walk.flow.kind}, step {walk.step.name}: the judge returned {verdict!r}")

    def _begin_steps(self, walks: Iterable[Walk]) -> None:
        """Begin the next step of walks; what may travel together does."""
        now = self._now()
        packable: list[Task] = []
        for walk in walks:
            tasks = walk.begin(now)
            if walk.step.poll is not None:
                for task in tasks:
                    self._notify(walk, "waiting", wait=self._waits.first_look(task, now))
            elif walk.step.packable:
                packable += tasks
            else:
                for task in tasks:
                    self._queues.put((task,))
        self._queues.put_together(packable)

    def _accept(self, task: Task, outcome: Outcome) -> None:
        walk, now = task.walk, self._now()
        if walk.step.poll is not None or task.looks:
            self._waits.learn(task, now)
        try:
            pages = walk.accept(task.request, outcome, now)
        except ProviderError as error:
            self._fail_by(walk, error)
            return
        # Pages go first: a flow that has begun ends sooner and lets go of its replies.
        self._queues.first((page,) for page in pages)
        if walk.open:
            self._page(walk, replace(outcome.reply, part=task.request.part))
            return
        self._notify(walk, "done")
        replies = walk.turn()
        if replies is None:
            self._begin_steps([walk])
        elif walk.sign_in is not None:
            assert isinstance(outcome.verdict, Done)
            self._signed_in(walk, outcome.verdict)
        else:
            self._arrive(walk, replies)

    def _page(self, walk: Walk, reply: Reply) -> None:
        for flow in walk.flows:
            if flow.early is not None and walk.index == len(flow.steps) - 1:
                self._results.page(flow, reply)

    def _repeat(self, task: Task, again: Again, reply: Reply) -> None:
        walk, now = task.walk, self._now()
        words = self._env.redactor.redact(again.words)
        if again.why == "working":
            wait = self._waits.next_look(task, again, now)
            if isinstance(wait, Refused):
                self._refuse(task, wait, reply)
            else:
                self._notify(walk, "waiting", words, wait)
            return
        what = decide(task, again, reply, now, self._env.rng)
        if isinstance(what, Refused):
            self._refuse(task, what, reply)
            return
        if isinstance(what, Restart):
            walk.again()
            self._begin_steps([walk])
        elif isinstance(what, Later) and what.pause:
            self._queues.pause((task,), what.at)
            self._queues.first([(task,)])
        elif isinstance(what, Later):
            self._waits.later(task, what.at)
        elif walk.flow.session is not None:
            self._sign_ins.refuse(task)
            self._queues.first([(task,)])
        self._notify(walk, "retry", words, what.at - now if isinstance(what, Later) else 0.0)

    def _signed_in(self, walk: Walk, done: Done) -> None:
        arrived = self._sign_ins.arrive(walk, done)
        if isinstance(arrived, Failure):
            self._fail(walk, arrived)
            return
        for parcel in arrived:
            self._queues.put(parcel)

    def _refuse(self, task: Task, refused: Refused, reply: Reply) -> None:
        words = say(task.walk.flow.source, refused, reply, task.sendings - task.looks)
        self._fail(task.walk, Failure(refused.kind, self._env.redactor.redact(words), task.walk.step.name))

    def _give_up(self, walk: Walk, fault: str) -> None:
        words = f"{walk.flow.source} could not be reached: {fault} (for {span(DOWN)})"
        for one in [walk, *(each for each in self._walks.values() if each.flow.source == walk.flow.source)]:
            if not one.ended:
                self._fail(one, Failure("unreachable", words, one.step.name))

    def _fail_by(self, walk: Walk, error: ReportrunnerError) -> None:
        self._fail(walk, Failure.of(error, walk.step.name, self._env.redactor.redact))

    def _expire(self, walk: Walk) -> None:
        if not walk.ended:
            words = f"{walk.flow.source} timed out: not done within {span(walk.flow.deadline.total_seconds())}"
            self._fail(walk, Failure("timeout", words, walk.step.name))

    def _fail(self, walk: Walk, failure: Failure) -> None:
        self._cancels.owe(walk, failure.kind)
        walk.end()
        self._waits.leave(walk)
        if walk.sign_in is not None:
            waited, behind = self._sign_ins.fail(walk.sign_in, failure)
            for one in waited:
                self._fail(one, behind)
            return
        del self._walks[walk.identity]
        for flow in walk.flows:
            error = failure.error(flow)
            self._results.fail(flow, error)
            self._env.notify(Notice(flow.dataset, failure.step, "failed", str(error), run=flow.run))

    def _arrive(self, walk: Walk, replies: tuple[Reply, ...]) -> None:
        whole = Whole(walk.step.name, replies, tuple(walk.exchanges))
        walk.end()
        del self._walks[walk.identity]
        self._results.kept.add(walk.identity, whole)
        for flow in walk.flows:
            self._results.read(flow, whole)

    def _notify(self, walk: Walk, what: What, detail: str = "", wait: float = 0.0) -> None:
        self._env.notify(Notice(walk.flow.dataset, walk.step.name, what, detail, wait, walk.flow.run))
