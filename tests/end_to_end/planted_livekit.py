"""A sandbox in a process of its own whose LiveKit rooms are called by what must be seen nowhere.

Run with a file to write the tokens into that it was sent, one a line; the first line of standard output is its URL.
"""

from __future__ import annotations

import itertools
import sys
import threading
import time
from pathlib import Path
from typing import Any

from reportrunner.sandbox import CREDENTIALS, Sandbox, livekit_http, livekit_json
from reportrunner.sandbox.livekit_http import LivekitHttp


def plant(told: Path) -> None:
    """Note every token; echo the newest one, the key and the secret as names of rooms."""
    answer, entry = LivekitHttp.answer, livekit_json.list_entry
    newest: list[str] = []
    turns = itertools.count()

    def noted(self: LivekitHttp, request: Any) -> Any:
        newest[:] = [request.headers.get("authorization", "").removeprefix("Bearer ")]
        known = told.read_text().splitlines()
        if newest[0] not in known:
            told.write_text("".join(f"{one}\n" for one in [*known, newest[0]]))
        return answer(self, request)

    def echoing(*arguments: Any) -> Any:
        found = entry(*arguments)
        rooms = (CREDENTIALS["livekit"]["api_key"], CREDENTIALS["livekit"]["api_secret"], newest[0], "harmless")
        return {**found, "roomName": f"room {rooms[next(turns) % 4]}"}

    for place, name, made in ((LivekitHttp, "answer", noted), (livekit_http, "list_entry", echoing)):
        setattr(place, name, made)


if __name__ == "__main__":
    plant(Path(sys.argv[1]))
    with Sandbox(clock=time.time) as sandbox:
        sys.stdout.write(f"{sandbox.base_url}\n")
        sys.stdout.flush()
        threading.Event().wait()
