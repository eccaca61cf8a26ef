"""The family of providers: one entry each, imported when it is asked for, for a job needs one or two of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from reportrunner.ask import Provider


class _Family(Mapping[str, Provider]):
    """Providers by name; the value is the `PROVIDER` of the module of that name."""

    def __init__(self, *names: str) -> None:
        self._names = names

    def __getitem__(self, name: str) -> Provider:
        if name not in self._names:
            raise KeyError(name)
        found = import_module(f"{__name__}.{name}").PROVIDER
        assert isinstance(found, Provider)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


PROVIDERS: Mapping[str, Provider] = _Family("cloudflare", "kaltura", "kaltura_reports", "livekit", "rest")
