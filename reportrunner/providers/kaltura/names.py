"""The endpoints by name, where each stands, and the names that public guides give them."""

from __future__ import annotations

from collections.abc import Mapping

REPORTS: Mapping[str, str] = {
    "report.getTable": "table",
    "report.getTotal": "total",
    "report.getGraphs": "graphs",
    "report.getBaseTotal": "total",
    "report.getUrlForReportAsCsv": "export",
    "report.getCsvFromStringParams": "custom",
    "report.getCsv": "custom",
    "report.execute": "custom",
}
"""The endpoints of the report service, and the module in which each stands."""
OTHERS: Mapping[str, str] = {
    "liveReports.getEvents": "live",
    "beacon_beacon.list": "beacons",
    "beacon_beacon.list#alerts": "beacons",
    "baseEntry.list": "lists",
    "category.list": "lists",
    "caption_captionAsset.list": "lists",
    "entryServerNode.list": "lists",
    "elasticsearch_esearch.searchEntry": "esearch",
    "call": "call",
    "reach_entryVendorTask.add": "actions",
    "reach_entryVendorTask.exportToCsv": "actions",
    "baseEntry.exportToCsv": "actions",
    "report.exportToCsv": "exports",
}
"""The endpoints beside them."""
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
    "getTable": "report.getTable",
    "getTotal": "report.getTotal",
    "report.getTotals": "report.getTotal",
    "getGraphs": "report.getGraphs",
    "getGraph": "report.getGraphs",
    "report.getGraph": "report.getGraphs",
    "getBaseTotal": "report.getBaseTotal",
    "getUrlForReportAsCsv": "report.getUrlForReportAsCsv",
    "getCsvFromStringParams": "report.getCsvFromStringParams",
    "getCsv": "report.getCsv",
}
