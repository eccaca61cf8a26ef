"""Custom reports: `report.getCsvFromStringParams`, `report.getCsv` and `report.execute` (kaltura.md §4, §7.2)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from reportrunner.ask import Ask, Endpoint
from reportrunner.days import Choice, Days
from reportrunner.delimited import typed_rows
from reportrunner.diagnose import Hinted
from reportrunner.flow import Done, Flow, Refused, Reply, Request, Verdict
from reportrunner.providers.kaltura import wire
from reportrunner.providers.kaltura.catalogue import CustomReport, custom_reports
from reportrunner.providers.kaltura.dataset import KalturaDataset, fetch
from reportrunner.providers.kaltura.times import custom_dates, one_offset_choice, one_offset_span
from reportrunner.spec import EndpointDataset
from reportrunner.spelling import suggest
from reportrunner.table import Column, Rows, declare
from reportrunner.verdict import excerpt
from reportrunner.window import Window

LONG = dt.timedelta(seconds=600)
"""The server may run such a query for ten minutes (kaltura.md §7.2)."""
DATES = frozenset({"from_date", "to_date", "from_date_id", "to_date_id"})
"""Both spellings that guides use for the ends of a window (kaltura.md §7.2)."""
SPELLINGS = DATES | {"entry_ids", "entries_ids", "virtualeventid", "virtual_event_ids"}
"""All names that guides spell in two ways."""


class CustomReportDataset(KalturaDataset):
    """Keys common to the calls of custom reports."""

    id: int = Field(gt=0, description="Id of the custom report; ids are server configuration")
    params: dict[str, str | int | list[str]] = Field(default={}, description="Free-form; a list is joined with commas")
    dst: Literal["refuse", "one-offset"] = Field(
        default="refuse",
        description="What to do when the offset of the zone changes inside the window: count all days with the first",
    )

    @field_validator("params")
    @classmethod
    def _lists(cls, value: dict[str, Any]) -> dict[str, Any]:
        for name, item in value.items():
            if isinstance(item, list) and (not item or any(not text.strip() or "," in text for text in item)):
                raise Hinted(
                    f"params.{name} is empty, or has a value that is empty or contains a comma, which separates values",
                    "write one value per place, or remove the parameter",
                )
        return value

    @model_validator(mode="after")
    def _window_fills(self) -> Self:
        report = custom_reports().get(self.id)
        filled = set(report.window.values()) if report else set()
        doubled = sorted(filled & set(self.params))
        if self.window is not None and not filled:
            raise Hinted(
                f"which parameters of custom report {self.id} hold the dates is not known",
                'remove window and write them in params, such as from_date = "{{ windows.week.start | unix }}"',
                key="window",
            )
        if self.window is not None and doubled:
            raise Hinted(
                f"params.{doubled[0]} is filled by the window", f"remove {doubled[0]}", key=("params", doubled[0])
            )
        self._days_with_offset(report)
        self._misspelt(report.parameters if report else ())
        missing = [name for name in (report.required if report else ()) if name not in {*self.params, *filled, *DATES}]
        if missing:
            message = f"custom report {self.id} needs params.{missing[0]}: without it the service ends in an error"
            raise Hinted(message, f'write params = {{ {missing[0]} = "..." }}', key="id")
        if self.window is None and report is not None and not {"from_date_id", "from_date"} & set(self.params):
            raise Hinted(f"custom report {self.id} needs dates", 'write window = "name"', key="id")
        return self

    def _days_with_offset(self, report: CustomReport | None) -> None:
        """Refuse a choice that chooses nothing."""
        if self.dst == "one-offset" and (self.window is None or (report is not None and report.form == "unix")):
            instants = f"custom report {self.id} is asked exact instants, which no change of the clock moves"
            raise Hinted(
                instants if self.window else "there is no window whose days it counts", "remove dst", key="dst"
            )

    def _misspelt(self, known: tuple[str, ...]) -> None:
        """Refuse what is nearly a parameter that the guide lists: the service ignores those it does not know.

        What guides spell in two ways is taken in both (kaltura.md §7.2).
        """
        for name in self.params:
            near = suggest(name, set(known) - set(self.params)) if name not in {*known, *SPELLINGS} else ""
            if near:
                message = f'custom report {self.id} has no parameter "{name}"; did you mean "{near}"?'
                raise Hinted(message, key=("params", name))


class GetCsvFromStringParams(CustomReportDataset):
    """`report.getCsvFromStringParams`: a custom report as a CSV file, its parameters in one text."""

    diagnostic_owner: ClassVar[str] = "report.getCsvFromStringParams"
    endpoint: Literal["report.getCsvFromStringParams"]
    excludedFields: list[str] = Field(default=[])  # noqa: N815

    @field_validator("params", mode="before")
    @classmethod
    def _one_text(cls, value: object) -> object:
        if isinstance(value, str):
            pairs = [pair.partition("=") for pair in value.split(";") if pair.strip()]
            right = ", ".join(f'{name.strip()} = "{text.strip()}"' for name, _, text in pairs)
            raise Hinted("expected a table of parameters, found one text of them", f"write params = {{ {right} }}")
        return value

    @field_validator("params")
    @classmethod
    def _sendable(cls, value: dict[str, Any]) -> dict[str, Any]:
        for name, item in value.items():
            texts = item if isinstance(item, list) else [str(item)]
            if any(";" in text for text in [name, *texts]) or "=" in name:
                raise Hinted(
                    f'params.{name} contains ";" or "=", which separate on the wire',
                    'ask endpoint = "report.getCsv", which sends each parameter by itself',
                )
        return value


class GetCsv(CustomReportDataset):
    """`report.getCsv`: a custom report as a CSV file, its parameters one by one."""

    diagnostic_owner: ClassVar[str] = "report.getCsv"
    endpoint: Literal["report.getCsv"]
    excludedFields: list[str] = Field(default=[])  # noqa: N815


class Execute(CustomReportDataset):
    """`report.execute`: a custom report as rows."""

    diagnostic_owner: ClassVar[str] = "report.execute"
    endpoint: Literal["report.execute"]


def unfold_string_params(ask: Ask) -> Flow:
    """Return the flow of a custom report whose parameters stand in one text."""
    parameters = ask.parameters
    assert isinstance(parameters, GetCsvFromStringParams)
    text = ";".join(f"{name}={value}" for name, value in _given(ask, parameters))
    return _file(ask, "getCsvFromStringParams", [("params", text)], parameters.excludedFields)


def unfold_csv(ask: Ask) -> Flow:
    """Return the flow of a custom report whose parameters stand one by one."""
    parameters = ask.parameters
    assert isinstance(parameters, GetCsv)
    return _file(ask, "getCsv", _key_values(_given(ask, parameters)), parameters.excludedFields)


def _file(ask: Ask, action: str, params: list[tuple[str, str]], excluded: list[str]) -> Flow:
    assert isinstance(ask.parameters, CustomReportDataset)
    body = [("id", str(ask.parameters.id)), *params]
    body += [("excludedFields", ",".join(excluded))] if excluded else []
    read = partial(wire.read_csv, columns=declare(custom_columns(ask.parameters), ask.parameters.columns))
    return fetch(ask, wire.call("report", action, body), wire.judge_csv, read, timeout=LONG)


def unfold_execute(ask: Ask) -> Flow:
    """Return the flow of a custom report whose rows come as an object."""
    parameters = ask.parameters
    assert isinstance(parameters, Execute)
    body = [("id", str(parameters.id)), *_key_values(_given(ask, parameters))]
    read = partial(read_response, columns=declare(custom_columns(parameters), parameters.columns))
    return fetch(ask, wire.call("report", "execute", body), judge_response, read, timeout=LONG)


def _given(ask: Ask, parameters: CustomReportDataset) -> list[tuple[str, str]]:
    given = {name: ",".join(v) if isinstance(v, list) else str(v) for name, v in parameters.params.items()}
    report = custom_reports().get(parameters.id)
    if report is not None and ask.window is not None:
        given |= custom_dates(ask.window, report, parameters.dst)
    return sorted(given.items())


def _key_values(given: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [
        pair
        for number, (name, value) in enumerate(given)
        for pair in (
            (f"params[{number}][objectType]", "KalturaKeyValue"),
            (f"params[{number}][key]", name),
            (f"params[{number}][value]", value),
        )
    ]


def judge_response(_: Request, reply: Reply) -> Verdict:
    """Judge the rows of a custom report: an object with the names of its columns and a list of rows (kaltura.md §4)."""
    answer, verdict = wire.judge_answer(reply)
    if verdict is not None:
        return verdict
    if not isinstance(answer, dict) or answer.get("objectType") != "KalturaReportResponse":
        return Refused("unreadable", f"the answer is no KalturaReportResponse: {excerpt(reply.body)}")
    rows = answer.get("results", [])
    if not isinstance(answer.get("columns"), str) or not all(isinstance(row, dict) for row in rows):
        return Refused("unreadable", "the answer has no columns, or rows that are no objects")
    if len(rows) >= wire.CSV_LIMIT:
        words = f"{len(rows):,} rows came back, the most a custom report gives"
        return Refused("truncated", words, "narrow the window")
    return Done()


def read_response(replies: tuple[Reply, ...], columns: tuple[Column, ...]) -> Rows:
    """Read the rows of a custom report; commas inside values are gone already, so the field count proves a row."""
    answer = json.loads(replies[0].body)
    cells = [str(row.get("value") or "").split(",") for row in answer.get("results", [])]
    return typed_rows(answer["columns"].split(","), cells, columns)


def custom_columns(parameters: EndpointDataset) -> tuple[Column, ...]:
    """Return the columns of a custom report, where a guide lists them."""
    assert isinstance(parameters, CustomReportDataset)
    report = custom_reports().get(parameters.id)
    excluded = getattr(parameters, "excludedFields", ())
    return tuple(column for column in (report.columns if report else ()) if column.name not in excluded)


def _days(parameters: EndpointDataset) -> Days | None:
    assert isinstance(parameters, CustomReportDataset)
    report = custom_reports().get(parameters.id)
    if parameters.window is None or report is None:
        return Days("params")
    return Days("instants" if report.form == "unix" else "job", "documented")


def _choices(ask: Ask) -> tuple[Choice, ...]:
    assert isinstance(ask.parameters, CustomReportDataset)
    return one_offset_choice(ask.window) if ask.window is not None and ask.parameters.dst == "one-offset" else ()


def _covers(ask: Ask) -> Window | None:
    if ask.window is None or not _choices(ask):
        return ask.window
    return one_offset_span(ask.window, cut=ask.parameters.split is not None)


def needed_privileges(parameters: EndpointDataset) -> tuple[str, ...]:
    """Return the privilege without which a custom report comes back empty (kaltura.md §7.2)."""
    assert isinstance(parameters, CustomReportDataset)
    report = custom_reports().get(parameters.id)
    if report is None or not report.privilege:
        return ()
    names = {report.privilege, "virtual_event_ids"}
    value = next((value for name, value in parameters.params.items() if name in names), "<id>")
    return (f"{report.privilege}:{'/'.join(value) if isinstance(value, list) else value}",)


def _endpoint(
    name: str, summary: str, model: type[CustomReportDataset], unfold: Callable[[Ask], Flow], *traps: str
) -> Endpoint:
    return Endpoint(
        name=name,
        summary=summary,
        parameters=model,
        unfold=unfold,
        columns=custom_columns,
        privileges=needed_privileges,
        days=Days("job", "documented", words="of reports that take instants, exact instants"),
        days_asked=_days,
        choices=_choices,
        covers=_covers,
        permissions="ANALYTICS_BASE",
        limits=(f"{wire.CSV_LIMIT:,} rows are the most it gives: as many end the run with exit 4",),
        traps=(*traps, "ids, parameters and columns are configuration of the server: guides contradict each other"),
    )


_FILE_TRAPS = (
    "an error is an empty file with HTTP 200: it ends the run with exit 4",
    "the file knows no quoting: the field count of every row is checked",
)
ENDPOINTS = (
    _endpoint(
        "report.getCsvFromStringParams", "A custom report as CSV", GetCsvFromStringParams, unfold_string_params,
        *_FILE_TRAPS,
    ),
    _endpoint(
        "report.getCsv", "A custom report as CSV, parameters one by one", GetCsv, unfold_csv, *_FILE_TRAPS,
    ),
    _endpoint(
        "report.execute", "A custom report as rows", Execute, unfold_execute,
        "commas inside values are removed by the service, without a trace",
    ),
)  # fmt: skip
