"""The schemas that editors use: fresh, satisfied by our own jobs, and telling one endpoint from another."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from reportrunner.formats import FORMATS
from reportrunner.load import load_project
from reportrunner.prepare import FAMILIES
from reportrunner.providers import PROVIDERS
from reportrunner.schema import every_schema, job_schema, project_schema, to_text

ROOT = Path(__file__).parents[1]
JOBS = sorted((ROOT / "jobs").rglob("*.toml"))
SOURCES = load_project(ROOT, "reportrunner.toml", FAMILIES).sources.values()


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft7Validator:
    schema = job_schema(PROVIDERS, FORMATS, SOURCES)
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def plain(data: Any) -> Any:
    """TOML dates are text to a JSON validator."""
    return json.loads(json.dumps(data, default=str))


def showcase() -> Any:
    return plain(tomllib.loads((ROOT / "jobs/weekly-compliance.toml").read_text("utf-8")))


def test_the_checked_in_schemas_are_fresh() -> None:
    expected = every_schema(PROVIDERS, FORMATS, SOURCES)
    assert {path.name.partition(".")[0] for path in (ROOT / "schemas").glob("*.json")} == set(expected)
    for name, schema in expected.items():
        written = (ROOT / "schemas" / f"{name}.schema.json").read_text("utf-8")
        assert written == to_text(schema), "run: make schemas"


@pytest.mark.parametrize("file", sorted((ROOT / "apis").glob("*.toml")), ids=lambda path: path.stem)
def test_every_file_that_a_source_names_satisfies_its_schema(file: Path) -> None:
    schema = every_schema(PROVIDERS, FORMATS)["fixtures" if ".fixtures" in file.name else "rest"]
    data = plain(tomllib.loads(file.read_text("utf-8")))
    assert [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(data)] == []


def test_an_endpoint_that_a_source_defines_belongs_to_that_source(validator: jsonschema.Draft7Validator) -> None:
    job = plain(tomllib.loads((ROOT / "jobs/examples/rest/charges.toml").read_text("utf-8")))
    assert validator.is_valid(job)
    job["datasets"]["charges"]["source"] = "helpdesk"
    assert not validator.is_valid(job)


@pytest.mark.parametrize("job", JOBS, ids=lambda path: path.stem)
def test_every_job_satisfies_the_schema(job: Path, validator: jsonschema.Draft7Validator) -> None:
    assert [error.message for error in validator.iter_errors(plain(tomllib.loads(job.read_text("utf-8"))))] == []


def test_the_project_file_satisfies_its_schema() -> None:
    data = plain(tomllib.loads((ROOT / "reportrunner.toml").read_text("utf-8")))
    assert [e.message for e in jsonschema.Draft7Validator(project_schema(PROVIDERS)).iter_errors(data)] == []


@pytest.mark.parametrize(
    ("dataset", "key", "value"),
    [
        ("progress", "filters", {"entryIdsIn": ["1_gdpr1"]}),
        ("progress", "reports", "USER_TOP_CONTENT"),
        ("progress", "endpoint", "report.getTabel"),
        ("viewership", "filters", {"entryIdIn": ["1_gdpr1"]}),
        ("polls", "poll", {"every": 2}),
        ("roster", "columns", {"user_id": "text"}),
    ],
)
def test_a_mistake_in_a_dataset_is_seen(
    dataset: str, key: str, value: object, validator: jsonschema.Draft7Validator
) -> None:
    job = showcase()
    job["datasets"][dataset][key] = value
    assert not validator.is_valid(job)


def test_an_expression_may_stand_for_any_value(validator: jsonschema.Draft7Validator) -> None:
    job = showcase()
    job["datasets"]["viewership"]["id"] = "{{ params.report_id }}"
    assert validator.is_valid(job)
    job["datasets"]["viewership"]["id"] = "3007"
    assert not validator.is_valid(job)


def test_the_endpoint_decides_which_keys_there_are() -> None:
    definitions = job_schema(PROVIDERS, FORMATS)["definitions"]
    by_endpoint = {
        name: d
        for d in definitions.values()
        if (said := d.get("properties", {}).get("endpoint"))
        for name in said.get("enum", [said.get("const")])
    }
    assert set(by_endpoint) == {name for provider in PROVIDERS.values() for name in provider.endpoints}
    assert "order" in by_endpoint["report.getTable"]["properties"]
    assert "order" not in by_endpoint["report.getTotal"]["properties"]
    assert "poll" in by_endpoint["pollsActivity"]["properties"]
