"""The page of Kaltura's other services: every endpoint has an example, and every example is a dataset that loads."""

from __future__ import annotations

import re
import tomllib

import pytest
from asking import WEEK, flow
from projects import ROOT, problems

from reportrunner.providers.kaltura import PROVIDER
from reportrunner.providers.kaltura.names import FAMILIAR, OTHERS

PAGE = (ROOT / "docs/providers/kaltura_services.md").read_text("utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
WINDOWS = {
    "now": '[windows.now]\nsince = "-110s"\nuntil = "-20s"\n',
    "week": '[windows.week]\nperiod = "week"\noffset = -1\n',
}
OUT = '[outputs.o]\nformat = "html"\n'


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: next(iter(tomllib.loads(text)["datasets"])))
def test_an_example_loads(example: str) -> None:
    (dataset,) = tomllib.loads(example)["datasets"].values()
    assert problems(WINDOWS.get(dataset.get("window", ""), "") + example + OUT) == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: next(iter(tomllib.loads(text)["datasets"])))
def test_a_plan_is_a_value(example: str) -> None:
    (dataset,) = tomllib.loads(example)["datasets"].values()
    first, second = (flow(dataset, WEEK if "window" in dataset else None) for _ in range(2))
    assert first == second


def test_every_endpoint_has_an_example() -> None:
    shown = {dataset["endpoint"] for text in EXAMPLES for dataset in tomllib.loads(text)["datasets"].values()}
    assert shown == set(OTHERS)


def test_familiar_names_lead_to_endpoints() -> None:
    assert set(FAMILIAR.values()) <= set(PROVIDER.endpoints)
    assert set(FAMILIAR).isdisjoint(PROVIDER.endpoints)


def test_every_column_says_what_it_is_and_where_that_is_written() -> None:
    for endpoint in map(PROVIDER.endpoints.__getitem__, OTHERS):
        if endpoint.name != "call":
            columns = endpoint.columns(endpoint.parameters.model_construct())
            assert columns
            assert [column.name for column in columns if not (column.description and column.source)] == []
