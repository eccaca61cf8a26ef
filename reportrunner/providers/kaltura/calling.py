"""What may be called: which actions only read, which are refused, which forms of public guides do not work."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping

from reportrunner.diagnose import Hinted
from reportrunner.flow import Pairs
from reportrunner.providers.kaltura.listing import write

READING = re.compile(r"(list|get|count|search|is|has|serve)([A-Z0-9]\w*)?")
"""Names of actions that only read; every other one is taken for one that changes something."""
NOT_READING = frozenset({"getexclusivedropfolder", "getdryrunresults"})
"""Actions with such a name that lock or start something."""
GATED_SERVICES = frozenset({"apptoken"})
"""Services whose every answer holds secrets."""
SESSIONS = frozenset(
    {"startsession", "startwidgetsession", "login", "loginbyks", "loginbyloginid", "impersonate", "impersonatebyks"}
)
PLUGIN_NAMES = {
    "beacon": "beacon_beacon",
    "captionasset": "caption_captionAsset",
    "entryvendortask": "reach_entryVendorTask",
    "eventnotificationtemplate": "eventNotification_eventNotificationTemplate",
    "esearch": "elasticsearch_esearch",
}
"""Services of plugins that guides call by half their name (kaltura.md §1)."""
OWNED = {
    "ks": "sessions are the source's own; remove it",
    "format": "every answer is asked as JSON; remove it",
    "partnerid": "write impersonate = 10101 beside params",
    "p": "write impersonate = 10101 beside params",
    "clienttag": "remove it",
    "service": "it stands beside params; remove it",
    "action": "it stands beside params; remove it",
}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TOKEN = re.compile(r"\{([0-9]+):result(:[^{}]*)?\}")


def reads_only(service: str, action: str) -> bool:
    """Tell whether a call changes nothing at the account; a name that nobody knows does."""
    return (
        READING.fullmatch(action) is not None
        and action.lower() not in NOT_READING
        and service.lower() not in GATED_SERVICES
    )


def check_call(service: str, action: str, params: Mapping[str, object]) -> None:
    """Refuse a call that the service does not know or that a job has no business with; Hinted with what to write."""
    plain_service, plain_action = service.lower(), action.lower()
    if plain_service in PLUGIN_NAMES:
        right = PLUGIN_NAMES[plain_service]
        raise Hinted(f'there is no service "{service}"', f'write service = "{right}"', key="service", at="value")
    if plain_service == "multirequest":
        hint = "write calls = [{ service = ..., action = ..., params = { ... } }, ...]"
        raise Hinted("several calls in one have a key of their own", hint, key="service", at="value")
    if (
        plain_service == "session"
        or plain_action in SESSIONS
        or (plain_service, plain_action) == ("partner", "getsecrets")
    ):
        message = (
            f"{service}.{action} hands out sessions or secrets, which are the source's own and never land in a table"
        )
        raise Hinted(
            message, "remove the dataset; privileges, role and impersonate make a session", key="action", at="value"
        )
    if (plain_service, plain_action) == ("report", "geturlforreportascsv"):
        hint = 'ask endpoint = "report.getUrlForReportAsCsv", which fetches the file, or "report.getTable"'
        raise Hinted("the link it answers holds a session, and would land in a table", hint, key="action", at="value")
    if (plain_service, plain_action) == ("thumbasset", "addfromentry"):
        hint = 'write action = "generate", params = { entryId = "1_abc", thumbParams = { videoOffset = 45 } }'
        raise Hinted("thumbAsset has no action addFromEntry, whatever guides write", hint, key="action", at="value")
    if (plain_service, plain_action) == ("report", "getgraph"):
        raise Hinted("report has no action getGraph", 'write action = "getGraphs"', key="action", at="value")
    if plain_service == PLUGIN_NAMES["eventnotificationtemplate"].lower():
        _check_template(plain_action, params)
    _check_params(params)


def _check_template(action: str, params: Mapping[str, object]) -> None:
    if action == "add":
        message = "only Kaltura's own console may add notification templates"
        hint = 'find one with action = "listTemplates", then use "clone" and "update"'
        raise Hinted(message, hint, key="action", at="value")
    for name, value in params.items():
        if isinstance(value, Mapping) and "contentType" in value:
            hint = 'write data = { objectType = "KalturaHttpNotificationObjectData", apiObjectType = "..." }'
            raise Hinted("a notification template has no contentType", hint, key=("params", name, "contentType"))


def _check_params(params: Mapping[str, object]) -> None:
    for name in params:
        if name.lower() in OWNED:
            raise Hinted(f"params.{name} is not for a job to say", OWNED[name.lower()], key=("params", name))
    _check_names(params, ("params",))


def _check_names(value: object, path: tuple[str | int, ...]) -> None:
    if isinstance(value, Mapping):
        for name, item in value.items():
            if not _NAME.fullmatch(name):
                steps = [step for step in re.split(r"[\[\]:.]+", name) if step]
                nested = " = { ".join(steps) + " = ..." + " }" * (len(steps) - 1)
                hint = f"write {nested}" if len(steps) > 1 else "letters, digits and _ make a name"
                raise Hinted(f'"{name}" is no name of a parameter', hint, key=(*path, name))
            _check_names(item, (*path, name))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            _check_names(item, (*path, place))
    elif isinstance(value, dt.date | dt.time) and getattr(value, "tzinfo", None) is None:
        hint = "write {{ windows.week.start | unix }}, or an instant with its offset"
        raise Hinted(f"{value} is no instant, and the service takes instants", hint, key=path, at="value")


def check_tokens(value: object, number: int, path: tuple[str | int, ...]) -> None:
    """Refuse a token that names no earlier call: the service would put an empty text in its place (§3)."""
    if isinstance(value, Mapping | list):
        for key, item in value.items() if isinstance(value, Mapping) else enumerate(value):
            check_tokens(item, number, (*path, key))
        return
    found = list(_TOKEN.finditer(value)) if isinstance(value, str) else []
    if len(found) > 1:
        raise Hinted("a value may have one token, and this one has more", "split the value", key=path, at="value")
    if found and not 1 <= int(found[0][1]) < number:
        message = f"{found[0][0]} stands in call {number}, and names none before it; calls are counted from 1"
        hint = f"name one of 1 to {number - 1}" if number > 1 else "the first call has none before it"
        raise Hinted(message, hint, key=path, at="value")


def write_params(params: Mapping[str, object], prefix: str = "") -> Pairs:
    """Write the parameters of a call; `prefix` is `2:` for the second of several."""
    return tuple(pair for name, value in params.items() for pair in write(f"{prefix}{name}", value))
