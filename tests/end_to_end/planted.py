"""A sandbox in a process of its own that plants secrets in its replies, and tells which ones it knows.

Run with a file to write them into, one a line: sessions of every kind, hashes of app tokens, links to files.
The first line of standard output is its URL.
"""

from __future__ import annotations

import re
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from reportrunner.sandbox import SANDBOX_ADMIN_SECRET, Sandbox, kaltura_csv, kaltura_reports, kaltura_session, polls
from reportrunner.sandbox.kaltura_app_tokens import AppToken
from reportrunner.sandbox.kaltura_export import ReportFiles
from reportrunner.sandbox.kaltura_report_service import ReportService
from reportrunner.sandbox.people import people

NAME = re.compile(rb'(?<=@example.org",)"[A-Z][a-z]+ [A-Z][a-z]+"(?=,)')
"""In a file behind a link, the cells in the place of whose first everything stands: full names."""


def plant(told: Path) -> None:
    """Note every session, hash and link; echo the newest session and the admin secret as data, and all in files."""
    issue = kaltura_session.SessionDesk._issue
    hashing, linking, serving = AppToken.hash, ReportService._link, ReportFiles.serve
    newest: list[str] = []

    def note(secret: str) -> None:
        with told.open("a") as file:
            file.write(f"{secret}\n")

    def issued(self: Any, *arguments: Any) -> Any:
        session = issue(self, *arguments)
        newest[:] = [session.ks]
        note(session.ks)
        return session

    def hashed(self: Any, ks: str) -> str:
        found = hashing(self, ks)
        note(found)
        return found

    def linked(self: Any, file_id: str) -> str:
        found = linking(self, file_id)
        note(found)
        return found

    def served(self: Any, *arguments: Any) -> Any:
        file = serving(self, *arguments)
        every = " and ".join(told.read_text().splitlines()).encode()
        body, count = NAME.subn(b'"seen ' + every + b'"', file.body, count=1)
        assert count == 1
        return replace(file, body=body)

    answers = polls.poll_answers

    def echoing(*arguments: Any) -> Any:
        found = answers(*arguments)
        texts = (SANDBOX_ADMIN_SECRET, f"see https://cdn.example/ks/{newest[0]}/report.csv", "harmless")
        return [replace(one, answer=texts[number % 3]) for number, one in enumerate(found)]

    def known() -> Any:
        return {name: replace(person, company=SANDBOX_ADMIN_SECRET) for name, person in people().items()}

    for place, name, made in (
        (kaltura_session.SessionDesk, "_issue", issued),
        (kaltura_reports, "poll_answers", echoing),
        (kaltura_csv, "people", known),
        (AppToken, "hash", hashed),
        (ReportService, "_link", linked),
        (ReportFiles, "serve", served),
    ):
        setattr(place, name, made)


if __name__ == "__main__":
    plant(Path(sys.argv[1]))
    with Sandbox(clock=time.time) as sandbox:
        sys.stdout.write(f"{sandbox.base_url}\n")
        sys.stdout.flush()
        threading.Event().wait()
