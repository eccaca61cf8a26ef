"""What becomes of a request that the provider's judge wants sent again: when, after a sign-in, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from types import MappingProxyType
from typing import Final, Literal

from reportrunner.execute.attempt import seconds
from reportrunner.execute.pace import Pace, backoff
from reportrunner.execute.walk import Task
from reportrunner.flow import Again, Poll, Refused, Reply

FAULTS: Final = 5
"""Repeats of one request after passing faults."""
LIMITS: Final = 12
"""Repeats of one request after the account was told to pause."""
PAUSE: Final = 10.0
"""Seconds an account pauses when the provider does not say (`ACTION_BLOCKED`, kaltura.md §2)."""
DOWN: Final = 15.0
"""Seconds after which a source that takes no connection is down for every flow that asks it."""

_TRUST: Final = 'write ca = "root.pem" at the source: the certificate of the authority that signs for it'
LASTING: Final[Mapping[str, str]] = MappingProxyType(
    {
        "issuer certificate": _TRUST,
        "self-signed certificate": _TRUST,
        "wants a client certificate": (
            'write client_certificate = { file = "client.pem", key = { file = "client.key" } } at the source'
        ),
        "wants a user and a password": (
            'write proxy = { url = "http://proxy:3128", user = "name", password = { env = "NAME" } } at the source'
        ),
    }
)
"""What to write for faults that no repeat mends, by words of the fault."""


@dataclass(frozen=True, slots=True)
class Later:
    """Send it again at this monotonic second; `pause`: and nothing of its account before."""

    at: float
    pause: bool = False


@dataclass(frozen=True, slots=True)
class Renew:
    """Sign in again first."""


@dataclass(frozen=True, slots=True)
class Restart:
    """Begin the whole flow again."""


class Silences:
    """Since when sources take no connection; monotonic seconds, owned by one thread."""

    def __init__(self) -> None:
        """Begin with all of them well."""
        self._since: dict[str, float] = {}

    def down(self, source: str, reply: Reply, now: float) -> bool:
        """Take note of a reply or fault, and tell whether waiting for this source has become vain."""
        if not reply.fault.startswith("connect:"):
            self._since.pop(source, None)
            return False
        return now - self._since.setdefault(source, now) > DOWN


def decide(task: Task, again: Again, reply: Reply, now: float, rng: Random) -> Later | Renew | Restart | Refused:
    """Count the attempt and say what follows; polls (`working`) are decided by `look`."""
    step = task.walk.step
    wait = seconds(again.after)
    if again.why == "session":
        if task.renewed or task.session is None:
            return Refused("refused", again.words)
        task.renewed = True
        return Renew()
    if again.why == "stale":
        may = task.walk.flow.steps[0].repeatable and not task.walk.restarted
        return Restart() if may else Refused("failed", again.words)
    if again.why == "failed" and (hint := mend(reply.fault)):
        return Refused("unreachable", again.words, hint)
    kind: Literal["refused", "timeout", "unreachable", "failed"] = "unreachable" if reply.fault else "failed"
    if reply.fault == "timeout":
        kind = "timeout"
    if again.why == "limited":
        task.limits += 1
        kind = "refused"
        given_up, wait = task.limits > LIMITS, PAUSE if again.after is None else wait
    else:
        task.failures += 1
        given_up = task.failures > FAULTS
        wait = max(wait, backoff(task.failures, rng))
        # Only a connection that never stood proves that no work was begun.
        if not step.repeatable and not reply.fault.startswith("connect:"):
            return Refused(kind, again.words, "not repeated, for the work may have been done")
    if given_up:
        return Refused(kind, again.words)
    if now + wait >= task.walk.deadline:
        return Refused(kind, again.words, f"the next attempt in {span(wait)} would be after the deadline")
    return Later(now + wait, pause=again.why == "limited")


def mend(fault: str) -> str:
    """Return what to write where a fault stays until the source is written otherwise; empty for a passing one."""
    lasting = (hint for words, hint in LASTING.items() if words in fault)
    return next(lasting, "") if fault.startswith(("tls:", "connect:")) else ""


def look(task: Task, again: Again, now: float, pace: Pace) -> Later | Refused:
    """Say when to look again at remote work that goes on, within the poll's timeout."""
    task.looks += 1
    task.last_look = now - task.begun
    task.floor = now + seconds(again.after)
    if now >= _limit(task):
        waited = f"after {span(now - task.begun)} and {task.looks} looks"
        return Refused("timeout", f'still "{again.words}" {waited}')
    return Later(look_at(task, now, pace))


def look_at(task: Task, now: float, pace: Pace) -> float:
    """Return the monotonic second of the next look; asked anew when a sibling has ended."""
    every = poll_of(task).every
    if every is None:
        wait = pace.wait(task.walk, now - task.begun, task.looks, task.last_look)
    else:
        wait = every.total_seconds() if task.looks else 0.0
    return max(min(now + wait, _limit(task)), task.floor)


def poll_of(task: Task) -> Poll:
    """Return how the step polls, the usual way when it does not say."""
    return task.walk.step.poll or Poll()


def span(wait: float) -> str:
    """Print seconds for people: `2.5 s`, `20 min`."""
    return f"{wait / 60:.0f} min" if wait >= 120 else f"{wait:.1f} s"


def _limit(task: Task) -> float:
    return task.begun + poll_of(task).timeout.total_seconds()
