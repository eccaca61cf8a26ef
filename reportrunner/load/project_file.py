"""Loading a project: its sources and calendars, the files they include, and the certificates and fixtures they name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from reportrunner.ask import Provider, Source
from reportrunner.checker import Checker, Loc, named, tables
from reportrunner.errors import Diagnostic, InvalidError
from reportrunner.fixtures import load_fixtures
from reportrunner.job import Project
from reportrunner.load.calendars import CalendarLoader
from reportrunner.load.defaults import check_defaults
from reportrunner.load.files import own_file
from reportrunner.load.job_file import Families
from reportrunner.project_root import PROJECT_FILE
from reportrunner.source_spec import ProjectSpec, SourceSpec
from reportrunner.spelling import did_you_mean
from reportrunner.tls import authority_fault
from reportrunner.toml_file import read_toml


def load_project(root: Path, shown: str, families: Families) -> Project:
    """Read `reportrunner.toml`; what is wrong stands in `diagnostics`, sources without errors are ready."""
    file = read_toml(root / PROJECT_FILE, shown)
    checker = Checker(file)
    spec = checker.validated(ProjectSpec, file.data, ())
    archive = spec.archive.folder if spec and spec.archive else ""
    sections = tables(file.data, "sources")
    declared = named(file.data, "sources", ProjectSpec)
    loader = _SourceLoader(checker, root, shown.removesuffix(PROJECT_FILE), families.providers)
    sources = {name: source for name, section in sections.items() if (source := loader.source(name, section))}
    for name, source in sources.items():
        borrowed = source.provider.session_source(source.settings)
        lender = sources.get(borrowed)
        if borrowed and borrowed not in declared:
            message = f'there is no source "{borrowed}"' + did_you_mean(borrowed, declared - {name})
            checker.problem(("sources", name, "session"), message)
        elif lender and not _lends(lender):
            message = f'source "{borrowed}" ({lender.provider.name}) has no sessions to borrow'
            checker.problem(("sources", name, "session"), message)
    dates = CalendarLoader(checker, root, shown.removesuffix(PROJECT_FILE))
    calendars = dates.load(tables(file.data, "calendars"))
    calendars |= dict.fromkeys(sorted(named(file.data, "calendars", ProjectSpec) - calendars.keys()))
    found = (*checker.problems, *dict.fromkeys([*loader.others, *dates.others]))
    return Project(root, file, sources, declared, found, archive, calendars)


@dataclass(slots=True)
class _SourceLoader:
    """Makes sources of the sections of a project file."""

    checker: Checker
    root: Path
    shown: str
    """What stands before the project's other files in messages."""
    providers: Mapping[str, Provider]
    others: list[Diagnostic] = field(default_factory=list)
    """What is wrong in files that sources name."""

    def source(self, name: str, section: dict[str, Any]) -> Source | None:
        """Return the source of a section, or None with its problems added."""
        loc = ("sources", name)
        section = self.checker.mended(section, ["provider"], loc, "a source")
        word = section.get("provider")
        if word is None:
            self.checker.problem(loc, f"a source needs a provider: {', '.join(self.providers)}", at="header")
            return None
        provider = self.providers.get(str(word))
        if provider is None:
            near = did_you_mean(str(word), self.providers)
            self.checker.problem((*loc, "provider"), f'there is no provider "{word}"{near}')
            return None
        settings = self.checker.validated(provider.settings, section, loc)
        if settings is None:
            return None
        self._certificates(settings, loc)
        self._fixtures(settings, loc)
        if provider.endpoints_of is not None:
            merged = self._merged(provider, settings, loc)
            if merged is None:
                return None
            provider, settings = replace(provider, endpoints=provider.endpoints_of(merged)), merged
        if not check_defaults(self.checker, provider, settings.defaults, loc):
            return None
        return Source(name, provider, settings)

    def _certificates(self, settings: SourceSpec, loc: Loc) -> None:
        if settings.ca is not None:
            path = self._file(settings.ca, (*loc, "ca"), ("*.pem", "*.crt"))
            if path is not None and (fault := authority_fault(str(path))):
                self.checker.problem((*loc, "ca"), f'"{settings.ca}" cannot be trusted: {fault}')
        if settings.client_certificate is not None:
            self._file(settings.client_certificate.file, (*loc, "client_certificate", "file"), ("*.pem", "*.crt"))

    def _fixtures(self, settings: SourceSpec, loc: Loc) -> None:
        named = getattr(settings, "fixtures", None)
        if named and self._file(named, (*loc, "fixtures"), ("*.toml",)):
            self.others += load_fixtures(self.root, named, self.shown).problems

    def _merged(self, provider: Provider, settings: SourceSpec, loc: Loc) -> SourceSpec | None:
        """Return the settings with the endpoints of the included file, or None with what is wrong added."""
        include = getattr(settings, "include", None)
        if include is None or provider.include is None:
            return settings
        path = self._file(include.file, (*loc, "include", "file"), ("*.toml",))
        if path is None or not self._pinned(path, include.file, include.sha256, (*loc, "include")):
            return None
        try:
            checker = Checker(read_toml(path, f"{self.shown}{include.file}"))
        except InvalidError as error:
            self.others += error.diagnostics
            return None
        included = checker.validated(provider.include, checker.file.data, ())
        own, more = (getattr(each, "endpoints", {}) for each in (settings, included))
        for name in own.keys() & more.keys():
            message = f'endpoint "{name}" is defined in {include.file} too'
            self.checker.problem((*loc, "endpoints", name), message, "keep one of the two", at="key")
        self.others += checker.problems
        if included is None or own.keys() & more.keys():
            return None
        given = {name: getattr(settings, name) for name in settings.model_fields_set}
        return self.checker.validated(type(settings), {**given, "endpoints": {**more, **own}}, loc)

    def _pinned(self, path: Path, shown: str, pin: str, loc: Loc) -> bool:
        try:
            real = sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            words = str(error.strerror).lower()
            self.checker.problem((*loc, "file"), f'"{shown}" cannot be read: {words}')
            return False
        if not pin:
            hint = f'read what it asks, then add sha256 = "{real}"'
            self.checker.problem((*loc, "file"), f'"{shown}" is not pinned by its hash', hint)
        elif pin != real:
            hint = f'look at what changed in it, then write sha256 = "{real}"'
            self.checker.problem((*loc, "sha256"), f'"{shown}" is not the file that was pinned', hint)
        return pin == real

    def _file(self, name: str, loc: Loc, kinds: Iterable[str]) -> Path | None:
        return own_file(self.checker, self.root, name, loc, kinds)


def _lends(source: Source) -> bool:
    """Tell whether a source has sessions: it asks for them, makes them, or was given one."""
    provider, settings = source.provider, source.settings
    given = provider.session_way(settings) == "given"
    return provider.sign_in is not None and (not given or "session" in provider.secrets(settings))
