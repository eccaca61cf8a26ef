"""`report.getTotal` and `report.getBaseTotal` (kaltura.md §4, §5.2)."""

from __future__ import annotations

from functools import partial
from typing import ClassVar, Literal

from pydantic import field_validator

from reportrunner.ask import Ask, Endpoint
from reportrunner.days import Days
from reportrunner.diagnose import Hinted
from reportrunner.flow import Flow, Request
from reportrunner.providers.kaltura import wire
from reportrunner.providers.kaltura.buckets import whole
from reportrunner.providers.kaltura.catalogue import report_columns, report_types
from reportrunner.providers.kaltura.dataset import fetch_together
from reportrunner.providers.kaltura.filters import ReportFilters, TotalFilters
from reportrunner.providers.kaltura.hints import report_hint, scope
from reportrunner.providers.kaltura.question import (
    TOTAL_PART,
    ReportDataset,
    meanings,
    question,
    reports_with,
    total_columns,
    vod_only,
)
from reportrunner.spec import EndpointDataset
from reportrunner.table import Column, ColumnType, declare

BASE_TOTAL_REPORTS = ("17", "18")
"""Every other report ends in an internal error (kaltura.md §4)."""
DAYS = Days("job", "source-proven")


UNPACKED = (
    "a total is one row per answer, and totals of packs are not added up"
    "; remove pack: each then gives one total per value"
)


class GetTotal(ReportDataset):
    """`report.getTotal`: one row of totals."""

    diagnostic_owner: ClassVar[str] = "report.getTotal"
    unpacked: ClassVar[str] = UNPACKED
    endpoint: Literal["report.getTotal"]
    filters: TotalFilters | None = None

    @field_validator("report")
    @classmethod
    def _has_total(cls, value: str) -> str:
        if not report_types()[value].total_columns:
            raise Hinted(f"{report_types()[value].name} has no totals", 'ask endpoint = "report.getTable"')
        return value


class GetBaseTotal(ReportDataset):
    """`report.getBaseTotal`: the stock that a storage report begins with."""

    diagnostic_owner: ClassVar[str] = "report.getBaseTotal"
    unpacked: ClassVar[str] = UNPACKED
    endpoint: Literal["report.getBaseTotal"]
    filters: TotalFilters | None = None

    @field_validator("report")
    @classmethod
    def _has_base(cls, value: str) -> str:
        if value not in BASE_TOTAL_REPORTS:
            names = " or ".join(f'"{report_types()[wire_id].name}"' for wire_id in BASE_TOTAL_REPORTS)
            raise Hinted(f"{report_types()[value].name} has no base totals", f"only storage reports have: {names}")
        return value


def unfold_total(ask: Ask) -> Flow:
    """Return the flow of a total: one call."""
    parameters = ask.parameters
    assert isinstance(parameters, GetTotal)
    read = partial(wire.read_total, columns=declare(total_columns(parameters), parameters.columns))
    return fetch_together(ask, (total_request(ask, parameters, parameters.filters),), wire.judge_total, read)


def total_request(ask: Ask, parameters: ReportDataset, filters: ReportFilters | None, part: str = "") -> Request:
    """Return the call that asks the total of a question, over exact instants."""
    assert ask.window is not None
    body = question(parameters, filters, whole(ask.window)[0], bucketed=False)
    return wire.call("report", "getTotal", body, part=part)


def companion(ask: Ask, parameters: ReportDataset, filters: ReportFilters | None) -> Request:
    """Return the total that a table of the same question is held against."""
    return total_request(ask, parameters, filters, part=TOTAL_PART)


def unfold_base_total(ask: Ask) -> Flow:
    """Return the flow of base totals: one call."""
    parameters = ask.parameters
    assert isinstance(parameters, GetBaseTotal)
    assert ask.window is not None
    body = question(parameters, parameters.filters, whole(ask.window)[0], bucketed=False)
    read = partial(wire.read_base_total, columns=declare(base_columns(parameters), parameters.columns))
    return fetch_together(ask, (wire.call("report", "getBaseTotal", body),), wire.judge_base_total, read)


def base_columns(_: EndpointDataset) -> tuple[Column, ...]:
    """Return the columns of base totals: what is counted, and how much."""
    source = "kaltura.md §4"
    return (
        Column("id", ColumnType.STRING, "", None, False, "what is counted", source),
        Column("data", ColumnType.DECIMAL, "", False, False, "the stock at the window's start", source),
    )


TOTAL = Endpoint(
    name="report.getTotal",
    summary="One row of totals of a report",
    parameters=GetTotal,
    unfold=unfold_total,
    columns=total_columns,
    reports=reports_with("total_columns"),
    report_columns=lambda wire_id: report_columns(wire_id, report_types()[wire_id].total_columns or ()),
    findings=vod_only,
    notes=lambda parameters: meanings(parameters, total_columns(parameters)),
    hint=scope,
    report_note=report_hint,
    days=DAYS,
    permissions="ANALYTICS_BASE",
    traps=("an empty answer is null in every column, not 0",),
)
BASE_TOTAL = Endpoint(
    name="report.getBaseTotal",
    summary="The stock that a storage report begins with",
    parameters=GetBaseTotal,
    unfold=unfold_base_total,
    columns=base_columns,
    key=lambda _: ("id",),
    reports=lambda: tuple(one for one in reports_with("table_columns")() if one[0] in BASE_TOTAL_REPORTS),
    report_columns=lambda _: base_columns(GetBaseTotal.model_construct()),
    days=DAYS,
    permissions="ANALYTICS_BASE, or KMC_READ_ONLY",
    traps=("only reports 17 and 18 have base totals: the service answers any other with an internal error",),
)
ENDPOINTS = (TOTAL, BASE_TOTAL)
