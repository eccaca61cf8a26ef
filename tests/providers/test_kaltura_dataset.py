"""Keys that every kaltura dataset has, the session they make, and the permissions that a refusal names."""

from __future__ import annotations

import pytest
from projects import WEEK, planned

from reportrunner.ask import Ask, EndpointNode
from reportrunner.errors import InvalidError
from reportrunner.flow import Reply, SessionKey
from reportrunner.providers.kaltura.dataset import KalturaDataset

OUT = '[outputs.o]\nformat = "html"\n'
TABLE = """[datasets.plays]
source = "kaltura"
endpoint = "report.getTable"
report = "USER_TOP_CONTENT"
window = "week"
filters = { playbackTypeIn = ["vod"] }
"""


def asks(more: str) -> list[Ask]:
    node = planned(f"{WEEK}{TABLE}{more}{OUT}").nodes["plays"]
    assert isinstance(node, EndpointNode)
    return [node.ask(closing) for closing in node.closings(node.each.values or () if node.each else ())]


def sessions(more: str) -> list[SessionKey]:
    return [
        ask.parameters.session_at(ask.source.name) for ask in asks(more) if isinstance(ask.parameters, KalturaDataset)
    ]


def test_privileges_role_and_account_make_the_session() -> None:
    assert sessions("") == [SessionKey("kaltura")]
    given = 'privileges = ["list:*", "edit:1"]\nrole = 12\nimpersonate = 10101\n'
    assert sessions(given) == [SessionKey("kaltura", ("list:*", "edit:1", "setrole:12"), 10101)]


def test_each_value_may_have_a_session_of_its_own() -> None:
    events = 'each = { values = ["4801", "4802"], as = "event" }\nprivileges = ["virtualeventid:{{ each }}"]\n'
    assert sessions(events) == [SessionKey("kaltura", (f"virtualeventid:{event}",)) for event in ("4801", "4802")]
    accounts = 'each = { values = [10101, 10102], as = "account" }\nimpersonate = "{{ each }}"\n'
    assert sessions(accounts) == [SessionKey("kaltura", (), account) for account in (10101, 10102)]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('privileges = ["a:1,b:2"]\n', 'write ["name:value", "other"]'),
        ('privileges = ["setrole:7"]\n', "write role = 7"),
    ],
)
def test_a_privilege_is_one_and_no_role(more: str, said: str) -> None:
    with pytest.raises(InvalidError) as caught:
        sessions(more)
    assert said in [diagnostic.hint for diagnostic in caught.value.diagnostics]


def test_a_forbidden_service_names_the_permission_that_its_endpoint_needs() -> None:
    node = planned(f"{WEEK}{TABLE}{OUT}").nodes["plays"]
    assert isinstance(node, EndpointNode)
    step = node.endpoint.unfold(node.ask()).steps[0]
    body = b'{"code":"SERVICE_FORBIDDEN","message":"no","objectType":"KalturaAPIException","args":[]}'
    verdict = step.judge(step.request, Reply(200, {}, body))
    assert getattr(verdict, "hint", "") == "the session's role needs ANALYTICS_BASE"
