"""How the tests of the services ask a running sandbox whose clock they set, and read its answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox_caller import KS, NOW, Caller, Clock

from reportrunner.sandbox import Faults, Sandbox

AIR = 1_795_017_600  # Wednesday 2026-11-18, 11:00 in New York
TOWN = "1_town1"
LIVE = ("1_town1", "1_earn1", "1_quest1")
ANA = "ana.berg@example.org"


class At:
    """One sandbox whose clock a test sets, and its caller."""

    def __init__(self, sandbox: Sandbox, clock: Clock) -> None:
        self.clock = clock
        self.caller = Caller(sandbox)

    def ask(self, call: str, form: dict[str, str] | None = None, now: float = NOW, **more: object) -> Any:
        self.clock.now = now
        return self.caller.json(call, {**KS, **(form or {})}, **more)


def running(**faults: Any) -> Iterator[At]:
    """One sandbox for a fixture."""
    clock = Clock()
    with Sandbox(clock=clock, faults=Faults(**faults)) as sandbox:
        yield At(sandbox, clock)


def where(**fields: object) -> dict[str, str]:
    return {f"filter[{name}]": str(value) for name, value in fields.items()}


def page(size: object, index: object = 1) -> dict[str, str]:
    return {"pager[pageSize]": str(size), "pager[pageIndex]": str(index)}


def ids(answer: Any) -> list[str]:
    return [one["id"] for one in answer.get("objects", [])]


def refusal(answer: Any) -> tuple[str, Any]:
    assert answer["objectType"] == "KalturaAPIException", answer
    return answer["code"], answer["args"]
