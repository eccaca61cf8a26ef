"""Thousands of ids through the executor: every entry lands once, whatever came first."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from asking import bench, flow

from reportrunner.fill import SentRequest
from reportrunner.flow import Reply

IDS = [f"1_{number:08}" for number in range(1_777)]


@dataclass
class Account:
    """A sender that knows every second of the entries, and what was asked of it."""

    asked: list[list[str]] = field(default_factory=list)

    def send(self, sent: SentRequest, timeout: float, deadline: float) -> Reply:
        if "session" in sent.url:
            return Reply(200, {}, b'"a-session"')
        form = parse_qs((sent.body or b"").decode(), keep_blank_values=True)
        ids = form["filter[idIn]"][0].split(",")
        self.asked.append(ids)
        found = [{"id": one, "plays": int(one[2:])} for one in ids if int(one[2:]) % 2 == 0]
        answer = {"objects": found, "totalCount": 0, "objectType": "KalturaBaseEntryListResponse"}
        return Reply(200, {}, json.dumps(answer).encode())

    def download(
        self, sent: SentRequest, limits: tuple[float, float], file: Path, clean: Callable[[bytes], bytes]
    ) -> Reply:
        raise AssertionError(sent.label)

    def reap(self, now: float) -> None:
        pass

    def close(self) -> None:
        pass


@pytest.mark.parametrize("workers", [1, 4])
def test_every_entry_lands_once(workers: int) -> None:
    account = Account()
    keys = {"source": "kaltura", "endpoint": "baseEntry.list", "filters": {"idIn": [*IDS, IDS[0]]}}
    with bench("https://kaltura.example", workers=workers, sender=account) as made:
        rows = made.rows(flow(keys, None)).rows
    assert [row[0] for row in rows] == IDS[::2]
    assert sorted(one for group in account.asked for one in group) == IDS
    assert len(account.asked) == 4


def test_two_lists_that_begin_alike_are_two_questions() -> None:
    account = Account()
    lists = [{"source": "kaltura", "endpoint": "baseEntry.list", "filters": {"idIn": IDS[:n]}} for n in (1_000, 1_500)]
    with bench("https://kaltura.example", sender=account) as made:
        first, second = (made.rows(flow(keys, None)).rows for keys in lists)
    assert (len(first), len(second)) == (500, 750)
