"""reach_entryVendorTask: orders of captions and the like, kept in memory (kaltura.md §10)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import count
from typing import Any
from zlib import crc32

from reportrunner.sandbox.kaltura_asked import (
    Visit,
    group,
    list_response,
    listed,
    moment,
    ordered,
    pager,
    refuse_others,
    required,
)
from reportrunner.sandbox.kaltura_entries import export_address
from reportrunner.sandbox.kaltura_errors import ApiError
from reportrunner.sandbox.kaltura_filters import ENTRY_VENDOR_TASK
from reportrunner.sandbox.kaltura_session import number
from reportrunner.sandbox.kaltura_wire import Params, Thing
from reportrunner.sandbox.library import item

_PENDING = 1
_EQUALS = {
    **dict.fromkeys(("idEqual", "idIn"), "id"),
    **dict.fromkeys(("statusEqual", "statusIn"), "status"),
    **dict.fromkeys(("reachProfileIdEqual", "reachProfileIdIn"), "reachProfileId"),
    **dict.fromkeys(("catalogItemIdEqual", "catalogItemIdIn"), "catalogItemId"),
    **dict.fromkeys(("entryIdEqual",), "entryId"),
    **dict.fromkeys(("userIdEqual",), "userId"),
}
_FILTER = {*_EQUALS, "createdAtGreaterThanOrEqual", "createdAtLessThanOrEqual", "orderBy"}
_ORDERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "createdAt": lambda task: (task["createdAt"], task["id"]),
    "updatedAt": lambda task: (task["updatedAt"], task["id"]),
    "id": lambda task: task["id"],
    "status": lambda task: (task["status"], task["id"]),
}


class VendorTasks:
    """The tasks added so far; safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tasks: list[dict[str, Any]] = []

    def add(self, params: Params, visit: Visit) -> Thing:
        """``reach_entryVendorTask.add``: a second one for the same entry and catalogue item is refused."""
        required(params, "entryVendorTask")
        asked = group(params, "entryVendorTask")
        for name in ("entryId", "reachProfileId", "catalogItemId"):
            if not asked.get(name):
                raise ApiError("PROPERTY_VALIDATION_CANNOT_BE_NULL", PROP_NAME=f"KalturaEntryVendorTask::{name}")
        entry_id = str(asked["entryId"])
        if item(entry_id, visit.library) is None:
            raise ApiError("ENTRY_ID_NOT_FOUND", ENTRY_ID=entry_id)
        profile, wanted = number(asked, "reachProfileId", 0), number(asked, "catalogItemId", 0)
        if profile <= 0:
            raise ApiError("REACH_PROFILE_NOT_FOUND", ID=str(asked["reachProfileId"]))
        if wanted <= 0:
            raise ApiError("CATALOG_ITEM_NOT_FOUND", ID=str(asked["catalogItemId"]))
        key = (visit.session.partner, entry_id, wanted)
        with self._lock:
            if any((task["partnerId"], task["entryId"], task["catalogItemId"]) == key for task in self._tasks):
                raise ApiError("ENTRY_VENDOR_TASK_DUPLICATION", ENTRY_ID=entry_id, CATALOG_ITEM_ID=str(wanted))
            task = {
                "id": self._free(key),
                "partnerId": visit.session.partner,
                "createdAt": visit.now,
                "updatedAt": visit.now,
                "queueTime": visit.now,
                "entryId": entry_id,
                "status": _PENDING,
                "reachProfileId": profile,
                "catalogItemId": wanted,
                "userId": visit.session.user,
                "notes": asked.get("notes"),
                "context": asked.get("context"),
                "partnerData": asked.get("partnerData"),
            }
            self._tasks.append(task)
        return Thing("KalturaEntryVendorTask", task)

    def _free(self, key: tuple[object, ...]) -> int:
        """Take an id from what the task is of, so that orders in flight together get the same whichever comes first."""
        taken = {task["id"] for task in self._tasks}
        return next(number for number in count(5001 + crc32(repr(key).encode()) % 1_000_000) if number not in taken)

    def list_tasks(self, params: Params, visit: Visit) -> Thing:
        """``reach_entryVendorTask.list`` of the account's tasks."""
        asked, page = group(params, "filter"), pager(params)
        refuse_others(asked, ENTRY_VENDOR_TASK, _FILTER, "reach_entryVendorTask.list")
        chosen = [(field, listed(asked, name)) for name, field in _EQUALS.items()]
        since, until = (moment(asked, f"createdAt{end}ThanOrEqual", visit.now) for end in ("Greater", "Less"))
        with self._lock:
            tasks = [task for task in self._tasks if task["partnerId"] == visit.session.partner]
        found = [
            task
            for task in tasks
            if all(wanted is None or str(task[field]) in wanted for field, wanted in chosen)
            and (not since or task["createdAt"] >= since)
            and (not until or task["createdAt"] <= until)
        ]
        found = ordered(found, str(asked.get("orderBy") or ""), _ORDERS, "-createdAt")
        things = [Thing("KalturaEntryVendorTask", task) for task in page.page(found)]
        return list_response("KalturaEntryVendorTaskListResponse", things, len(found))

    def export(self, params: Params, visit: Visit) -> str:
        """``reach_entryVendorTask.exportToCsv``: the address; no mail is sent."""
        required(params, "filter")
        return export_address(visit)
