"""eventNotification_eventNotificationTemplate: ordinary accounts clone and change, they never add (kaltura.md §10)."""

from __future__ import annotations

import threading
from typing import Any

from reportrunner.sandbox.kaltura_asked import Visit, group, list_response, pager, refuse_others, required
from reportrunner.sandbox.kaltura_errors import ApiError
from reportrunner.sandbox.kaltura_filters import NOTIFICATION_TEMPLATE
from reportrunner.sandbox.kaltura_session import number
from reportrunner.sandbox.kaltura_wire import Params, Thing
from reportrunner.sandbox.universe import ACCOUNT_CREATED

_CONSOLE = 0
_KIND = "KalturaHttpNotificationTemplate"
_CHANGEABLE = ("name", "systemName", "description", "eventType", "eventObjectType", "url", "method")
_PAYLOAD = ("apiObjectType", "format", "code")
_ENTRY_CHANGED: dict[str, Any] = {
    "id": 301,
    "partnerId": _CONSOLE,
    "name": "Entry changed",
    "systemName": "HTTP_ENTRY_CHANGED",
    "description": "Calls an address when an entry has changed",
    "type": "httpNotification.Http",
    "status": 2,
    "createdAt": ACCOUNT_CREATED,
    "updatedAt": ACCOUNT_CREATED,
    "eventType": "3",
    "eventObjectType": "1",
    "method": 2,
    "data": Thing("KalturaHttpNotificationObjectData", {"apiObjectType": "KalturaMediaEntry", "format": 1}),
}


class NotificationTemplates:
    """The console's templates and the accounts' clones of them; safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._templates: dict[int, dict[str, Any]] = {_ENTRY_CHANGED["id"]: _ENTRY_CHANGED}

    def add(self, _params: Params, _visit: Visit) -> Thing:
        """``add`` belongs to the internal console account."""
        raise ApiError("SERVICE_FORBIDDEN", SERVICE="eventNotification_eventNotificationTemplate->add")

    def list_templates(self, params: Params, _visit: Visit) -> Thing:
        """``listTemplates``: the console's, to be cloned."""
        return self._listed(params, _CONSOLE)

    def list_own(self, params: Params, visit: Visit) -> Thing:
        """``list``: the account's own."""
        return self._listed(params, visit.session.partner)

    def clone(self, params: Params, visit: Visit) -> Thing:
        """``clone``: a template becomes the account's own, changed where asked."""
        with self._lock:
            source = self._found(params, {_CONSOLE, visit.session.partner})
            number_of_it = 301 + len(self._templates)
            made = {"id": number_of_it, "partnerId": visit.session.partner, "createdAt": visit.now}
            self._templates[number_of_it] = _changed({**source, **made}, params, visit.now)
            return Thing(_KIND, self._templates[number_of_it])

    def update(self, params: Params, visit: Visit) -> Thing:
        """``update`` of one of the account's own."""
        with self._lock:
            source = self._found(params, {visit.session.partner})
            required(params, "eventNotificationTemplate")
            self._templates[source["id"]] = _changed(source, params, visit.now)
            return Thing(_KIND, self._templates[source["id"]])

    def _found(self, params: Params, partners: set[int]) -> dict[str, Any]:
        required(params, "id")
        found = self._templates.get(number(params, "id", 0))
        if found is None or found["partnerId"] not in partners:
            raise ApiError("EVENT_NOTIFICATION_TEMPLATE_NOT_FOUND", ID=str(params["id"]))
        return found

    def _listed(self, params: Params, partner: int) -> Thing:
        page, asked = pager(params), group(params, "filter")
        refuse_others(asked, NOTIFICATION_TEMPLATE, {"typeEqual"}, "a list of notification templates")
        kind = asked.get("typeEqual")
        with self._lock:
            owned = [one for one in self._templates.values() if one["partnerId"] == partner]
        found = [Thing(_KIND, one) for one in owned if kind in (None, "", one["type"])]
        return list_response("KalturaEventNotificationTemplateListResponse", page.page(found), len(found))


def _changed(template: dict[str, Any], params: Params, now: int) -> dict[str, Any]:
    """Change what was sent and exists; ``contentType`` and other strangers are ignored silently."""
    asked = group(params, "eventNotificationTemplate")
    sent = {name: asked[name] for name in _CHANGEABLE if isinstance(asked.get(name), str)}
    if "method" in sent:
        sent["method"] = number(asked, "method", 0)
    payload = {name: value for name, value in group(asked, "data").items() if name in _PAYLOAD}
    data = Thing("KalturaHttpNotificationObjectData", {**template["data"].fields, **payload})
    return {**template, **sent, "data": data, "updatedAt": now}
