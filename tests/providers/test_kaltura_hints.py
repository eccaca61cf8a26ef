"""What is said of report types that guides describe wrongly, or that do not exist."""

from __future__ import annotations

import json
import re
from importlib.resources import files

import pytest
from asking import ask

from reportrunner.providers.kaltura import PROVIDER
from reportrunner.providers.kaltura.catalogue import report_names, report_types
from reportrunner.providers.kaltura.hints import instead_of, report_hint

DATA = json.loads(files("reportrunner.providers.kaltura").joinpath("data", "report_hints.json").read_text("utf-8"))
NAMED = re.compile(r"\b[A-Z]+(?:_[A-Z]+)*_?[A-Z]{4,}\b|\b\w+\.get\w+")


def test_hints_are_of_reports_that_exist_and_the_others_are_of_none() -> None:
    assert set(DATA["known"]) <= set(report_types())
    assert set(DATA["absent"]).isdisjoint(report_names())


def test_what_a_hint_leads_to_exists() -> None:
    named = {word for texts in DATA.values() for text in texts.values() for word in NAMED.findall(text)}
    assert named == {
        *("PERCENTILES", "USER_TOP_CONTENT", "USERS_OVERVIEW_REALTIME", "CONTENT_REALTIME"),
        "liveReports.getEvents",
    }
    assert named <= set(report_names()) | set(PROVIDER.endpoints)


@pytest.mark.parametrize("endpoint", ["report.getTable", "report.getTotal", "report.getGraphs"])
def test_it_stands_beside_the_numbers_of_every_call(endpoint: str) -> None:
    made = ask({"source": "kaltura", "endpoint": endpoint, "report": "34"})
    assert made.endpoint.notes(made.parameters)[0] == report_hint("34") == made.endpoint.report_note("34")
    other = ask({"source": "kaltura", "endpoint": endpoint, "report": "13"})
    assert report_hint("13") == other.endpoint.report_note("13") == ""


def test_a_variant_counts_as_its_report_does() -> None:
    assert report_hint("20010") == report_hint("34") != ""


@pytest.mark.parametrize(
    ("word", "instead"),
    [
        ("10", 'the viewing curve is report = "PERCENTILES", 43 on the wire'),
        ("3007", 'a custom report: ask endpoint = "report.getCsvFromStringParams", id = 3007'),
        ("999", ""),
        ("10017", ""),
        ("19999", ""),
        ("30000", ""),
        ("NOTHING_VPAAS", ""),
        ("NOTHING", ""),
    ],
)
def test_what_to_ask_instead(word: str, instead: str) -> None:
    assert instead_of(word) == instead


@pytest.mark.parametrize("word", ["20000", "20043", "29999", "PERCENTILES_VPAAS"])
def test_variants_that_do_not_exist(word: str) -> None:
    assert instead_of(word).startswith("23 reports have a variant for several accounts, this one has none: ")
