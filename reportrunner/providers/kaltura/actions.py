"""Calls that change something: captions ordered from vendors, files sent by e-mail (kaltura.md §4, §10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import ClassVar, Literal

from pydantic import Field

from reportrunner.ask import Ask, Endpoint
from reportrunner.days import Days
from reportrunner.flow import Done, Flow, Judge, Refused, Reply, Request, Step, Verdict
from reportrunner.providers.kaltura import fields, wire
from reportrunner.providers.kaltura.dataset import PATIENCE, KalturaDataset, flow_of
from reportrunner.providers.kaltura.listing import (
    Numbers,
    Text,
    Windowless,
    column,
    knowing,
    load,
    named,
    typed,
    unlike,
    write,
    write_list_filter,
)
from reportrunner.providers.kaltura.lists import EntryFilters, ListFilters, list_filter
from reportrunner.spec import EndpointDataset
from reportrunner.table import Column, ColumnType, Rows, declare

_REACH = "kaltura.md §10 (source-proven)"
HINTS = {
    "ENTRY_VENDOR_TASK_DUPLICATION": "the task was ordered before: leave out entries that have one",
    "EXCEEDED_MAX_CREDIT_ALLOWED": "the profile's credit is used up",
    "CREDIT_EXPIRED": "the profile's credit has expired",
    "REACH_PROFILE_NOT_FOUND": "check reachProfileId",
    "CATALOG_ITEM_NOT_FOUND": "check catalogItemId",
    "CATALOG_ITEM_NOT_ENABLED_FOR_ACCOUNT": "check catalogItemId: the account has not bought it",
    "ENTRY_ID_NOT_FOUND": "check entryId",
    "FEATURE_FORBIDDEN": "the account lacks the feature",
    "USER_EMAIL_NOT_FOUND": "the file goes to the session's user: give the source a user who has an e-mail address",
    "INVALID_REPORT_ITEMS_GROUP": "letters, digits, _ and blanks make a reportsItemsGroup",
}
"""What to do about the codes of these calls (kaltura.md §2, §10, and the services' own declarations)."""
TASK = (
    column(ColumnType.INTEGER, "id", "Id of the task", _REACH),
    column(ColumnType.STRING, "entryId", "Entry id", _REACH),
    column(ColumnType.INTEGER, "status", "Code of the status", _REACH),
    column(ColumnType.STRING, "status_name", "Status", _REACH),
    column(ColumnType.INTEGER, "reachProfileId", "Profile that pays", _REACH),
    column(ColumnType.INTEGER, "catalogItemId", "What was ordered", _REACH),
)
EMAIL = (column(ColumnType.STRING, "email", "Where the file goes", _REACH, personal=True),)
MAILED = "the file is made later and sent by e-mail: there is nothing to wait for"


class AddTask(Windowless):
    """`reach_entryVendorTask.add`: orders captions or the like for an entry."""

    diagnostic_owner: ClassVar[str] = "reach_entryVendorTask.add"
    familiar: ClassVar[Mapping[str, str]] = {
        "entryVendorTask": 'is not nested here; write entryId = "1_abc" beside endpoint',
    }
    endpoint: Literal["reach_entryVendorTask.add"]
    entryId: str = Field(min_length=1)  # noqa: N815
    reachProfileId: int = Field(gt=0)  # noqa: N815
    catalogItemId: int = Field(gt=0)  # noqa: N815
    notes: str | None = None


class TaskFilters(ListFilters):
    """The filter of `reach_entryVendorTask.exportToCsv`."""

    diagnostic_owner: ClassVar[str] = "reach_entryVendorTask.exportToCsv"
    entryIdEqual: Text | None = None  # noqa: N815
    reachProfileIdIn: Numbers | None = None  # noqa: N815
    catalogItemIdIn: Numbers | None = None  # noqa: N815
    statusIn: fields.TaskStatuses | None = None  # noqa: N815
    userIdEqual: Text | None = None  # noqa: N815


class ExportTasks(KalturaDataset):
    """`reach_entryVendorTask.exportToCsv`: sends a list of orders by e-mail."""

    diagnostic_owner: ClassVar[str] = "reach_entryVendorTask.exportToCsv"
    endpoint: Literal["reach_entryVendorTask.exportToCsv"]
    filters: TaskFilters | None = None


class ExportEntries(KalturaDataset):
    """`baseEntry.exportToCsv`: sends a list of entries by e-mail."""

    diagnostic_owner: ClassVar[str] = "baseEntry.exportToCsv"
    endpoint: Literal["baseEntry.exportToCsv"]
    filters: EntryFilters | None = None
    metadataProfileId: int | None = Field(default=None, gt=0)  # noqa: N815


def unfold_add(ask: Ask) -> Flow:
    """Return the flow of an order."""
    parameters = ask.parameters
    assert isinstance(parameters, AddTask)
    names = ("entryId", "reachProfileId", "catalogItemId", "notes")
    given = {name: getattr(parameters, name) for name in names if getattr(parameters, name) is not None}
    task = {"objectType": "KalturaEntryVendorTask", **given}
    request = wire.call("reach_entryVendorTask", "add", write("entryVendorTask", task))
    return once(ask, request, knowing(judge_object, kind="KalturaEntryVendorTask", needs="id"), TASK)


def unfold_mailed(ask: Ask) -> Flow:
    """Return the flow of a list that is sent by e-mail."""
    parameters = ask.parameters
    service, _, action = ask.endpoint.name.partition(".")
    kind = "KalturaBaseEntryFilter" if isinstance(parameters, ExportEntries) else "KalturaEntryVendorTaskFilter"
    profile = getattr(parameters, "metadataProfileId", None)
    more = (("metadataProfileId", str(profile)),) if profile is not None else ()
    request = wire.call(service, action, (*write_list_filter(kind, list_filter(ask)), *more))
    return once(ask, request, judge_email, EMAIL)


def once(ask: Ask, request: Request, judge: Judge, known: tuple[Column, ...]) -> Flow:
    """Return a flow of one call that is never repeated while its work may have been done."""
    read = partial(_read, columns=declare(known, ask.parameters.columns))
    return flow_of(ask, (Step("act", request, judge, repeatable=False, timeout=PATIENCE),), read)


def judge_object(_: Request, reply: Reply, *, kind: str, needs: str) -> Verdict:
    """Judge an answer that is one object of this kind."""
    answer, verdict = wire.judge_answer(reply)
    if verdict is not None:
        return _hinted(verdict)
    if not isinstance(answer, dict) or answer.get("objectType") != kind or (needs and needs not in answer):
        return unlike(answer, kind)
    return Done()


def judge_email(_: Request, reply: Reply) -> Verdict:
    """Judge an answer that is the address a file goes to."""
    answer, verdict = wire.judge_answer(reply)
    if verdict is not None:
        return _hinted(verdict)
    return Done() if isinstance(answer, str) and "@" in answer else unlike(answer, "e-mail address")


def _hinted(verdict: Verdict) -> Verdict:
    if not isinstance(verdict, Refused):
        return verdict
    return replace(verdict, hint=HINTS.get(verdict.words.partition(":")[0], verdict.hint))


def _read(replies: Sequence[Reply], columns: tuple[Column, ...]) -> Rows:
    answer = load(replies[0])
    row = {"email": answer} if isinstance(answer, str) else answer
    if "status" in row:
        row = {**row, "status_name": named(row["status"], fields.TASK_STATUSES)}
    return Rows(columns, [typed(row, columns, 1)])


def _orders(parameters: EndpointDataset) -> str:
    assert isinstance(parameters, AddTask)
    return f"orders catalogue item {parameters.catalogItemId} for {parameters.entryId}"


ENDPOINTS = (
    Endpoint(
        name="reach_entryVendorTask.add",
        summary="Order captions or another service for an entry",
        parameters=AddTask,
        unfold=unfold_add,
        columns=lambda _: TASK,
        days=Days("none", words="an action is of no day"),
        key=lambda _: ("id",),
        action=_orders,
        traps=("an order costs credit, and is never sent twice: after a doubt look at the task list",),
    ),
    Endpoint(
        name="reach_entryVendorTask.exportToCsv",
        summary="Mail the orders as a CSV file",
        parameters=ExportTasks,
        unfold=unfold_mailed,
        columns=lambda _: EMAIL,
        days=Days("none", words="an action is of no day"),
        action=lambda _: "mails a list of orders to the session's user",
        traps=(MAILED,),
    ),
    Endpoint(
        name="baseEntry.exportToCsv",
        summary="Mail the entries as a CSV file",
        parameters=ExportEntries,
        unfold=unfold_mailed,
        columns=lambda _: EMAIL,
        days=Days("none", words="an action is of no day"),
        action=lambda _: "mails a list of entries to the session's user",
        traps=(MAILED, "a user without an e-mail address is refused with USER_EMAIL_NOT_FOUND"),
    ),
)
