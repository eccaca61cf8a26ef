"""The keys of every endpoint of the Reports Microservice: what is sent for them, what is refused (kaltura.md §11)."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import Any

import pytest
from asking import POLLS, WEEK, days, flow
from projects import WEEK as WEEK_TOML
from projects import planned, problem
from pydantic import ValidationError

from reportrunner.flow import fill_json
from reportrunner.providers.kaltura_reports import PROVIDER
from reportrunner.providers.kaltura_reports.parameters import CHAT_REPORTS, MODELLED
from reportrunner.providers.kaltura_reports.reading import is_personal
from reportrunner.table import Column, ColumnType
from reportrunner.window.span import WindowError

SOURCE = {"source": "kaltura_reports", "columns": {"a": "string"}}
EVENTS = {"entries_ids": ["1_a", "1_b"], "virtual_event_ids": ["4711"]}
PRIVILEGED = {"privileges": ["virtualeventid:4711"]}
REGISTRATION = {**SOURCE, "endpoint": "registration", "filters": {"appGuid": "62f1"}}
ENRICHMENT = {**SOURCE, "endpoint": "reportsEnrichment", "filters": {"taskType": "sessionViewership"}}
FREE = {**SOURCE, "endpoint": "report", "name": "eventOverview"}
LOCAL = dt.datetime.fromisoformat("2026-11-09")
OUT = '\n[outputs.o]\nformat = "html"\n'
TAIL = f'columns = {{ a = "string" }}\n{OUT}'


def sent(keys: dict[str, Any], window: Any = WEEK) -> Any:
    """The document that generate sends."""
    return fill_json(flow(keys, window).steps[0].request.json, str)


def section(endpoint: str, rest: str) -> str:
    return f'{WEEK_TOML}[datasets.x]\nsource = "kaltura_reports"\nendpoint = "{endpoint}"\n{rest}\n{TAIL}'


def test_every_report_that_the_guide_names_has_an_endpoint() -> None:
    assert set(PROVIDER.endpoints) == {*MODELLED, "report"}
    assert len(MODELLED) == 9


@pytest.mark.parametrize("name", [*CHAT_REPORTS, "attachment"])
def test_reports_on_events_take_iso_days_with_the_last_one_inclusive(name: str) -> None:
    keys = {**SOURCE, "endpoint": name, "filters": EVENTS, **(PRIVILEGED if name in CHAT_REPORTS else {})}
    dates = {"from_date_id": "2026-11-09", "to_date_id": "2026-11-15"}
    assert sent(keys) == {"reportName": name, "reportParameters": {**EVENTS, **dates}}
    assert flow(keys).kind == f"kaltura_reports.{name}"
    with pytest.raises(WindowError, match=f"{name} knows whole days only, .* ends inside one; write a period"):
        flow(keys, days("2026-11-09", "2026-11-09T12:00"))
    with pytest.raises(ValidationError, match="window"):
        flow(keys, None)


def test_registration_takes_an_application_and_no_dates() -> None:
    assert sent(REGISTRATION, None) == {"reportName": "registration", "reportParameters": {"appGuid": "62f1"}}
    with pytest.raises(ValidationError, match="registration takes no dates"):
        flow(REGISTRATION)


def test_enrichment_takes_unix_seconds_up_to_the_last_that_belongs_to_the_window() -> None:
    first = int(dt.datetime(2026, 11, 9, 5, tzinfo=dt.UTC).timestamp())
    params = {"from_date": first, "to_date": first + 7 * 86_400 - 1}
    document = {"taskType": "sessionViewership", "params": params}
    assert sent(ENRICHMENT) == {"reportName": "reportsEnrichment", "reportParameters": document}


def test_enrichment_takes_dates_in_another_form_where_the_job_knows_better() -> None:
    params = {"from_date": dt.date(2026, 11, 9), "to_date": "2026-11-15", "company": ["x"]}
    keys = {**ENRICHMENT, "filters": {"taskType": "t", "params": params}}
    assert sent(keys, None)["reportParameters"] == {"taskType": "t", "params": {**params, "from_date": "2026-11-09"}}
    with pytest.raises(ValidationError, match=r"params\.from_date is filled by the window"):
        flow(keys)
    with pytest.raises(ValidationError, match="reportsEnrichment needs dates"):
        flow({**ENRICHMENT, "filters": {"taskType": "t", "params": {"from_date": 1}}}, None)
    assert sent({**ENRICHMENT, "filters": {"taskType": "t", "params": {"company": True}}})["reportParameters"][
        "params"
    ]["company"]


def test_a_free_report_sends_what_the_job_typed() -> None:
    params = {
        "text": "1_12345",
        "number": 7,
        "share": 0.25,
        "exact": Decimal("0.1"),
        "big": Decimal(2**60),
        "flag": True,
        "day": dt.date(2026, 11, 9),
        "instant": dt.datetime(2026, 11, 9, tzinfo=dt.UTC),
        "nested": {"list": [1, [2, {"deep": "x"}]], "none": {}},
    }
    made = sent({**FREE, "params": params}, None)
    assert made == {
        "reportName": "eventOverview",
        "reportParameters": {
            **params,
            "exact": 0.1,
            "day": "2026-11-09",
            "instant": "2026-11-09T00:00:00+00:00",
        },
    }
    assert flow({**FREE, "params": params}, None).kind == "kaltura_reports.eventOverview"
    assert sent(FREE, None) == {"reportName": "eventOverview", "reportParameters": {}}


@pytest.mark.parametrize("value", [math.inf, math.nan, dt.time(9, 30), LOCAL, None])
def test_what_json_cannot_say_is_refused(value: object) -> None:
    for wrong in (value, [value], {"deep": value}):
        with pytest.raises(ValidationError, match=r"cannot be sent as JSON|no instant without its offset"):
            flow({**FREE, "params": {"x": wrong}}, None)


@pytest.mark.parametrize("name", [*MODELLED, "pollsactivity", " Registration"])
def test_a_report_with_an_endpoint_of_its_own_is_sent_there(name: str) -> None:
    with pytest.raises(ValidationError, match="has an endpoint of its own"):
        flow({**FREE, "name": name}, None)


def test_params_are_templates() -> None:
    text = section("report", 'name = "x"\nparams = { days = { from = "{{ windows.week.first_day }}" }, n = [1] }')
    plan = planned(text)
    body = fill_json(plan.flows["x"][0].steps[0].request.json, str)
    assert body == {"reportName": "x", "reportParameters": {"days": {"from": "2026-11-09"}, "n": [1]}}


# --- what is familiar and wrong -------------------------------------------------------------------------------

CHAT = 'window = "week"\nprivileges = ["virtualeventid:4711"]\n'
RIGHT = 'filters = { entries_ids = ["1_a"], virtual_event_ids = ["4711"] }'


@pytest.mark.parametrize(
    ("endpoint", "rest", "said"),
    [
        ("pollsActivity", f"{CHAT}{RIGHT}\nks = 'x'", "ks is never written in a job"),
        ("pollsActivity", f'{CHAT}{RIGHT}\nreportName = "pollsActivity"', "reportName is the endpoint; write endpoint"),
        ("pollsActivity", f"{CHAT}reportParameters = {{ }}", "is called filters in a job; write filters = {"),
        ("pollsActivity", f'{CHAT}{RIGHT}\nsessionId = "x"', "sessionId is handled by itself; remove it"),
        ("pollsActivity", f'{CHAT}{RIGHT}\nfrom_date_id = "2026-11-09"', "decided by the window; write window"),
        ("registration", 'appguid = "x"', "appguid belongs to filters; write filters = { appGuid = ... }"),
        ("registration", 'filters = { app_guid = "x" }', 'app_guid" | write appGuid = "..."'),
        ("registration", 'filters = { virtual_event_ids = ["1"], appGuid = "x" }', 'write appGuid = "..."'),
        ("registration", 'filters = { appGuid = "x", from_date = 1 }', "registration takes no dates; remove it"),
        ("registration", 'window = "week"\nfilters = { appGuid = "x" }', "registration takes no dates"),
        ("reportsEnrichment", 'window = "week"\nfilters = { task_type = "x" }', 'task_type" | write taskType = "..."'),
        ("reportsEnrichment", 'window = "week"\nfilters = { taskType = "x", from_date = 1 }', "decided by the window"),
        ("report", 'name = "x"\nfilters = { a = 1 }', "filters is called params here; write params = { ... }"),
        ("report", 'reportName = "x"', 'reportName is called name in a job; write name = "..."'),
        ("report", 'name = "x"\nentries_ids = ["1"]', "belongs to params; write params = { entries_ids = ... }"),
        ("report", 'name = "x"\nwindow = "week"', 'such as from_date_id = "{{ windows.week.first_day }}"'),
        ("report", 'name = "registration"', 'an endpoint of its own | write endpoint = "registration"'),
        ("generate", 'name = "x"', 'did you mean "report"?'),
        ("pollActivity", f"{CHAT}{RIGHT}", 'did you mean "pollsActivity"?'),
    ],
)  # fmt: skip
def test_familiar_wrong_forms_are_answered_with_the_one_that_works(endpoint: str, rest: str, said: str) -> None:
    label = 'label = "{{ windows.week.label }}"\n'
    assert said in problem(label + section(endpoint, rest))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("entries_ids", "entry_ids", 'write entries_ids = ["..."]'),
        ("virtual_event_ids", "virtualeventid", 'write virtual_event_ids = ["..."]'),
        ("} #", ', from_date = "2026-11-09" } #', "from_date is decided by the window; write window"),
        ("} #", ', to_date_id = "2026-11-09" } #', "to_date_id is decided by the window; write window"),
    ],
)  # fmt: skip
def test_familiar_wrong_filters_are_answered_with_the_one_that_works(old: str, new: str, said: str) -> None:
    assert said in problem(section("chatModeration", f"{CHAT}{RIGHT} #".replace(old, new, 1)))


REGISTERED = 'filters = { appGuid = "x" }'


# --- the privilege of an event --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("privileges", "words"),
    [
        (["virtualeventid:4712"], "the session lacks the privilege virtualeventid:4711"),
        (["edit:*"], "the session lacks the privilege virtualeventid:4711/4712"),
        (["virtualEventId:4711/4712"], "the session lacks the privilege virtualeventid:4711/4712"),
        (["virtualeventid:4711"], "the session lacks the privilege virtualeventid:4712"),
        (["virtualeventid:4711", "virtualeventid:4712"], "the later replaces the earlier"),
        (["virtualeventid:4711,4712"], "is no privilege"),
        (["virtualeventid:4711/4712 "], "is no privilege"),
        ([""], "is no privilege"),
    ],
)
def test_a_privilege_that_does_not_open_every_event_is_refused(privileges: list[str], words: str) -> None:
    filters = {"entries_ids": ["1_a"], "virtual_event_ids": ["4711", "4712"]}
    with pytest.raises(ValidationError, match=words):
        flow({**SOURCE, "endpoint": "privateTranscripts", "filters": filters, "privileges": privileges})


@pytest.mark.parametrize("privileges", [["virtualeventid:4711/4712"], ["edit:*", "virtualeventid:4713/4712/4711"]])
def test_one_privilege_opens_several_events(privileges: list[str]) -> None:
    filters = {"entries_ids": ["1_a"], "virtual_event_ids": ["4711", "4712"]}
    made = flow({**SOURCE, "endpoint": "privateTranscripts", "filters": filters, "privileges": privileges})
    assert made.session is not None
    assert made.session.privileges == tuple(privileges)


def test_the_line_to_type_keeps_the_other_privileges() -> None:
    rest = f'window = "week"\nprivileges = ["edit:*", "virtualeventid:1"]\n{RIGHT}'
    said = problem(section("chatUserActivity", rest))
    assert said.endswith('| write privileges = ["edit:*", "virtualeventid:1/4711"]')
    rest = f'window = "week"\n{RIGHT}'
    assert problem(section("chatUserActivity", rest)).endswith('| add privileges = ["virtualeventid:4711"]')


def test_each_event_has_its_own_privilege() -> None:
    each = 'each = { values = ["4801", "4802"], as = "event" }\n'
    filters = 'filters = { entries_ids = ["1_a"], virtual_event_ids = ["{{ each }}"] }'
    right = section(
        "pollsActivity", f'{each}window = "week"\nprivileges = ["virtualeventid:{{{{ each }}}}"]\n{filters}'
    )
    keys = [made.session for made in planned(right).flows["x"]]
    assert [key and key.privileges for key in keys] == [("virtualeventid:4801",), ("virtualeventid:4802",)]
    wrong = section("pollsActivity", f'{each}window = "week"\nprivileges = ["virtualeventid:4801"]\n{filters}')
    said = problem(wrong)
    assert "the session lacks the privilege virtualeventid:4802" in said
    assert said.endswith('or "virtualeventid:{{ each }}" where each goes over the events')


def test_reports_that_need_no_privilege_ask_for_none() -> None:
    label = 'label = "{{ windows.week.label }}"\n'
    for rest in (section("attachment", f'window = "week"\n{RIGHT}'), section("registration", REGISTERED)):
        (made,) = planned(label + rest).flows["x"]
        assert made.session is not None
        assert made.session.privileges == ()


# --- what is said of the answer -------------------------------------------------------------------------------


def test_where_the_zone_of_days_is_unknown_it_is_told_and_nowhere_else() -> None:
    told = {name for name, endpoint in PROVIDER.endpoints.items() if endpoint.days.doubtful}
    assert told == {*CHAT_REPORTS, "attachment"}
    assert all(endpoint.days.said and endpoint.permissions for endpoint in PROVIDER.endpoints.values())


@pytest.mark.parametrize(
    "name", ["user_id", "userName", "E-Mail", "to_email", "First Name", "lastName", "name", "user"]
)
def test_names_that_speak_of_a_person(name: str) -> None:
    assert is_personal(name)


@pytest.mark.parametrize(
    "name", ["entry_name", "filename", "message", "answer", "poll_id", "company", "event_user_count"]
)
def test_names_that_tell_nothing(name: str) -> None:
    assert not is_personal(name)


def test_declared_columns_keep_their_order_and_are_marked_personal() -> None:
    columns = {"answer": "string", "user_id": "string", "n": "integer", "email": "string"}
    rest = f'window = "week"\n{RIGHT}\nprivileges = ["virtualeventid:4711"]'
    toml = ", ".join(f'{name} = "{word}"' for name, word in columns.items())
    text = section("pollsActivity", rest).replace('a = "string"', toml)
    assert planned(text).nodes["x"].columns == (
        Column("answer", ColumnType.STRING),
        Column("user_id", ColumnType.STRING, personal=True),
        Column("n", ColumnType.INTEGER),
        Column("email", ColumnType.STRING, personal=True),
    )


def test_a_stranger_to_the_model_is_refused() -> None:
    for keys in (POLLS, REGISTRATION, FREE):
        with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
            flow({**keys, "surprise": 1}, WEEK if keys is POLLS else None)
