"""What is said of a rest source that is wrong: every fault at its line, all of them at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError
from rests import BEARER, HEAD, THINGS, ask, said, source

EXPORT = """
[endpoints.things]
summary  = "Things"
response = { format = "csv" }
columns  = { id = "integer" }
[endpoints.things.export.generate]
request  = { method = "POST", path = "/runs" }
capture  = { run = "$.id" }
[endpoints.things.export.poll]
request  = { path = "/runs/{{ captured.run }}" }
status   = "$.status"
waiting  = ["pending"]
ready    = ["done"]
[endpoints.things.export.serve]
request  = { path = "/runs/{{ captured.run }}/file" }
"""


def test_sound_definitions_are_taken(tmp_path: Path) -> None:
    assert said(HEAD + BEARER + THINGS, tmp_path) == []
    assert said(HEAD + BEARER + EXPORT, tmp_path) == []


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ('"/v1/things"', '"/v2/things"', False),
        ('"/v1/things"', '"/v1/things", query = { kind = "refunds" }', False),
        ('"$.data"', '"$.refunds"', False),
        ('"/v1/things"', '"/v1/things", headers = { Accept-Language = "en" }', True),
        ('"Things"', '"All things"', True),
        ("columns  = {", 'columns  = { name = "string",', True),
    ],
)
def test_another_definition_asks_for_other_rows_or_does_not(old: str, new: str, same: bool) -> None:
    """What was remembered of one must not meet what the other brings."""
    assert old in THINGS
    texts = (THINGS, THINGS.replace(old, new))
    first, second = (source(text).provider.endpoints["things"].definition for text in texts)
    assert first
    assert (first == second) is same


def test_everything_wrong_is_said_at_once_and_at_its_line(tmp_path: Path) -> None:
    text = """
[endpoints.things]
summary  = "Things"
params   = { status = { type = "string" }, unused = { type = "integer" } }
request  = { path = "/v1/{{ window.strt }}", query = { a = "{{ params.status | unix }}", b = "{{ captured.x }}" } }
response = { format = "json", rows = "$.data" }
columns  = { id = "integer", at = { type = "timestamp", from = "at" } }
key      = ["idd"]
total    = "$.total"
"""
    unused = 'no request names the param "unused": it would do nothing'
    assert said(HEAD + BEARER + text, tmp_path) == [
        f'7: {unused} [write unused = "{{{{ params.unused }}}}" in the query, or remove it]',
        '8: window has no "strt"; did you mean "start"?',
        "8: unix needs a timestamp, found text [use a timestamp, such as {{ windows.week.start | unix }}]",
        '8: captured has no "x"',
        '10: "at" is no JSONPath: it begins with $ [write "$.at"]',
        '11: the key names "idd", which is no column [its columns: id, at]',
    ]


ONE_FAULT = [
    ('request  = { path = "/v1/things" }', 'request = { path = "v1" }', "is no path of the API"),
    ('request  = { path = "/v1/things" }', 'request = { path = "/v1?a=b" }', 'a path holds no "?"'),
    ('request  = { path = "/v1/things" }', 'request = { path = "/v1/a%20b" }', "percent-encoded already"),
    ('request  = { path = "/v1/things" }', 'request = { path = "/v1/../x" }', "climbs out of its folder"),
    ('request  = { path = "/v1/things" }', 'request = { path = "/v1", json = { a = 1 } }', "a GET has no body"),
    ('request  = { path = "/v1/things" }', 'request = { path = "/v1", metod = "GET" }', 'unknown key "metod"'),
    ('request  = { path = "/v1/things" }', 'request = { path = "/v1", method = "DELETE" }', "does not say what"),
    (
        'request  = { path = "/v1/things" }',
        'request = { path = "/v1", headers = { Authorization = "x" } }',
        'the header "Authorization" carries a secret',
    ),
    ('request  = { path = "/v1/things" }', 'request = { path = "/v1/{{ params.x }}" }', 'params has no "x"'),
    ('request  = { path = "/v1/things" }', 'request = { path = "/v1/{{ windows.x }}" }', '"windows" is not known here'),
    ('request  = { path = "/v1/things" }', 'request = { path = "/v1/{{ window }}" }', "window is a table"),
    ('request  = { path = "/v1/things" }', "", "either a request or an export"),
    ('"$.data"', '"data"', '"data" is no JSONPath'),
    ('"$.data"', '"$.data["', "is no JSONPath"),
    ('"json"', '"jsn"', '"format" cannot be "jsn"; did you mean "json"?'),
    ('"json"', '"json", gzip = true, zip = true', "packed by gzip or by zip"),
    ('"integer"', '"intger"', 'cannot be "intger"; did you mean "integer"?'),
    ('"integer"', '{ type = "integer", form = "unix s" }', "a integer has no form"),
    ('"integer"', '{ type = "timestamp", form = "%Y-%m-%d" }', "knows no zone"),
    ('"integer"', '{ type = "integer", path = "$.a" }', 'unknown key "path"'),
    ('summary  = "Things"', 'summary = "Things"\nzone = "UTC"', "no request names the window"),
    ('summary  = "Things"', 'summary = "Things"\nwindow = "optional"', "no request names the window"),
    (
        'summary  = "Things"',
        'summary = "Things"\nparams = { a = { type = "string" } }',
        'no request names the param "a"',
    ),
    ('summary  = "Things"', 'summary = "Things"\npagination = { by = "page" }', "is spelt paging"),
    ('summary  = "Things"', 'summary = "Things"\npaging = { by = "pages", name = "p" }', 'did you mean "page"?'),
    ('summary  = "Things"', 'summary = "Things"\npaging = { by = "page", name = "p", stop = "short" }', "without size"),
    ('summary  = "Things"', 'summary = "Things"\npaging = { by = "cursor", name = "p" }', "found at one place"),
    (
        'summary  = "Things"',
        'summary = "Things"\npaging = { by = "page", name = "p", in = "form" }',
        "the request has none",
    ),
    ("[endpoints.things]", '[endpoints."all things"]', "is no name of an endpoint"),
]


@pytest.mark.parametrize(("old", "new", "words"), ONE_FAULT)
def test_one_fault_is_one_message(old: str, new: str, words: str, tmp_path: Path) -> None:
    assert THINGS.count(old) == 1
    found = said(HEAD + BEARER + THINGS.replace(old, new), tmp_path)
    assert len(found) == 1
    assert words in found[0]


ASKS = 'request  = { path = "/v1/things" }'
KEYED = 'auth = { query = { name = "key", value = { env = "A" } } }\n'
HEADED = 'auth = { header = { name = "X-Key", value = { env = "A" } } }\n'
HEADER_ASKS = 'request = { path = "/v1", headers = { X-A = "{{ params.a }}" } }'
LATER = [
    (KEYED, ASKS, 'request = { path = "/v1", query = { key = "x" } }', 'things writes "key"'),
    (HEADED, ASKS, 'request = { path = "/v1", headers = { x-key = "x" } }', 'things writes "x-key"'),
    (
        'session = "other"\nsession_in = { query = "ks" }\n',
        ASKS,
        'request = { path = "/v1", query = { ks = "x" } }',
        'things writes "ks"',
    ),
    (HEADED.replace('"A" }', '"A" }, prefix = "a\\n"'), "", "", "holds a line break"),
    (BEARER, ASKS, 'request = { path = "/v1", headers = { X-A = "a\\r\\nb: c" } }', "holds a line break"),
    (BEARER, ASKS, 'request = { path = "/v1", headers = { X-A = "é" } }', "beyond ASCII"),
    (BEARER, ASKS, 'request = { path = "/v1", query = { a = inf } }', "inf is no number that can be sent"),
    (BEARER, ASKS, 'request = { path = "/v1", query = { a = [1.5, nan] } }', "nan is no number that can be sent"),
    (BEARER, ASKS, ASKS + "\nretry = { codes = [7] }", "nothing says where a code stands"),
    (BEARER, ASKS, ASKS + '\nretry = { limited_codes = ["busy"] }', "nothing says where a code stands"),
    (BEARER, ASKS, ASKS + '\nzone_from = "unknown"', "zone_from says how sure a zone is"),
    (
        BEARER,
        ASKS,
        f"{HEADER_ASKS}\nparams = {{ a = {{ type = 'string', default = 'ü' }} }}",
        "a goes into a header",
    ),
]


@pytest.mark.parametrize(("auth", "old", "new", "words"), LATER)
def test_what_only_the_service_would_refuse_is_refused_here(
    auth: str, old: str, new: str, words: str, tmp_path: Path
) -> None:
    (found,) = said(HEAD + auth + THINGS.replace(old, new), tmp_path)
    assert words in found


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"a": "a\r\nb"}, "a line break"),
        ({"a": "ü"}, "beyond ASCII"),
        ({"a": "a", "b": float("inf")}, "inf is no number"),
    ],
)
def test_a_dataset_gives_no_value_that_no_request_can_carry(params: dict[str, object], words: str) -> None:
    text = THINGS.replace(
        ASKS,
        'request = { path = "/v1", headers = { X-A = "{{ params.a }}" }, query = { b = "{{ params.b }}" } }\n'
        'params = { a = { type = "string" }, b = { type = "decimal", required = false } }',
    )
    assert ask(source(text), params={"a": "a", "b": 1.5}).endpoint.name == "things"
    with pytest.raises(ValidationError, match=words):
        ask(source(text), params=params)


EXPORT_FAULTS = [
    ('ready    = ["done"]', 'ready = ["pending"]', '"pending" stands in waiting and in ready'),
    ("/runs/{{ captured.run }}/file", "/runs/{{ captured.rn }}/file", 'captured has no "rn"; did you mean "run"?'),
    ("/runs/{{ captured.run }}/file", "/runs/{{ captured.run | lower }}", "takes no filter"),
    ('request  = { path = "/runs/{{ captured.run }}/file" }', 'link = "lnk"', 'no step before captures "lnk"'),
    ('path = "/runs" }', 'path = "/runs/{{ captured.run }}" }', 'captured has no "run"'),
    ('status   = "$.status"', "", 'needs the key "status"'),
    ('columns  = { id = "integer" }', 'paging = { by = "page", name = "p" }', "the result of an export has no pages"),
    ('columns  = { id = "integer" }', 'columns = { id = { type = "integer", from = "$.id" } }', "found by its name"),
    ('columns  = { id = "integer" }', 'total = "$.total"', "total is found in a JSON answer"),
]


@pytest.mark.parametrize(("old", "new", "words"), EXPORT_FAULTS)
def test_one_fault_of_an_export_is_one_message(old: str, new: str, words: str, tmp_path: Path) -> None:
    assert EXPORT.count(old) == 1
    found = said(HEAD + BEARER + EXPORT.replace(old, new), tmp_path)
    assert len(found) == 1
    assert words in found[0]


AUTH_FAULTS = [
    ("auth = {}", "auth is one of bearer, basic, header, query, oauth2 and sign_in"),
    ('auth = { bearer = { env = "A" }, basic = { user = { env = "B" } } }', "auth is one of"),
    ('auth = { bearer = "secret" }', "a secret never stands in a file"),
    ('auth = { token = { env = "A" } }', "is spelt bearer"),
    ('auth = { oauth2 = { client_id = { env = "A" }, client_secret = { env = "B" } } }', "at one place"),
    ('auth = { sign_in = { steps = [{ request = { path = "/login" } }] } }', "captures no session"),
    ('auth = { bearer = { env = "A" } }\nsession = "other"', "has auth or borrows a session"),
    ('auth = { bearer = { env = "A" } }\nsession_in = { query = "ks" }', "session_in belongs to sign_in"),
    ('auth = { basic = { user = "a:b" } }', "holds no colon"),
    ("auth = { basic = { user = 3 } }", "expected text or a table"),
    ('auth = { basic = { user = "a", password = "p" } }', "a secret never stands in a file"),
    ('auth = { oauth2 = { token_path = "/t", client_id = "a:b", client_secret = { env = "B" } } }', 'style = "form"'),
    ('session = "other"\nsession_in = { query = "ks", header = "X" }', "one header or one query name"),
]


@pytest.mark.parametrize(("auth", "words"), AUTH_FAULTS)
def test_auth_that_is_wrong(auth: str, words: str, tmp_path: Path) -> None:
    found = said(f"{HEAD}{auth}\n{THINGS}", tmp_path)
    assert len(found) == 1
    assert words in found[0]
    assert "secret" not in found[0] or "never stands" in found[0] or "sign_in" in found[0]


SIGN_IN = """[auth.sign_in]
[[auth.sign_in.steps]]
request = { path = "/nonce", form = { app = "a" } }
capture = { nonce = "$.nonce" }
[[auth.sign_in.steps]]
request = { path = "/login", json = { nonce = "{{ captured.nonce }}" } }
capture = { session = "$.token" }
"""
SIGN_IN_FAULTS = [
    ("{{ captured.nonce }}", "{{ captured.nonc }}", 8, 'captured has no "nonc"; did you mean "nonce"?'),
    ("{{ captured.nonce }}", "{{ captured.x }}", 8, "there is captured.nonce"),
    ("{{ captured.nonce }}", "{{ captured.session }}", 8, 'captured has no "session"'),
    ("{{ captured.nonce }}", "{{ captured.nonce | lower }}", 8, "takes no filter"),
    ("{{ captured.nonce }}", "n={{ captured.nonce }}", 8, "stands alone in JSON"),
    ("{{ captured.nonce }}", "{{ params.x }}", 8, "a sign-in knows no params"),
    ("{{ captured.nonce }}", "{{ window.start }}", 8, "a sign-in knows no window"),
    ("{{ captured.nonce }}", "{{ windows.x }}", 8, '"windows" is not known here'),
    ('app = "a"', 'app = "{{ captured.nonce }}"', 5, "no step before captures anything"),
    ('"/nonce"', '"/{{ params.x }}"', 5, "a sign-in knows no params"),
]


@pytest.mark.parametrize(("old", "new", "line", "words"), SIGN_IN_FAULTS)
def test_a_sign_in_names_what_an_earlier_step_captures_and_nothing_else(
    old: str, new: str, line: int, words: str, tmp_path: Path
) -> None:
    assert said(f"{HEAD}{SIGN_IN}{THINGS}", tmp_path) == []
    assert SIGN_IN.count(old) == 1
    (found,) = said(f"{HEAD}{SIGN_IN.replace(old, new)}{THINGS}", tmp_path)
    assert found.startswith(f"{line}: ")
    assert words in found


PARAM_FAULTS = [
    ('type = "strng"', 'did you mean "string"?'),
    ('type = "string", default = 3', "the default is 3"),
    ('type = "string", default = ["a"]', "the default is a list"),
    ('type = "string", values = ["a"], default = "b"', "none of its values"),
    ('type = "integer", values = ["a"]', "is no integer"),
    ('type = "date", values = ["a"]', "has no list of values"),
    ('type = "integer", min = 3, max = 2', "no value fits"),
    ('type = "string", min = 3', "a string has no min"),
    ('type = "string", required = false', "the path needs"),
    ('type = "string", many = true', "a path holds one value"),
]


@pytest.mark.parametrize(("param", "words"), PARAM_FAULTS)
def test_params_that_are_wrong(param: str, words: str, tmp_path: Path) -> None:
    text = THINGS.replace('"/v1/things"', '"/v1/{{ params.x }}"').replace(
        "columns", f"params = {{ x = {{ {param} }} }}\ncolumns"
    )
    found = said(HEAD + BEARER + text, tmp_path)
    assert len(found) == 1
    assert words in found[0]


@pytest.mark.parametrize("value", ["3", '"text"', "[1]", "true", "2026-01-01", "{ x = 1 }", "1.5"])
@pytest.mark.parametrize(
    "key",
    ["summary", "request", "params", "window", "paging", "response", "columns", "key", "errors", "retry", "export"],
)
def test_a_value_of_the_wrong_type_is_said_and_never_raised(key: str, value: str, tmp_path: Path) -> None:
    lines = [line for line in THINGS.splitlines() if not line.startswith(key.ljust(8))]
    found = said(HEAD + BEARER + "\n".join(lines) + f"\n{key} = {value}\n", tmp_path)
    if (key, value) != ("summary", '"text"'):
        assert found
        assert all(line and "Input should" not in line for line in found)


def test_a_dataset_gives_its_params_as_they_are_declared() -> None:
    text = THINGS.replace(
        'path = "/v1/things" }',
        'path = "/v1/{{ params.account }}", query = { status = "{{ params.status }}", most = "{{ params.most }}" } }',
    ).replace(
        "columns",
        'params = { account = { type = "string" }, status = { type = "string", values = ["paid", "refunded"],'
        ' required = false }, most = { type = "integer", default = 10, max = 50 } }\ncolumns',
    )
    one = source(text)
    for params, words in (
        ({}, "Field required"),
        ({"account": "a", "statu": "paid"}, "Extra inputs"),
        ({"account": "a", "status": "pad"}, "'paid' or 'refunded'"),
        ({"account": 3}, "valid string"),
        ({"account": ""}, "cannot stand in a path"),
        ({"account": ".."}, "cannot stand in a path"),
        ({"account": "a", "most": 51}, "less than or equal to 50"),
    ):
        with pytest.raises(ValidationError, match=words):
            ask(one, params=params)
    assert ask(one, params={"account": "a"}).endpoint.name == "things"


def test_a_dataset_without_params_or_window_may_give_none() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        ask(source(), params={"a": 1})
    with pytest.raises(ValidationError, match="takes no window"):
        source().provider.endpoints["things"].parameters.model_validate(
            {"source": "api", "endpoint": "things", "window": "week"}
        )
