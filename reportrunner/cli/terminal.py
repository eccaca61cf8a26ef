"""What goes to standard error: errors, warnings, log lines; colours only where somebody looks."""

from __future__ import annotations

import json
import logging
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from reportrunner.cli.diagnostics import format_diagnostics
from reportrunner.errors import InvalidError, ReportrunnerError
from reportrunner.secret import RedactingFilter, Redactor

REDACTOR = Redactor()
"""Knows every secret of this process; everything that is printed or written goes through it."""


def colored() -> bool:
    """Tell whether standard error is a terminal that wants colours (https://no-color.org)."""
    return sys.stderr.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def say(text: str = "") -> None:
    """Print a line to standard error, secrets hidden; when nobody reads it any more, work goes on."""
    try:
        click.echo(REDACTOR.redact(text), err=True, color=colored())
    except BrokenPipeError:
        drop_unread()


def tell(text: str) -> None:
    """Print a line of data to standard output; when nobody reads it any more, work goes on."""
    try:
        click.echo(REDACTOR.redact(text))
    except BrokenPipeError:
        drop_unread()


def drop_unread() -> None:
    """Turn every stream whose reader has gone to nowhere, so that Python does not complain of it at its end."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)


def style(text: str, **how: object) -> str:
    """Style text where colours are wanted."""
    return click.style(text, **how) if colored() else text  # type: ignore[arg-type]


def say_error(error: ReportrunnerError) -> None:
    """Print an error as its kind is printed: diagnostics with the line quoted, everything else in one sentence."""
    if isinstance(error, InvalidError):
        say(format_diagnostics(error.diagnostics, color=colored()))
    else:
        say(style("error:", fg="red", bold=True) + f" {error}")


class _JsonLines(logging.Formatter):
    """One JSON object a line, for machines."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"time": moment, "level": record.levelname.lower(), "name": record.name, "message": record.getMessage()}
        return json.dumps(line, ensure_ascii=False)


def narrating() -> bool:
    """Tell whether log lines go to standard error, so that nothing may be drawn there."""
    return any(type(handler) is logging.StreamHandler for handler in logging.getLogger("reportrunner").handlers)


def start_logging(verbosity: int, file: Path | None) -> None:
    """Log to standard error from `-v` (1 steps, 2 requests), and everything as JSON lines to `file`."""
    logger = logging.getLogger("reportrunner")
    # A line that nobody reads is not written: a run with thousands of requests has thousands of them.
    logger.setLevel(logging.DEBUG if file or verbosity > 1 else logging.INFO if verbosity else logging.WARNING)
    logger.propagate = False
    handlers: list[logging.Handler] = []
    if verbosity:
        stream = logging.StreamHandler()
        stream.setLevel(logging.INFO if verbosity == 1 else logging.DEBUG)
        stream.setFormatter(logging.Formatter("%(levelname).1s %(message)s"))
        handlers.append(stream)
    if file is not None:
        try:
            written = logging.FileHandler(file, encoding="utf-8")
        except OSError as error:
            raise click.BadParameter(f"cannot write {file}: {error.strerror}", param_hint="--log-file") from None
        written.setFormatter(_JsonLines())
        handlers.append(written)
    for old in logger.handlers:
        old.close()
    logger.handlers = handlers or [logging.NullHandler()]
    for handler in logger.handlers:
        handler.addFilter(RedactingFilter(REDACTOR))
    # Its warnings hold addresses, and without a handler of its own Python would print them as they are.
    urllib3 = logging.getLogger("urllib3")
    urllib3.handlers, urllib3.propagate = logger.handlers, False
