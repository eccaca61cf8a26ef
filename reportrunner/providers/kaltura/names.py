"""The endpoints beside the report service, and the names that public guides give them."""

from __future__ import annotations

from collections.abc import Mapping

from reportrunner.providers.kaltura import actions, beacons, call, esearch, exports, lists, live

ENDPOINTS = (
    *live.ENDPOINTS,
    *beacons.ENDPOINTS,
    *lists.ENDPOINTS,
    *esearch.ENDPOINTS,
    *call.ENDPOINTS,
    *actions.ENDPOINTS,
    *exports.ENDPOINTS,
)
FAMILIAR: Mapping[str, str] = {
    "beacon.list": "beacon_beacon.list",
    "beacons.list": "beacon_beacon.list",
    "captionAsset.list": "caption_captionAsset.list",
    "eSearch.searchEntry": "elasticsearch_esearch.searchEntry",
    "entryVendorTask.add": "reach_entryVendorTask.add",
    "entryVendorTask.list": "call",
    "reach_entryVendorTask.list": "call",
    "stats.collect": "call",
    "entryVendorTask.exportToCsv": "reach_entryVendorTask.exportToCsv",
    "media.list": "baseEntry.list",
    "thumbAsset.addFromEntry": "call",
    "thumbAsset.setAsDefault": "call",
    "thumbAsset.generate": "call",
    "eventNotificationTemplate.add": "call",
    "eventNotificationTemplate.list": "call",
}
