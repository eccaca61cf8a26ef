"""Endpoints that are made when they are asked for: every name leads to its own, and none is without a name."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pkgutil import iter_modules

import pytest

from reportrunner.ask import Endpoint
from reportrunner.endpoints import Endpoints
from reportrunner.providers import PROVIDERS

OF_MODULES = [name for name, provider in PROVIDERS.items() if provider.endpoints]
IMPORTED = """
import sys
from reportrunner.providers import PROVIDERS

made = {name: tuple(provider.endpoints) for name, provider in PROVIDERS.items()}
before = {name for name in sys.modules if name.startswith("reportrunner.providers")}
assert "report.getTable" in PROVIDERS["kaltura"].endpoints
assert before == {name for name in sys.modules if name.startswith("reportrunner.providers")}
assert PROVIDERS["livekit"].endpoints["sessions.list"].name == "sessions.list"
print(*sorted({name for name in sys.modules if name.startswith("reportrunner.providers")} - before))
"""


@pytest.mark.parametrize("name", OF_MODULES)
def test_every_name_leads_to_its_endpoint(name: str) -> None:
    endpoints = PROVIDERS[name].endpoints
    assert [endpoint.name for endpoint in endpoints.values()] == list(endpoints)
    assert len(endpoints) == len(list(endpoints)) > 0


@pytest.mark.parametrize("name", OF_MODULES)
def test_no_endpoint_of_a_module_is_without_a_name(name: str) -> None:
    package = import_module(f"reportrunner.providers.{name}")
    modules = [import_module(f"{package.__name__}.{one.name}") for one in iter_modules(package.__path__)]
    written = [endpoint.name for module in modules for endpoint in getattr(module, "ENDPOINTS", ())]
    assert sorted(written) == sorted(PROVIDERS[name].endpoints)


def test_names_are_told_without_making_anything() -> None:
    def make(name: str) -> Endpoint:
        raise AssertionError(name)

    endpoints = Endpoints({"b": 1, "a": 2}, make)
    assert (list(endpoints), len(endpoints), "a" in endpoints, "c" in endpoints) == (["b", "a"], 2, True, False)
    with pytest.raises(KeyError):
        endpoints["c"]


def test_a_name_without_its_endpoint_is_a_bug() -> None:
    from reportrunner.endpoints import endpoints_in

    wrong = endpoints_in("reportrunner.providers.livekit", {"sessions.gone": "sessions"})
    with pytest.raises(AssertionError, match=r"livekit\.sessions has no endpoint sessions\.gone"):
        wrong["sessions.gone"]


def test_only_the_module_of_an_endpoint_that_is_asked_is_imported() -> None:
    done = subprocess.run([sys.executable, "-c", IMPORTED], capture_output=True, text=True, check=True)
    new = done.stdout.split()
    assert "reportrunner.providers.livekit.sessions" in new
    assert all(name.startswith("reportrunner.providers.livekit") for name in new)
    assert "reportrunner.providers.livekit.details" not in new
