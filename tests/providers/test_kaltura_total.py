"""`report.getTotal` and `report.getBaseTotal`: a row, and the stock of storage (kaltura.md §4, §5.2)."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import pytest
from asking import WEEK, ask, bench, days, flow
from questions import TOTAL, asked_filter, refused
from replies import ANY, exception, says

from reportrunner.errors import ProviderError
from reportrunner.flow import Again, Done, Refused
from reportrunner.providers.kaltura import wire
from reportrunner.providers.kaltura.catalogue import report_types
from reportrunner.providers.kaltura.total import BASE_TOTAL_REPORTS
from reportrunner.sandbox import Sandbox
from reportrunner.table import Rows

BASE: dict[str, Any] = {"source": "kaltura", "endpoint": "report.getBaseTotal", "report": "17"}


def stock(name: str, data: object) -> dict[str, object]:
    return {"id": name, "data": data, "objectType": "KalturaReportBaseTotal"}


def test_totals_are_asked_by_instants_and_may_share_an_envelope() -> None:
    for keys in (TOTAL, BASE, {**TOTAL, "report": "34"}):
        assert {"fromDate", "toDate"} <= set(asked_filter(keys))
        assert "interval" not in asked_filter(keys)
        assert flow(keys).steps[0].packable
    assert asked_filter(TOTAL, days("2026-10-26", "2026-11-09"))["timeZoneOffset"] == "240"


def test_only_storage_reports_have_a_stock() -> None:
    for report in report_types():
        if report not in BASE_TOTAL_REPORTS:
            assert "has no base totals" in refused({**BASE, "report": report})
    for report in BASE_TOTAL_REPORTS:
        assert str(flow({**BASE, "report": report}).steps[0].request.path).endswith("/report/action/getBaseTotal")


def test_a_stock_is_a_row_of_name_and_number() -> None:
    found = flow(BASE).read((says([stock("total_entries", "12"), stock("total_msecs", "1.5E+7"), stock("x", None)]),))
    assert isinstance(found, Rows)
    assert list(found.rows) == [("total_entries", Decimal(12)), ("total_msecs", Decimal(15_000_000)), ("x", None)]
    made = ask(BASE)
    assert made.endpoint.key(made.parameters) == ("id",)


def test_a_stock_that_is_no_number_is_never_landed() -> None:
    with pytest.raises(ProviderError, match='"much" is no number'):
        flow(BASE).read((says([stock("total_entries", "much")]),))


@pytest.mark.parametrize("document", [{}, None, "x", 1, [1], [{"data": "1"}], [{"id": "", "data": "1"}]])
def test_what_is_no_list_of_stocks_is_unreadable(document: object) -> None:
    verdict = wire.judge_base_total(ANY, says(document))
    assert isinstance(verdict, Refused)
    assert verdict.words.startswith("the answer is no list of base totals: ")


def test_an_error_instead_of_stocks_is_seen() -> None:
    for document in (exception("INTERNAL_SERVERL_ERROR"), [exception("INTERNAL_SERVERL_ERROR")]):
        assert isinstance(wire.judge_base_total(ANY, says(document)), Again)
    assert wire.judge_base_total(ANY, says([])) == Done()


def test_stocks_come_from_the_sandbox_as_numbers() -> None:
    with Sandbox(clock=time.time) as sandbox, bench(sandbox.base_url) as made:
        rows = made.landed(flow(BASE, WEEK))
    assert [row["id"] for row in rows] == ["total_entries", "total_msecs", "total_storage_mb"]
    assert all(row["data"] > 0 for row in rows)
