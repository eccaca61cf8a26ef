"""What a job may ask of the Reports Microservice: the keys of every endpoint, strict and typed (kaltura.md §11)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from reportrunner.diagnose import Hinted
from reportrunner.providers.kaltura_reports.body import as_json
from reportrunner.providers.kaltura_reports.privileges import check_privileges
from reportrunner.providers.kaltura_sessions import SessionDataset
from reportrunner.spec import PollSpec
from reportrunner.strict import Strict

CHAT_REPORTS: Mapping[str, str] = {
    "pollsActivity": "Poll participation per question",
    "chatUserActivity": "How active each user was in the chat",
    "moderatorTranscripts": "The chat as moderators see it",
    "chatModeration": "What moderators did",
    "groupChatTranscripts": "The chat of groups",
    "privateTranscripts": "The chat between two people",
}
"""The chat and collaboration reports: their names and what is in them."""
MODELLED = ("registration", "attachment", "reportsEnrichment", *CHAT_REPORTS)

_WINDOW = 'is decided by the window; write window = "name" beside filters'
_FILTERS = "belongs to filters; write filters = {{ {} = ... }}"
_HANDLED = "is handled by itself; remove it"
_DATES = ("from_date_id", "to_date_id", "from_date", "to_date", "fromDate", "toDate", "from_day", "to_day")
_ENTRIES = dict.fromkeys(("entry_ids", "entry_id", "entryIdIn", "entriesIds"), 'write entries_ids = ["..."]')
_EVENTS = dict.fromkeys(
    ("virtualeventid", "virtual_event_id", "virtualEventIdIn", "virtualEventIds", "event_ids"),
    'write virtual_event_ids = ["..."]',
)
_GUID = dict.fromkeys(("appguid", "app_guid", "appGUID", "appId"), 'write appGuid = "..."')


def _sendable(value: dict[str, Any]) -> dict[str, Any]:
    as_json(value)
    return value


Id = Annotated[str, Field(min_length=1)]
EventId = Annotated[str, Field(pattern=r"^[^\s,/:]+$", description="the id of a virtual event, one a place")]
Params = Annotated[dict[str, Any], AfterValidator(_sendable)]


class ReportsDataset(SessionDataset):
    """Keys of a dataset that asks the Reports Microservice, whatever it asks."""

    familiar: ClassVar[Mapping[str, str]] = {
        "reportName": 'is the endpoint; write endpoint = "pollsActivity", or endpoint = "report" and name = "..."',
        "reportParameters": "is called filters in a job; write filters = { ... }",
        "ks": "is never written in a job: the source borrows the sessions of the one that it names",
        "sessionId": _HANDLED,
        "statusOnly": _HANDLED,
        **{name: _FILTERS.format("appGuid") for name in ("appGuid", *_GUID)},
        **{name: _FILTERS.format("entries_ids") for name in ("entries_ids", *_ENTRIES)},
        **{name: _FILTERS.format("virtual_event_ids") for name in ("virtual_event_ids", *_EVENTS)},
        **dict.fromkeys(_DATES, 'is decided by the window; write window = "name"'),
        "taskType": _FILTERS.format("taskType"),
    }
    packs: ClassVar[Mapping[str, int]] = {r"filters\.entries_ids": 500}
    poll: PollSpec = PollSpec()


class EventFilters(Strict):
    """`reportParameters` of reports about entries in virtual events."""

    diagnostic_owner: ClassVar[str] = "a report on virtual events"
    diagnostic_noun: ClassVar[str] = "filter"
    familiar: ClassVar[Mapping[str, str]] = {**dict.fromkeys(_DATES, _WINDOW), **_ENTRIES, **_EVENTS}
    entries_ids: list[Id] = Field(min_length=1)
    virtual_event_ids: list[EventId] = Field(min_length=1)


class EventReport(ReportsDataset):
    """A report on the days of a window, on entries in virtual events."""

    window: str
    filters: EventFilters


class ChatReport(EventReport):
    """A chat and collaboration report: its session must carry the privilege of every event."""

    @model_validator(mode="after")
    def _privileged(self) -> Self:
        check_privileges(self.privileges, self.filters.virtual_event_ids, goes_over=self.each is not None)
        return self


class PollsActivity(ChatReport):
    """`pollsActivity`: who answered which poll."""

    diagnostic_owner: ClassVar[str] = "pollsActivity"
    endpoint: Literal["pollsActivity"]


class ChatUserActivity(ChatReport):
    """`chatUserActivity`: how active each user was in the chat."""

    diagnostic_owner: ClassVar[str] = "chatUserActivity"
    endpoint: Literal["chatUserActivity"]


class ModeratorTranscripts(ChatReport):
    """`moderatorTranscripts`: the chat as moderators see it."""

    diagnostic_owner: ClassVar[str] = "moderatorTranscripts"
    endpoint: Literal["moderatorTranscripts"]


class ChatModeration(ChatReport):
    """`chatModeration`: what moderators did."""

    diagnostic_owner: ClassVar[str] = "chatModeration"
    endpoint: Literal["chatModeration"]


class GroupChatTranscripts(ChatReport):
    """`groupChatTranscripts`: the chat of groups."""

    diagnostic_owner: ClassVar[str] = "groupChatTranscripts"
    endpoint: Literal["groupChatTranscripts"]


class PrivateTranscripts(ChatReport):
    """`privateTranscripts`: the chat between two people."""

    diagnostic_owner: ClassVar[str] = "privateTranscripts"
    endpoint: Literal["privateTranscripts"]


class Attachment(EventReport):
    """`attachment`: who downloaded which attachment."""

    diagnostic_owner: ClassVar[str] = "attachment"
    endpoint: Literal["attachment"]


class RegistrationFilters(Strict):
    """`reportParameters` of `registration`."""

    diagnostic_owner: ClassVar[str] = "registration"
    diagnostic_noun: ClassVar[str] = "filter"
    familiar: ClassVar[Mapping[str, str]] = {
        **_GUID,
        **dict.fromkeys(("virtual_event_ids", *_EVENTS), 'is not known here; write appGuid = "...", the event\'s app'),
        **dict.fromkeys(_DATES, "is not known here: registration takes no dates; remove it"),
    }
    appGuid: Id  # noqa: N815  # the provider's own name


class Registration(ReportsDataset):
    """`registration`: who registered for an event, over all its time."""

    diagnostic_owner: ClassVar[str] = "registration"
    endpoint: Literal["registration"]
    filters: RegistrationFilters

    @field_validator("window")
    @classmethod
    def _no_window(cls, value: str | None) -> str | None:
        if value is not None:
            raise Hinted("registration takes no dates: it lists all registrations", "remove window")
        return value


class EnrichmentFilters(Strict):
    """`reportParameters` of `reportsEnrichment`."""

    diagnostic_owner: ClassVar[str] = "reportsEnrichment"
    diagnostic_noun: ClassVar[str] = "filter"
    familiar: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(("task_type", "tasktype", "task"), 'write taskType = "..."'),
        **dict.fromkeys(_DATES, _WINDOW),
    }
    taskType: Id  # noqa: N815  # the provider's own name
    params: Params = Field(default={}, description="The dates where there is no window, and what else the task takes")


class ReportsEnrichment(ReportsDataset):
    """`reportsEnrichment`: a report with what other services know of its users."""

    diagnostic_owner: ClassVar[str] = "reportsEnrichment"
    endpoint: Literal["reportsEnrichment"]
    filters: EnrichmentFilters

    @model_validator(mode="after")
    def _dated_once(self) -> Self:
        given = [name for name in ("from_date", "to_date") if name in self.filters.params]
        if self.window is not None and given:
            raise Hinted(
                f"params.{given[0]} is filled by the window",
                f"remove {given[0]}, or remove window to write both dates in another form",
                key=("filters", "params", given[0]),
            )
        if self.window is None and len(given) < 2:
            raise Hinted(
                "reportsEnrichment needs dates",
                'write window = "name", or params = { from_date = ..., to_date = ... } in filters',
                key="endpoint",
            )
        return self


class FreeReport(ReportsDataset):
    """`report`: any other report by its name, with parameters typed by the job."""

    diagnostic_owner: ClassVar[str] = "report"
    familiar: ClassVar[Mapping[str, str]] = {
        **ReportsDataset.familiar,
        "reportName": 'is called name in a job; write name = "..."',
        "reportParameters": "is called params in a job; write params = { ... }",
        "filters": "is called params here; write params = { ... }",
        **{
            name: f"belongs to params; write params = {{ {name} = ... }}"
            for name in (*_DATES, *_ENTRIES, *_EVENTS, *_GUID, "appGuid", "entries_ids", "virtual_event_ids")
        },
    }
    endpoint: Literal["report"]
    name: Id = Field(description="The report's name at the service, for reports without an endpoint of their own")
    params: Params = Field(default={}, description="Free-form: texts, numbers, dates, lists and tables")

    @field_validator("name")
    @classmethod
    def _has_no_endpoint(cls, value: str) -> str:
        known = {name.lower(): name for name in MODELLED}.get(value.strip().lower())
        if known is not None:
            raise Hinted(f"{known} has an endpoint of its own", f'write endpoint = "{known}"')
        return value

    @field_validator("window")
    @classmethod
    def _no_window(cls, value: str | None) -> str | None:
        if value is not None:
            raise Hinted(
                "which parameters of this report hold the dates is not known",
                f'remove window and write them in params, such as from_date_id = "{{{{ windows.{value}.first_day }}}}"',
            )
        return value
