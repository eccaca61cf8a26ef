"""The services and actions that exist at Kaltura, under their names on the wire (kaltura.md §1, §10)."""

from __future__ import annotations

from reportrunner.sandbox.kaltura_wire import Params


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ACTIONS = {
    "report": _words(
        "getTable getTotal getGraphs getCsvFromStringParams getBaseTotal getUrlForReportAsCsv serve execute getCsv "
        "exportToCsv"
    ),
    "session": _words("start startWidgetSession get end impersonate impersonateByKs"),
    "appToken": _words("add delete get list startSession update"),
    "liveReports": _words("exportToCsv getEvents getReport serveReport"),
    "stats": _words("collect kmcCollect reportDeviceCapabilities reportError reportKceError"),
    "baseEntry": _words("list exportToCsv get getByIds add update delete count clone"),
    "category": _words("list get add update delete move clone exportToCsv"),
    "entryServerNode": _words("list get update updateStatus validateRegisteredEntryServerNode"),
    "thumbAsset": _words(
        "list generate setAsDefault add addFromImage addFromUrl delete export generateByEntryId get getByEntryId "
        "getRemotePaths getUrl regenerate serve serveByEntryId setContent update"
    ),
    "beacon_beacon": _words("list add enhanceSearch searchScheduledResource"),
    "caption_captionAsset": _words(
        "list add delete export get getRemotePaths getUrl serve serveAsJson serveByEntryId serveWebVTT setAsDefault "
        "setContent update"
    ),
    "elasticsearch_esearch": _words("searchEntry searchCategory searchGroup searchUser"),
    "reach_entryVendorTask": _words(
        "add list exportToCsv abort approve extendAccessKey get getJobs getServeUrl reject replaceOutput reset serve "
        "serveCsv update updateJob"
    ),
    "eventNotification_eventNotificationTemplate": _words(
        "add listTemplates clone update list listByPartner get delete dispatch register sendCommand updateStatus"
    ),
}
_SERVICES = {name.lower(): name for name in ACTIONS}


def action_name(params: Params) -> str:
    """``service.action`` of a request in the provider's own spelling, for log and faults; never raises."""
    service = str(params.get("service", ""))
    if service.lower() == "multirequest":
        return "multirequest"
    service = _SERVICES.get(service.lower(), service)
    action = str(params.get("action", ""))
    known = {name.lower(): name for name in ACTIONS.get(service, ())}
    return f"{service}.{known.get(action.lower(), action)}"
