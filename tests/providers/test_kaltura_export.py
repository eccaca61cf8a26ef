"""`report.getUrlForReportAsCsv`: the link, the file, and the one table inside it (kaltura.md §7.1)."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from asking import bench, days, flow, table
from questions import fields, hint, refused
from replies import ANY, exception, says, text
from replies import table as page

from reportrunner.errors import ProviderError
from reportrunner.flow import Again, Done, Refused, Reply
from reportrunner.land import land
from reportrunner.providers.kaltura.export import LinkJudge
from reportrunner.providers.kaltura.export_file import judge_download, read_blocks
from reportrunner.sandbox import Faults, First, Sandbox
from reportrunner.table import Bulk, Rows
from reportrunner.table_file import rows

EXPORT: dict[str, Any] = {**table("13"), "endpoint": "report.getUrlForReportAsCsv"}
DROPOFF: dict[str, Any] = {**EXPORT, "report": "2"}
RULE = '"# ------------------------------------"\n'
TOTALS = (
    f'{RULE}"# Total"\n{RULE}"count_plays","count_plays_25","count_plays_50","count_plays_75","count_plays_100",'
    '"play_through_ratio","count_loads"\n"4","3","2","1","1","0.25","\'-6"\n""\n'
)
HEAD = '\ufeff"asked"\n"Monday, November 9, 2026","Sunday, November 15, 2026"\n"asked"\n' + RULE + '""\n'
NAMES = (
    *("object_id", "entry_name", "count_plays", "count_plays_25", "count_plays_50", "count_plays_75"),
    *("count_plays_100", "play_through_ratio", "count_loads"),
)
LABELS = ",".join(f'"{name}"' for name in NAMES) + "\n"
DAY = days("2026-11-12", "2026-11-13")
LINK = "http://127.0.0.1/api_v3/index.php/service/report/action/serve/ks/djJ8c2VjcmV0/id/1_ab/report.csv"


def block(count: object = 2, labels: str = LABELS) -> str:
    return f'{RULE}"# Table","","Total Count","{count}"\n{RULE}{labels}'


def read(folder: Path, body: str, keys: dict[str, Any] = DROPOFF) -> Rows | Bulk:
    file = folder / "body"
    file.write_bytes(body.encode())
    return flow(keys).read((Reply(200, {}, body.encode(), file=file, size=len(body.encode())),))


# --- what is asked -------------------------------------------------------------------------------------------


def test_labels_of_totals_and_table_are_sent_one_for_each_column() -> None:
    sent = fields(flow(EXPORT).steps[0].request)
    totals, labels = sent["headers"].split(";")
    assert totals.split(",")[:3] == ["unique_known_users", "unique_videos", "count_plays"]
    assert (len(totals.split(",")), len(labels.split(","))) == (13, 14)
    assert labels.startswith("name,full_name,")
    assert (sent["pager[pageSize]"], sent["pager[pageIndex]"]) == ("60000", "1")
    assert fields(flow({**EXPORT, "select": ["name"]}).steps[0].request)["headers"] == sent["headers"]


def test_the_tables_own_header_is_asked_along() -> None:
    link, download = flow(EXPORT).steps
    (probe,) = link.also
    assert str(probe.path).endswith("getTable")
    assert (fields(probe)["pager[pageSize]"], probe.part) == ("1", "header")
    assert (link.packable, download.download, str(download.request.path)) == (True, True, "<capture:link>")


@pytest.mark.parametrize("key", ["headers", "reportTitle", "reportText"])
def test_what_is_built_here_is_not_taken(key: str) -> None:
    assert key in refused({**EXPORT, key: "x"})


def test_a_file_is_not_split_and_has_known_columns_only() -> None:
    assert hint({**EXPORT, "report": "34", "dst": "split"}) == 'ask endpoint = "report.getTable"'
    assert 'has no column "count_play"' in refused({**EXPORT, "select": ["count_play"]})
    assert "cannot be ordered by" in refused({**EXPORT, "order": "-nothing"})


# --- the link ------------------------------------------------------------------------------------------------


def test_a_link_and_the_session_inside_it_are_secrets() -> None:
    verdict = LinkJudge(NAMES)(ANY, says(LINK))
    assert verdict == Done({"link": LINK, "link session": "djJ8c2VjcmV0"}, secret=("link", "link session"))


@pytest.mark.parametrize("nothing", ["null", '""'])
def test_no_link_is_asked_for_again(nothing: str) -> None:
    verdict = LinkJudge(NAMES)(ANY, text(nothing))
    assert isinstance(verdict, Again)
    assert verdict.why == "failed"


@pytest.mark.parametrize("document", [7, {"a": 1}, "two\nlines"])
def test_what_is_no_link_is_unreadable(document: object) -> None:
    assert getattr(LinkJudge(NAMES)(ANY, says(document)), "kind", "") == "unreadable"
    assert getattr(LinkJudge(NAMES)(ANY, says(exception("SEARCH_TOO_GENERAL"))), "kind", "") == "refused"


@pytest.mark.parametrize("header", ["count_plays|name", "name", "name|count_plays|new"])
def test_a_table_of_other_columns_than_the_labels_is_refused(header: str) -> None:
    probe = replace(ANY, part="header")
    judge = LinkJudge(("name", "count_plays"))
    verdict = judge(probe, says(page([], header)))
    assert isinstance(verdict, Refused)
    assert verdict.words.endswith("not name, count_plays")
    assert judge(probe, says(page(["a|1"], "Name|COUNT_PLAYS"))) == Done()
    assert judge(probe, says({"objectType": "KalturaReportTable"})) == Done()


# --- the file ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", ["", " \n", "<xml><result/></xml>", '{"code":"INVALID_KS"}', "\ufeff"])
def test_a_link_that_has_expired_is_stale(body: str) -> None:
    verdict = judge_download(ANY, text(body))
    assert isinstance(verdict, Again)
    assert verdict.why == "stale"


def test_a_file_is_judged_by_its_first_cell() -> None:
    assert judge_download(ANY, text(HEAD)) == Done()
    assert getattr(judge_download(ANY, text("name,plays\n")), "kind", "") == "unreadable"


def test_the_table_is_found_behind_titles_and_totals_and_apostrophes_are_taken_off(tmp_path: Path) -> None:
    body = (
        HEAD
        + TOTALS
        + block()
        + '"1_a","\'=x; y|z","3","2","1","1","1","0.3","\'-7"\n"1_b","\'quoted","1","1","1","0","0","0","1"\n'
    )
    found = read(tmp_path, body)
    assert isinstance(found, Bulk)
    landed = rows(land(found, "d", tmp_path / "d.duckdb", ()))
    assert [(row[0], row[1], row[2], row[8]) for row in landed] == [("1_a", "=x; y|z", 3, -7), ("1_b", "'quoted", 1, 1)]
    assert found.claim is not None
    claimed = dict(zip([column.name for column in found.claim.columns], found.claim.totals, strict=True))
    assert (claimed["count_plays"], claimed["count_loads"]) == (4, -6)
    assert "play_through_ratio" not in claimed
    assert (found.claim.rows, found.claim.about, found.claim.most) == (None, 2, 60_000)


def test_a_count_is_exact_only_where_the_service_counts(tmp_path: Path) -> None:
    keys = {**EXPORT, "report": "35"}
    labels = '"date_id","unique_known_users"\n'
    found = read(tmp_path, HEAD + block(1, labels) + '"20261109","3"\n', keys)
    assert found.claim is not None
    assert (found.claim.rows, found.claim.about) == (1, None)


def test_a_file_without_a_table_has_no_rows_but_its_totals(tmp_path: Path) -> None:
    found = read(tmp_path, HEAD + TOTALS)
    assert isinstance(found, Rows)
    assert (list(found.rows), len(found.columns)) == ([], 9)
    assert found.claim is not None
    assert found.claim.totals[0] == 4


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (HEAD + block(2, '"name","plays"\n'), "is labelled name, plays, not as was asked"),
        (HEAD + '"# Table"\n' + LABELS, "a block of the file does not begin as blocks do"),
        (HEAD + '"two\nlines"\n' + block(), "a cell before the table runs over a line's end"),
        (HEAD + '"un"closed"\n', "the file is no export"),
        (HEAD + TOTALS.replace('"4"', '"many"') + block(), "the totals of the file cannot be read"),
    ],
)
def test_a_file_of_another_shape_is_never_landed(tmp_path: Path, body: str, words: str) -> None:
    with pytest.raises(ProviderError, match=words):
        read(tmp_path, body)


def test_a_count_that_is_no_number_is_no_count() -> None:
    assert read_blocks(block("about 7")).count is None
    assert read_blocks(block(7)).count == 7


# --- through the executor ------------------------------------------------------------------------------------


def test_the_file_has_the_same_values_as_the_table_and_exact_names() -> None:
    with Sandbox(clock=time.time) as sandbox, bench(sandbox.base_url) as made:
        mine, its = made.landed(flow(EXPORT, DAY)), made.landed(flow(table("13"), DAY))
        told = repr(made.notices) + repr(made.executor.sent) + json.dumps([r.path for r in sandbox.log])
    assert sorted(mine, key=repr) == sorted(its, key=repr)
    assert all(isinstance(row["sum_time_viewed"], Decimal) for row in mine)
    assert "/ks/djJ8" not in told


@pytest.mark.parametrize(("times", "well"), [(1, True), (9, False)])
def test_a_link_that_died_is_asked_for_once_more(times: int, well: bool) -> None:
    faults = Faults(html_body=First(times, "report.serve"))
    with Sandbox(clock=time.time, faults=faults) as sandbox, bench(sandbox.base_url) as made:
        if well:
            assert len(made.landed(flow(EXPORT, DAY))) == 23
        else:
            assert "no CSV" in str(made.error(flow(EXPORT, DAY)))
        assert sandbox.count("report.getUrlForReportAsCsv") == sandbox.count("report.serve") == 2


@pytest.mark.parametrize("interval", ["hours", "days"])
def test_a_series_exported_either_way_has_the_same_buckets_as_the_table(interval: str) -> None:
    series = {**table("34"), "interval": interval}
    with Sandbox(clock=time.time) as sandbox, bench(sandbox.base_url) as made:
        pages = made.landed(flow(series, DAY))
        export = made.landed(flow({**series, "endpoint": "report.getUrlForReportAsCsv"}, DAY))
        large = made.landed(flow({**series, "large": "csv"}, DAY))
    assert pages == export == large
    assert len(pages) == (24 if interval == "hours" else 1)


@pytest.mark.parametrize(("report", "interval"), [("13", "days"), ("34", "years"), ("201", "hours")])
def test_buckets_that_a_table_cannot_have_a_file_cannot_have_either(report: str, interval: str) -> None:
    for endpoint in ("report.getTable", "report.getUrlForReportAsCsv"):
        assert refused({**table(report), "endpoint": endpoint, "interval": interval})
