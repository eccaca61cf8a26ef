"""Custom reports as CSV: `report.getCsvFromStringParams` (kaltura.md §7.2)."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from reportrunner.ask import Ask, Endpoint
from reportrunner.diagnose import Hinted
from reportrunner.flow import Flow
from reportrunner.providers.kaltura import wire
from reportrunner.providers.kaltura.catalogue import CustomReport, custom_reports
from reportrunner.providers.kaltura.dataset import KalturaDataset, fetch
from reportrunner.spec import EndpointDataset
from reportrunner.spelling import suggest
from reportrunner.table import Column, declare
from reportrunner.window import Window
from reportrunner.window.span import WindowError

DATES = frozenset({"from_date", "to_date", "from_date_id", "to_date_id"})
"""Both spellings that guides use for the ends of a window (kaltura.md §7.2)."""


class GetCsvFromStringParams(KalturaDataset):
    """`report.getCsvFromStringParams`: a custom report as a CSV file."""

    diagnostic_owner: ClassVar[str] = "report.getCsvFromStringParams"
    endpoint: Literal["report.getCsvFromStringParams"]
    id: int = Field(gt=0, description="Id of the custom report; ids are server configuration")
    params: dict[str, str | int | list[str]] = Field(default={}, description="Free-form; a list is joined with commas")
    excludedFields: list[str] = Field(default=[])  # noqa: N815

    @field_validator("params")
    @classmethod
    def _sendable(cls, value: dict[str, Any]) -> dict[str, Any]:
        for name, item in value.items():
            texts = item if isinstance(item, list) else [str(item)]
            if any(";" in text for text in [name, *texts]) or "=" in name:
                raise Hinted(
                    f'params.{name} contains ";" or "=", which separate on the wire', "this value cannot be asked for"
                )
            if isinstance(item, list) and (not item or any(not text.strip() or "," in text for text in texts)):
                raise Hinted(
                    f"params.{name} is empty, or has a value that is empty or contains a comma, which separates values",
                    "write one value per place, or remove the parameter",
                )
        return value

    @model_validator(mode="after")
    def _window_fills(self) -> GetCsvFromStringParams:
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
        self._misspelt(report.parameters if report else ())
        if self.window is None and report is not None and not {"from_date_id", "from_date"} & set(self.params):
            raise Hinted(f"custom report {self.id} needs dates", 'write window = "name"', key="id")
        return self

    def _misspelt(self, known: tuple[str, ...]) -> None:
        """Refuse what is nearly a parameter that the guide lists: the service ignores those it does not know.

        Dates are taken in either spelling: guides contradict each other there (kaltura.md §7.2).
        """
        for name in self.params:
            near = suggest(name, set(known) - set(self.params)) if name not in {*known, *DATES} else ""
            if near:
                message = f'custom report {self.id} has no parameter "{name}"; did you mean "{near}"?'
                raise Hinted(message, key=("params", name))


def unfold_csv(ask: Ask) -> Flow:
    """Return the flow of a custom report: one call whose answer is a file."""
    parameters = ask.parameters
    assert isinstance(parameters, GetCsvFromStringParams)
    given = {name: ",".join(v) if isinstance(v, list) else str(v) for name, v in parameters.params.items()}
    report = custom_reports().get(parameters.id)
    if report is not None and ask.window is not None:
        given |= _dates(ask.window, report)
    body = [("id", str(parameters.id)), ("params", ";".join(f"{k}={v}" for k, v in sorted(given.items())))]
    if parameters.excludedFields:
        body.append(("excludedFields", ",".join(parameters.excludedFields)))
    request = wire.call("report", "getCsvFromStringParams", body)
    read = partial(wire.read_csv, columns=declare(csv_columns(parameters), parameters.columns))
    return fetch(ask, request, wire.judge_csv, read)


def _dates(window: Window, report: CustomReport) -> dict[str, str]:
    """Write the window as the report wants it: days with one offset, or instants; the last second belongs to it."""
    first, last = report.window["from"], report.window["to"]
    if report.form == "unix":
        return {first: str(window.start_unix), last: str(window.end_unix - 1)}
    _whole_days(window, f"custom report {report.id}")
    _one_offset(window, report)
    days = {first: f"{window.first_day:%Y%m%d}", last: f"{window.last_day:%Y%m%d}"}
    return days | {report.window["offset"]: str(window.utc_offset)}


def _one_offset(window: Window, report: CustomReport) -> None:
    """Refuse days that no single offset describes; which one to live with is the job's to say."""
    if window.offset_changes:
        first, last, offset = (report.window[key] for key in ("from", "to", "offset"))
        days = f'{first} = "{window.first_day:%Y%m%d}", {last} = "{window.last_day:%Y%m%d}"'
        changes = f"the offset of {window.zone} changes inside {window.label}"
        live = f"{days}, {offset} = {window.offset_at_start}"
        raise WindowError(
            f"{changes}, and custom report {report.id} takes one for all its days: remove window, and say in params"
            f" with which to live: {live}"
        )


def _whole_days(window: Window, owner: str) -> None:
    if not window.whole_days:
        raise WindowError(f"{owner} knows whole days only, and this window ends inside one", "", "")


def csv_columns(parameters: EndpointDataset) -> tuple[Column, ...]:
    """Return the columns of a custom report, where a guide lists them."""
    assert isinstance(parameters, GetCsvFromStringParams)
    report = custom_reports().get(parameters.id)
    known = report.columns if report else ()
    return tuple(column for column in known if column.name not in parameters.excludedFields)


CSV = Endpoint(
    name="report.getCsvFromStringParams",
    summary="A custom report as CSV",
    parameters=GetCsvFromStringParams,
    unfold=unfold_csv,
    columns=csv_columns,
    zone="days of the job's time zone (documented)",
    permissions="ANALYTICS_BASE",
    traps=(
        "an error is an empty file with HTTP 200: it ends the run with exit 4",
        "the file knows no quoting: the field count of every row is checked",
        f"{wire.CSV_LIMIT:,} rows are the most such a file holds",
    ),
)
