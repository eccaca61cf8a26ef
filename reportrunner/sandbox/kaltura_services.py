"""The simulated actions beside sessions and reports, by name (kaltura.md §10); what they change lives in memory."""

from __future__ import annotations

from collections.abc import Callable

from reportrunner.sandbox.kaltura_asked import Visit
from reportrunner.sandbox.kaltura_beacons import list_beacons, list_server_nodes
from reportrunner.sandbox.kaltura_captions import list_captions
from reportrunner.sandbox.kaltura_entries import export_entries, list_categories, list_entries
from reportrunner.sandbox.kaltura_errors import not_simulated
from reportrunner.sandbox.kaltura_live import live_events
from reportrunner.sandbox.kaltura_search import search_entries
from reportrunner.sandbox.kaltura_tasks import VendorTasks
from reportrunner.sandbox.kaltura_templates import NotificationTemplates
from reportrunner.sandbox.kaltura_thumbs import Thumbnails
from reportrunner.sandbox.kaltura_wire import Params

Handler = Callable[[Params, Visit], object]


class Services:
    """The services of one running sandbox."""

    def __init__(self) -> None:
        tasks, templates, thumbs = VendorTasks(), NotificationTemplates(), Thumbnails()
        notification = "eventNotification_eventNotificationTemplate"
        self._handlers: dict[str, Handler] = {
            "baseEntry.list": list_entries,
            "baseEntry.exportToCsv": export_entries,
            "beacon_beacon.list": list_beacons,
            "caption_captionAsset.list": list_captions,
            "category.list": list_categories,
            "elasticsearch_esearch.searchEntry": search_entries,
            "entryServerNode.list": list_server_nodes,
            "liveReports.getEvents": live_events,
            "reach_entryVendorTask.add": tasks.add,
            "reach_entryVendorTask.list": tasks.list_tasks,
            "reach_entryVendorTask.exportToCsv": tasks.export,
            "thumbAsset.list": thumbs.list_thumbs,
            "thumbAsset.generate": thumbs.generate,
            "thumbAsset.setAsDefault": thumbs.set_default,
            f"{notification}.add": templates.add,
            f"{notification}.clone": templates.clone,
            f"{notification}.list": templates.list_own,
            f"{notification}.listTemplates": templates.list_templates,
            f"{notification}.update": templates.update,
        }

    def call(self, name: str, params: Params, visit: Visit) -> object:
        """Carry out ``service.action``; what exists and is not simulated is refused."""
        handler = self._handlers.get(name)
        if handler is None:
            raise not_simulated(name)
        return handler(params, visit)
