"""The endpoints of a provider by their names; each is made when it is asked for, for a job asks two or three."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from importlib import import_module

from reportrunner.ask import Endpoint


class Endpoints(Mapping[str, Endpoint]):
    """Endpoints by name, in the order in which they are listed."""

    def __init__(self, names: Mapping[str, object], make: Callable[[str], Endpoint]) -> None:
        """Take the names, and what makes the endpoint of one."""
        self._names = names
        self._make = make

    def __getitem__(self, name: str) -> Endpoint:
        """Make the endpoint; whoever makes it answers the same one every time."""
        if name not in self._names:
            raise KeyError(name)
        return self._make(name)

    def __contains__(self, name: object) -> bool:
        """Tell by the name alone."""
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        """Go over the names."""
        return iter(self._names)

    def __len__(self) -> int:
        """Count the names."""
        return len(self._names)


def endpoints_in(package: str, modules: Mapping[str, str]) -> Endpoints:
    """Return the endpoints that stand in the `ENDPOINTS` of a package's modules: names, and the module of each."""
    return Endpoints(modules, partial(_imported, package, modules))


def _imported(package: str, modules: Mapping[str, str], name: str) -> Endpoint:
    for endpoint in import_module(f"{package}.{modules[name]}").ENDPOINTS:
        if endpoint.name == name:
            assert isinstance(endpoint, Endpoint)
            return endpoint
    raise AssertionError(f"{package}.{modules[name]} has no endpoint {name}")
