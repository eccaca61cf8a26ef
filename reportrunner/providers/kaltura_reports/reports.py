"""The reports: what each is asked with, and what must be known of it (kaltura.md §11)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from reportrunner.ask import Endpoint
from reportrunner.days import Days
from reportrunner.providers.kaltura_reports import flows, parameters
from reportrunner.providers.kaltura_reports.flows import Write
from reportrunner.providers.kaltura_reports.parameters import CHAT_REPORTS, ChatReport, ReportsDataset
from reportrunner.providers.kaltura_reports.privileges import privilege_of
from reportrunner.providers.kaltura_reports.reading import declared_columns
from reportrunner.providers.kaltura_reports.source import session_source
from reportrunner.spec import EndpointDataset

UNKNOWN_DAYS = Days("unknown")
TRAPS = (
    "no source lists its columns: declare them in [datasets.x.columns]",
    "columns called user_id, email, name and the like are marked personal; other texts only by the job",
    "an unknown status word ends the run with exit 4 and is shown as it came",
    "generate is never sent twice, unless poll.regenerate allows it",
)


def _privileges(asked: EndpointDataset) -> tuple[str, ...]:
    assert isinstance(asked, ChatReport)
    return (privilege_of(asked.filters.virtual_event_ids),)


def _endpoint(
    name: str, summary: str, model: type[ReportsDataset], write: Write, days: Days = UNKNOWN_DAYS, **more: Any
) -> Endpoint:
    return Endpoint(
        name=name,
        summary=summary,
        parameters=model,
        unfold=partial(flows.unfold, write=write, session_source=session_source),
        columns=declared_columns,
        days=days,
        traps=(*more.pop("traps", ()), *TRAPS),
        **more,
    )


_CHAT_MODELS: Mapping[str, type[ChatReport]] = {
    "pollsActivity": parameters.PollsActivity,
    "chatUserActivity": parameters.ChatUserActivity,
    "moderatorTranscripts": parameters.ModeratorTranscripts,
    "chatModeration": parameters.ChatModeration,
    "groupChatTranscripts": parameters.GroupChatTranscripts,
    "privateTranscripts": parameters.PrivateTranscripts,
}
_CHAT = tuple(
    _endpoint(
        name,
        summary,
        _CHAT_MODELS[name],
        flows.write_days,
        privileges=_privileges,
        permissions="a session with the privilege virtualeventid:<id> of every event, virtualeventid:<id>/<id> of two",
    )
    for name, summary in CHAT_REPORTS.items()
)
ENDPOINTS = (
    *_CHAT,
    _endpoint(
        "registration",
        "Who registered for an event",
        parameters.Registration,
        flows.write_registration,
        Days("none", words="all registrations, of whatever day"),
        permissions="an administrator's session (no source says which permission)",
    ),
    _endpoint(
        "attachment",
        "Who downloaded which attachment",
        parameters.Attachment,
        flows.write_days,
        permissions="an administrator's session (no source says which permission)",
        traps=("the form of its dates is not documented: ISO days are sent, as chat reports take them",),
    ),
    _endpoint(
        "reportsEnrichment",
        "A report with what other services know of its users",
        parameters.ReportsEnrichment,
        flows.write_enrichment,
        Days("instants", words="sent as unix seconds"),
        permissions="an administrator's session (no source says which permission)",
        traps=("the names of its tasks are not documented: taskType is sent as it is written",),
    ),
    _endpoint(
        "report",
        "Any other report by its name",
        parameters.FreeReport,
        flows.write_free,
        Days("params"),
        permissions="what the report needs; chat reports need the privilege virtualeventid:<id>",
        traps=("nothing about its parameters is known here: params are sent as they are written",),
    ),
)
