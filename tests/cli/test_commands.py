"""The commands that send nothing, and peek: what they print where, and with which exit code."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from reportrunner.cli.main import COMMANDS, run_command

ROOT = Path(__file__).parents[2]
JOB = "jobs/weekly-compliance.toml"
AS_OF = ["--as-of", "2026-11-16"]

TWO = """
title    = "Two questions"
timezone = "America/New_York"
[windows.week]
period = "week"
offset = -1
[datasets.plays]
source   = "kaltura"
endpoint = "report.getTable"
report   = "USER_TOP_CONTENT"
window   = "week"
filters  = { entryIdIn = ["1_gdpr1"], playbackTypeIn = ["vod"] }
[datasets.total]
source   = "kaltura"
endpoint = "report.getTotal"
report   = "USER_TOP_CONTENT"
window   = "week"
filters  = { entryIdIn = ["1_gdpr1"], playbackTypeIn = ["vod"] }
[outputs.plays]
format  = "csv"
dataset = "plays"
[outputs.total]
format  = "csv"
dataset = "total"
"""
DAYS = '"USER_ENGAGEMENT_TIMELINE"\ninterval = "days"\nwindow'
ORDER = """
[datasets.order]
source         = "kaltura"
endpoint       = "reach_entryVendorTask.add"
entryId        = "1_a"
reachProfileId = 7
catalogItemId  = 8
[outputs.order]
format  = "csv"
dataset = "order"
"""
AFTER = """
[datasets.after]
sql = "select count(*) as n from \\"order\\""
[outputs.after]
format  = "csv"
dataset = "after"
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project, and the current folder."""
    for name in ("jobs", "templates", "data", "apis"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "reportrunner.toml", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


Said = pytest.CaptureFixture[str]


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


class TestValidate:
    def test_a_valid_job(self, project: Path, capsys: Said) -> None:
        assert run_command(["validate", JOB]) == 0
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err == f"{JOB}: valid, 11 datasets, 6 checks, 3 outputs\n"

    def test_an_invalid_job_does_not_hide_a_valid_one(self, project: Path, capsys: Said) -> None:
        shutil.copy(JOB, "jobs/zz.toml")
        edit(Path(JOB), "USER_TOP_CONTENT", "USER_TOP_CONTENTS")
        assert run_command(["validate", "jobs"]) == 3
        said = capsys.readouterr().err
        assert f"{JOB}:" in said
        assert 'did you mean "USER_TOP_CONTENT"?' in said
        assert "jobs/zz.toml: valid" in said

    def test_a_required_param_is_checked_with_a_sample(self, project: Path, capsys: Said) -> None:
        edit(Path(JOB), "default = 2026-09-01, ", "")
        assert run_command(["validate", JOB]) == 0
        assert run_command(["plan", JOB]) == 3
        assert "--param campaign_start=" in capsys.readouterr().err

    def test_it_needs_no_secret_and_no_network(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("KALTURA_ADMIN_SECRET", raising=False)

        def refuse(*_: object) -> None:
            raise AssertionError("a socket was opened")

        monkeypatch.setattr(socket.socket, "connect", refuse)
        assert run_command(["validate", JOB]) == 0
        assert run_command(["plan", JOB, *AS_OF]) == 0


class TestPlan:
    def test_as_text(self, project: Path, capsys: Said) -> None:
        assert run_command(["plan", JOB, *AS_OF]) == 0
        text = capsys.readouterr().out
        assert "window week 2026-W46: 2026-11-09T00:00:00-05:00 to 2026-11-16T00:00:00-05:00 (America/New_York)" in text
        assert "progress: 2 x report.getTable at kaltura over campaign" in text
        assert "ks = <session:kaltura>" in text
        assert "writes overdue.csv (csv overdue_csv)" in text
        assert "writes summary.eml (email summary to training-team@example.org)" in text

    def test_as_json(self, project: Path, capsys: Said) -> None:
        assert run_command(["plan", JOB, *AS_OF, "--json"]) == 0
        (plan,) = json.loads(capsys.readouterr().out)
        assert plan["label"] == "2026-W46"
        form = plan["datasets"]["progress"]["requests"][0]["steps"][0]["form"]
        assert form["ks"] == "<session:kaltura>"
        assert form["reportInputFilter[entryIdIn]"] == "1_gdpr1"
        polls = plan["datasets"]["polls"]["requests"][0]
        assert [step["step"] for step in polls["steps"]] == ["generate", "poll", "serve"]
        assert polls["steps"][2]["json"] == {"sessionId": "<capture:sessionId>"}
        assert polls["session"] == "kaltura virtualeventid:4711"

    def test_an_open_place_shows_its_ceiling(self, project: Path, capsys: Said) -> None:
        wide = '{ dataset = "roster", column = "user_id", as = "entry_id" }'
        edit(Path(JOB), '{ dataset = "course", column = "entry_id" }', wide)
        assert run_command(["plan", JOB, *AS_OF]) == 0
        assert "report.getTable x each(roster.user_id), at most 10,000 at kaltura" in capsys.readouterr().out

    def test_what_travels_together(self, project: Path, capsys: Said) -> None:
        Path("jobs/two.toml").write_text(TWO)
        assert run_command(["plan", "jobs/two.toml", *AS_OF]) == 0
        text = capsys.readouterr().out
        assert "\n  one request carries the first calls of plays, total\n" in text
        assert "    2 calls in one request\n" in text, "a table brings its own total along"
        (plays,) = [block for block in text.split("\n\n") if block.startswith("  plays: ")]
        assert [line.split()[-1].rpartition("/")[2] for line in plays.splitlines() if " POST " in line] == [
            "getTable",
            "getTotal",
        ]
        assert run_command(["plan", "jobs/two.toml", *AS_OF, "--json"]) == 0
        (plan,) = json.loads(capsys.readouterr().out)
        assert plan["envelopes"] == [["plays", "total"]]
        assert {name: plan["datasets"][name]["requests"][0]["together"] for name in ("plays", "total")} == {
            "plays": True,
            "total": False,
        }

    def test_without_envelopes_nothing_travels_together(self, project: Path, capsys: Said) -> None:
        edit(Path("reportrunner.toml"), "[sources.kaltura]\n", "[sources.kaltura]\nenvelope = 1\n")
        Path("jobs/two.toml").write_text(TWO)
        assert run_command(["plan", "jobs/two.toml", *AS_OF]) == 0
        assert "one request" not in capsys.readouterr().out
        assert run_command(["plan", "jobs/two.toml", *AS_OF, "--json"]) == 0
        (plan,) = json.loads(capsys.readouterr().out)
        assert plan["envelopes"] == []
        assert plan["datasets"]["plays"]["requests"][0]["together"] is False

    def test_whose_session_it_is(self, project: Path, capsys: Said) -> None:
        more = 'impersonate = 10101\nrole = 20\nprivileges = ["virtualeventid:4711"]\n[datasets.total]'
        Path("jobs/two.toml").write_text(TWO.replace("[datasets.total]", more))
        assert run_command(["plan", "jobs/two.toml", *AS_OF]) == 0
        text = capsys.readouterr().out
        assert "    session kaltura as 10101 virtualeventid:4711,setrole:20\n" in text
        assert text.count("    session ") == 1, "the source's own session goes without saying"
        assert "one request carries" not in text
        assert run_command(["plan", "jobs/two.toml", *AS_OF, "--json"]) == 0
        (plan,) = json.loads(capsys.readouterr().out)
        assert plan["datasets"]["plays"]["requests"][0]["session"] == "kaltura as 10101 virtualeventid:4711,setrole:20"
        assert plan["datasets"]["total"]["requests"][0]["session"] == "kaltura"

    def test_how_many_rows_are_to_be_expected(self, project: Path, capsys: Said) -> None:
        Path("jobs/two.toml").write_text(TWO.replace('"USER_TOP_CONTENT"\nwindow', DAYS, 1))
        assert run_command(["plan", "jobs/two.toml", *AS_OF]) == 0
        assert "\n  plays: 1 x report.getTable at kaltura over week, about 7 rows\n" in capsys.readouterr().out
        assert run_command(["plan", "jobs/two.toml", *AS_OF, "--json"]) == 0
        (plan,) = json.loads(capsys.readouterr().out)
        assert (plan["datasets"]["plays"]["rows"], "rows" in plan["datasets"]["total"]) == (7, False)

    def test_what_it_would_change(self, project: Path, capsys: Said) -> None:
        Path("jobs/two.toml").write_text(TWO + ORDER)
        assert run_command(["plan", "jobs/two.toml", *AS_OF]) == 0
        said = (
            "  order: 1 x reach_entryVendorTask.add at kaltura; orders catalogue item 8 for 1_a: needs --allow-actions"
        )
        assert f"\n{said}\n" in capsys.readouterr().out
        assert run_command(["plan", "jobs/two.toml", *AS_OF, "--json"]) == 0
        (plan,) = json.loads(capsys.readouterr().out)
        assert plan["datasets"]["order"]["acts"] == "orders catalogue item 8 for 1_a"
        assert "acts" not in plan["datasets"]["plays"]

    def test_equal_plans_are_equal_bytes(self, project: Path, capsys: Said) -> None:
        run_command(["plan", JOB, *AS_OF, "--json"])
        first = capsys.readouterr().out
        run_command(["plan", JOB, *AS_OF, "--json"])
        assert capsys.readouterr().out == first


class TestLs:
    def test_the_jobs_of_the_project(self, project: Path, capsys: Said) -> None:
        assert run_command(["ls"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert lines[0].split() == ["job", "tags", "owner", "title"]
        (mine,) = [line.split() for line in lines if line.startswith(JOB)]
        assert mine[:5] == [JOB, "compliance,weekly", "training-team@example.org", "Compliance", "training:"]

    def test_a_job_that_cannot_be_read_is_listed(self, project: Path, capsys: Said) -> None:
        Path("jobs/broken.toml").write_text("title = ", "utf-8")
        assert run_command(["ls"]) == 0
        assert "jobs/broken.toml" in capsys.readouterr().out

    def test_selected(self, project: Path, capsys: Said) -> None:
        shutil.copy(JOB, "jobs/other.toml")
        edit(Path("jobs/other.toml"), '["compliance", "weekly"]', '["alone"]')
        assert run_command(["ls", "--select", "tag:alone"]) == 0
        assert capsys.readouterr().out.count("jobs/") == 1

    def test_outside_a_project(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
        monkeypatch.chdir(tmp_path)
        assert run_command(["ls"]) == 2
        assert "no reportrunner.toml" in capsys.readouterr().err


class TestPeek:
    def test_a_dataset_with_its_types(self, project: Path, capsys: Said) -> None:
        assert run_command(["peek", "weekly-compliance.totals", "--sandbox", *AS_OF]) == 0
        said = capsys.readouterr()
        names, types, *rows = said.out.splitlines()
        assert names.split()[:3] == ["unique_known_users", "unique_videos", "count_plays"]
        assert types.split()[:3] == ["integer", "integer", "integer"]
        assert len(rows) == 3
        assert rows[-1] == "2 rows"
        assert "progress" not in said.err, "only the dataset and its inputs are fetched"

    def test_sql_brings_its_inputs(self, project: Path, capsys: Said) -> None:
        assert run_command(["peek", f"{JOB}.by_course", "--sandbox", *AS_OF, "--rows", "1"]) == 0
        assert "1_gdpr1" in capsys.readouterr().out
        assert not Path("out").exists()
        assert not Path(".reportrunner").exists()

    def test_what_would_change_something_is_not_peeked_at(self, project: Path, capsys: Said) -> None:
        Path("jobs/two.toml").write_text(TWO + ORDER + AFTER)
        for dataset in ("order", "after"):
            assert run_command(["peek", f"two.{dataset}", "--sandbox", *AS_OF]) == 2
            said = capsys.readouterr()
            assert said.out == ""
            assert "  two: datasets.order orders catalogue item 8 for 1_a\nnothing was sent" in said.err
        assert run_command(["peek", "two.plays", "--sandbox", *AS_OF]) == 0, "a job that acts may be looked at"

    @pytest.mark.parametrize("target", ["weekly-compliance", "nothing.overdue", "weekly-compliance.overdo", JOB])
    def test_what_is_no_dataset(self, target: str, project: Path, capsys: Said) -> None:
        assert run_command(["peek", target, "--sandbox", *AS_OF]) == 2
        assert capsys.readouterr().out == ""

    def test_without_a_secret(self, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
        monkeypatch.delenv("KALTURA_ADMIN_SECRET", raising=False)
        assert run_command(["peek", "weekly-compliance.totals"]) == 3
        assert "KALTURA_ADMIN_SECRET" in capsys.readouterr().err


class TestExplain:
    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["kaltura"], ["report.getTable", "partner"]),
            (["kaltura.report.getTable"], ["categoriesAncestorIdIn", "USER_TOP_CONTENT", "12,000", "ANALYTICS_BASE"]),
            (["kaltura.report.getTable", "13"], ["count_plays: integer, plays, additive", "kaltura.md §8 (unknown)"]),
            (["kaltura.report.getTotal", "user_top_content"], ["unique_known_users"]),
            (["kaltura_reports.pollsActivity"], ["entries_ids", "virtualeventid"]),
            (["kaltura.vod_only"], ["playbackTypeIn"]),
            (["cloudflare"], ["api_token", "realtime.kit.sessions", "user.spectrum_analytics.zones.report"]),
            (
                ["cloudflare.spectrum.analytics.events.bytime"],
                ["a list of tables", "ipVersion", "dekaminute", "12,000"],
            ),
            (
                ["cloudflare.realtime.kit.analytics.daywise"],
                ["unknown time zone", "Realtime Admin", "joined on the day"],
            ),
            (["cloudflare.incomplete"], ["data_lag"]),
            (["report"], ["report.{job, title", "dataset.{name"]),
        ],
    )
    def test_a_subject(self, arguments: list[str], words: list[str], capsys: Said) -> None:
        assert run_command(["explain", *arguments]) == 0
        said = capsys.readouterr().out
        assert [word for word in words if word not in said] == []

    def lines(self, capsys: Said, *arguments: str) -> list[str]:
        assert run_command(["explain", *arguments]) == 0
        return capsys.readouterr().out.splitlines()

    def test_a_provider_groups_its_endpoints(self, capsys: Said) -> None:
        text = "\n".join(self.lines(capsys, "kaltura"))
        groups = {part.splitlines()[0]: part for part in text.split("\n\n")}
        assert "report.getTable " in groups["endpoints of report"]
        assert "baseEntry.list " in groups["endpoints of other services"]
        acting = groups["actions: they change something, and need run --allow-actions"]
        assert "reach_entryVendorTask.add " in acting
        assert "report.exportToCsv " in acting
        assert text.count("report.exportToCsv") == 1

    def test_a_source_shows_the_keys_of_its_tables(self, capsys: Said) -> None:
        lines = self.lines(capsys, "kaltura")
        assert '  auth: a table, such as { admin_secret = { env = "NAME" } } (required)' in lines
        assert '          hash_type: one of "SHA1", "MD5", "SHA256", "SHA512" ("SHA1" when left out)' in lines
        assert lines.count("          env: text") == 1, "a reference is told once"

    def test_a_table_has_all_its_parts_in_order(self, capsys: Said) -> None:
        lines = self.lines(capsys, "kaltura.report.getTable")
        heads = [after.split(" (")[0] for before, after in pairwise(lines) if not before]
        assert heads[:3] == ["counts days of the job's time zone", "keys", "filters"]
        assert heads[3:] == ["lists that take a pack of each", "reports", "limits", "traps"]

    def test_lists_that_take_a_pack_are_told(self, capsys: Said) -> None:
        lines = self.lines(capsys, "kaltura.caption_captionAsset.list")
        at = lines.index("lists that take a pack of each")
        assert lines[at + 1 : at + 3] == ["  500 values at most", "      filters.entryIdIn, filters.statusIn"]
        packed = self.lines(capsys, "cloudflare.spectrum.analytics.aggregate.current")
        assert packed[packed.index("lists that take a pack of each") + 2].strip() == "app_id"
        assert "lists that take a pack of each" not in self.lines(capsys, "kaltura.report.getTotal")

    def test_a_code_is_told_in_lines_of_a_terminal(self, capsys: Said) -> None:
        assert max(map(len, self.lines(capsys, "history.missing_days"))) <= 100

    def test_filters_have_separator_and_meaning(self, capsys: Said) -> None:
        lines = self.lines(capsys, "kaltura.report.getTable")
        at = lines.index('  entryIdIn: a list of text, joined by "|" on the wire')
        assert lines[at + 1] == "      entry ids"
        assert '  application: a list of text, joined by "," on the wire' in lines
        assert '  playbackTypeIn: a list of "vod", "live", "dvr", "offline", joined by "|" on the wire' in lines

    def test_reports_have_their_columns(self, capsys: Said) -> None:
        lines = self.lines(capsys, "kaltura.report.getTable")
        at = next(n for n, line in enumerate(lines) if line.startswith("  UNIQUE_USERS_PLAY (35): "))
        assert lines[at + 1].lstrip().startswith("date_id, unique_known_users")

    def test_estimates_are_marked(self) -> None:
        from dataclasses import replace

        from reportrunner.cli.catalogue import endpoint_text, report_type_text
        from reportrunner.providers import PROVIDERS

        provider = PROVIDERS["kaltura"]
        table = provider.endpoints["report.getTable"]
        sure = tuple(replace(column, approximate=False) for column in table.report_columns("35"))
        guess = (sure[0], replace(sure[1], approximate=True))
        only = table.reports()[:1]
        exact = replace(table, reports=lambda: only, report_columns=lambda _: sure)
        estimated = replace(table, reports=lambda: only, report_columns=lambda _: guess)
        assert "      date_id, unique_known_users" in endpoint_text(provider, exact)
        text = endpoint_text(provider, estimated)
        assert "      date_id, unique_known_users~" in text
        assert any(line.endswith("; ~ is estimated by the service)") for line in text)
        assert not any("estimated" in line for line in report_type_text(provider, exact, "1"))
        assert any("estimated by the service" in line for line in report_type_text(provider, estimated, "1"))

    @pytest.mark.parametrize(
        ("endpoint", "key"),
        [
            ("kaltura.call", "window"),
            ("kaltura.elasticsearch_esearch.searchEntry", "window"),
            ("kaltura_reports.registration", "window"),
            ("kaltura.report.getUrlForReportAsCsv", "dst"),
        ],
    )
    def test_a_key_that_is_refused_is_not_listed(self, endpoint: str, key: str, capsys: Said) -> None:
        lines = self.lines(capsys, endpoint)
        assert [line for line in lines if line.startswith(f"  {key}:")] == []
        assert [line for line in self.lines(capsys, "kaltura.report.getTable") if line.startswith(f"  {key}:")] != []

    def test_what_no_source_says(self, capsys: Said) -> None:
        lines = self.lines(capsys, "kaltura.call")
        assert "needs: not documented" in lines
        assert [line for line in lines if line.startswith("counts")] == ["counts what its params say"]

    def test_an_endpoint_is_found_as_a_job_writes_it(self, capsys: Said) -> None:
        assert self.lines(capsys, "sessions.list") == self.lines(capsys, "livekit.sessions.list")

    @pytest.mark.parametrize(
        ("word", "said"),
        [
            ("report.getTabel", 'did you mean "report.getTable"?'),
            ("USER_TOP_CONTENT", "explained by: explain kaltura.report.getTable USER_TOP_CONTENT"),
            ("38", "explained by: explain kaltura.report.getTable 38"),
        ],
    )
    def test_what_is_near_is_told(self, word: str, said: str, capsys: Said) -> None:
        assert run_command(["explain", word]) == 2
        assert said in capsys.readouterr().err

    def test_what_acts_says_so(self, capsys: Said) -> None:
        needs = "changes something at the provider: needs run --allow-actions"
        assert needs in self.lines(capsys, "kaltura.reach_entryVendorTask.add")
        assert f"{needs}, unless all that it calls only reads" in self.lines(capsys, "kaltura.call")
        assert needs not in self.lines(capsys, "kaltura.baseEntry.list")

    def test_a_search_within_a_search_is_told_once(self, capsys: Said) -> None:
        lines = self.lines(capsys, "kaltura.elasticsearch_esearch.searchEntry")
        assert sum(line.lstrip().startswith("operator:") for line in lines) == 1

    @pytest.mark.parametrize(
        ("arguments", "near"),
        [
            (["kaltura.report.getTabel"], "kaltura.report.getTable"),
            (["kaltura.vod_onli"], "kaltura.vod_only"),
            (["kaltura.report.getTable", "USER_TOP_CONTNT"], "USER_TOP_CONTENT"),
        ],
    )
    def test_a_misspelt_one(self, arguments: list[str], near: str, capsys: Said) -> None:
        assert run_command(["explain", *arguments]) == 2
        assert f'did you mean "{near}"?' in capsys.readouterr().err

    def test_what_is_near_to_nothing(self, capsys: Said) -> None:
        assert run_command(["explain", "calendars"]) == 2
        said = capsys.readouterr().err
        assert "known: report, cloudflare, kaltura, " in said
        assert "which explain cloudflare lists" in " ".join(said.split())
        assert "codes: check, empty, " in said
        assert max(map(len, said.splitlines())) <= 100

    def test_a_report_that_another_endpoint_asks(self, capsys: Said) -> None:
        assert run_command(["explain", "kaltura.report.getGraphs", "43"]) == 2
        assert 'report.getGraphs has no report "43"; it is asked by report.getTable' in capsys.readouterr().err


class TestSchema:
    def test_on_standard_output(self, capsys: Said) -> None:
        assert run_command(["schema", "project"]) == 0
        assert json.loads(capsys.readouterr().out)["title"] == "reportrunner project"

    def test_into_a_folder(self, tmp_path: Path) -> None:
        assert run_command(["schema", "--out", str(tmp_path / "schemas")]) == 0
        assert sorted(path.name for path in (tmp_path / "schemas").iterdir()) == [
            "fixtures.schema.json",
            "job.schema.json",
            "project.schema.json",
            "rest.schema.json",
        ]


class TestSandbox:
    @pytest.fixture
    def process(self) -> Iterator[subprocess.Popen[str]]:
        command = [sys.executable, "-m", "reportrunner", "sandbox", "--fault", "http_503=1"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            yield process
            process.kill()

    def test_it_serves_and_stops_when_interrupted(self, process: subprocess.Popen[str]) -> None:
        import signal
        import urllib.error
        import urllib.request

        assert process.stdout
        assert process.stderr
        url = process.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:")
        address = f"{url}/api_v3/service/report/action/getTotal?format=1"
        with pytest.raises(urllib.error.HTTPError) as failed:
            urllib.request.urlopen(address, timeout=10)
        failed.value.close()
        assert failed.value.code == 503
        with urllib.request.urlopen(address, timeout=10) as reply:
            assert json.loads(reply.read())["objectType"] == "KalturaAPIException"
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 130

    @pytest.mark.parametrize("fault", ["htp_503=1", "http_503=x", "nothing"])
    def test_an_unknown_fault(self, fault: str, capsys: Said) -> None:
        assert run_command(["sandbox", "--fault", fault]) == 2
        assert "--fault" in capsys.readouterr().err


def test_no_command_imports_what_it_does_not_need() -> None:
    heavy = {"duckdb", "requests", "jinja2", "pydantic", "vl_convert", "reportrunner.sandbox"}
    for arguments in (["--help"], ["--version"], *([name, "--help"] for name in COMMANDS), ["ls"]):
        code = (
            "import sys; from reportrunner.cli.main import run_command; "
            f"run_command({arguments!r}); print('\\n'.join(sys.modules))"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
        loaded = heavy & set(done.stdout.split())
        assert (arguments, loaded) == (arguments, set())


SMALL = """
title = "Small"
timezone = "{zone}"
label = "now"

[datasets.r]
rows = [{{ id = "a", m = "x" }}, {{ id = "b", m = "y" }}]

[datasets.today]
sql = "select cast(current_date as varchar) as day, cast(now() as varchar) as moment, (select count(*) from r) as n"

[outputs.today]
format = "csv"
dataset = "today"
{more}
"""


def small(project: Path, *, zone: str = "Asia/Tokyo", more: str = "") -> str:
    (project / "jobs/small.toml").write_text(SMALL.format(zone=zone, more=more), "utf-8")
    return "jobs/small.toml"


@pytest.mark.parametrize(
    ("zone", "as_of", "day"),
    [
        ("Asia/Tokyo", "2026-11-16", "2026-11-16"),
        ("America/New_York", "2026-11-16T20:00", "2026-11-16"),
        ("Pacific/Kiritimati", "2026-11-16", "2026-11-16"),
    ],
)
def test_today_in_sql_is_the_day_of_as_of_in_the_jobs_zone(project: Path, zone: str, as_of: str, day: str) -> None:
    assert run_command(["run", small(project, zone=zone), "--sandbox", "--as-of", as_of]) == 0
    assert (project / "out/small/now/today.csv").read_text().splitlines()[1].startswith(day)


MAIL = '[outputs.mail]\nformat = "email"\neach = { dataset = "r", column = "id" }\npath = "{{ each | slug }}.eml"\n'
EACH = '[outputs.each]\nformat = "csv"\ndataset = "r"\neach = { dataset = "r", column = "id" }\n'


def test_a_document_cannot_take_the_name_of_the_manifest(project: Path, capsys: Said) -> None:
    job = small(project, more=EACH + 'path = "{{ each }}.toml"')
    edit(Path(job), '"a"', '"manifest"')
    assert run_command(["run", job, "--sandbox", *AS_OF]) == 3
    assert "manifest.toml" in capsys.readouterr().err
    assert not (project / "out/small/now").exists()


def test_rows_that_no_document_would_hold_are_refused(project: Path, capsys: Said) -> None:
    job = small(
        project,
        more=EACH.replace('"r"', '"s"')
        + 'path = "{{ each }}.csv"\n[datasets.s]\nsql = "select case id when \'a\' then id end as id from r"',
    )
    assert run_command(["run", job, "--sandbox", *AS_OF]) == 3
    assert "no document would hold them" in capsys.readouterr().err


def test_a_key_that_does_not_name_rows_of_sql_is_an_error(project: Path, capsys: Said) -> None:
    doubled = "select m, id from r union all select m, id || m from r"
    more = f'[datasets.s]\nsql = "{doubled}"\nkey = ["m"]\n[outputs.s]\nformat = "csv"\ndataset = "s"'
    job = small(project, more=more)
    assert run_command(["run", job, "--sandbox", *AS_OF]) == 5
    assert "2 rows repeat a m" in capsys.readouterr().err


def test_a_message_for_one_cannot_carry_the_rows_of_all(project: Path, capsys: Said) -> None:
    mail = (
        '[outputs.all]\nformat = "csv"\ndataset = "r"\n' + MAIL + 'to = ["{{ each }}@example.org"]\nattach = ["all"]\n'
    )
    assert run_command(["validate", small(project, more=mail)]) == 3
    assert '"all" holds the rows of every id' in capsys.readouterr().err


def test_an_address_may_come_from_a_column(project: Path) -> None:
    job = small(project, more=MAIL + 'to = ["{{ each }}"]\n')
    edit(Path(job), '"a"', '"ana@example.org"')
    edit(Path(job), '"b"', '"bo@example.org"')
    assert run_command(["run", job, "--sandbox", *AS_OF]) == 0
    assert len(list((project / "out/small/now").glob("*.eml"))) == 2


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('label = "now"', 'label = "now.r2"', "cannot name a folder"),
        ("{more}", '[checks.c]\ndataset = "r"\nbetween = { id = [0, inf] }', "lower and an upper bound"),
    ],
)
def test_what_only_looks_right_is_refused(project: Path, capsys: Said, old: str, new: str, said: str) -> None:
    text = SMALL.replace(old, new.replace("{", "{{").replace("}", "}}"))
    (project / "jobs/small.toml").write_text(text.format(zone="UTC", more=""), "utf-8")
    assert run_command(["validate", "jobs/small.toml"]) == 3
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("as_of", ["", "9999-12-31", "0001-01-01"])
def test_a_moment_that_is_none(project: Path, as_of: str) -> None:
    assert run_command(["run", small(project), "--sandbox", "--as-of", as_of]) == 2


def test_a_window_beyond_as_of_is_told(project: Path, capsys: Said) -> None:
    edit(Path(JOB), 'to   = "as_of"', "to   = 2026-12-31")
    assert run_command(["peek", "weekly-compliance.totals", "--sandbox", *AS_OF]) == 0
    assert run_command(["run", JOB, "--sandbox", *AS_OF]) == 0
    assert "reaches beyond as_of" in capsys.readouterr().err


def test_secrets_do_not_travel_in_the_clear(project: Path, capsys: Said) -> None:
    edit(Path("reportrunner.toml"), "https://www.kaltura.com", "http://www.kaltura.com")
    assert run_command(["validate", JOB]) == 3
    assert 'write "https://www.kaltura.com"' in capsys.readouterr().err


def test_a_block_that_nothing_shows_is_an_error(project: Path, capsys: Said) -> None:
    edit(Path("templates/compliance.html.j2"), "{% block main %}", "{% block mian %}")
    assert run_command(["validate", JOB]) == 3
    said = capsys.readouterr().err
    assert "templates/compliance.html.j2" in said
    assert '"main"' in said


def test_a_template_outside_the_project_is_none(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    secret = tmp_path_factory.mktemp("elsewhere") / "passwords"
    secret.write_text("root", "utf-8")
    (project / "templates/p.html.j2").symlink_to(secret)
    edit(Path("templates/compliance.html.j2"), "{% block main %}", '{% block main %}{% include "p.html.j2" %}')
    assert run_command(["validate", JOB]) == 3


def test_a_list_on_the_command_line_has_no_brackets(project: Path, capsys: Said) -> None:
    job = small(project, more='[params.ids]\ntype = "list"\ndefault = ["a"]')
    assert run_command(["plan", job, "--param", 'ids=["a"]']) == 2
    assert "a,b" in capsys.readouterr().err
