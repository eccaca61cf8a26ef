"""The door: commands by name, imported when called; one catch for everything that can go wrong."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from types import MappingProxyType
from typing import Any

import click

from reportrunner import __version__

COMMANDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "run": ("reportrunner.cli.run", "Run jobs and publish their documents."),
        "backfill": ("reportrunner.cli.backfill", "Run a job once for every period between two days."),
        "validate": ("reportrunner.cli.validate", "Say everything that is wrong with jobs; send nothing."),
        "plan": ("reportrunner.cli.plan", "Show what jobs would ask; send nothing."),
        "ls": ("reportrunner.cli.ls", "List the jobs of the project."),
        "peek": ("reportrunner.cli.peek", "Show the first rows of one dataset."),
        "explain": ("reportrunner.cli.explain", "Explain a provider, an endpoint, a finding or the report object."),
        "schema": ("reportrunner.cli.schema", "Write the JSON Schemas that editors complete and check jobs with."),
        "sandbox": ("reportrunner.cli.sandbox", "Serve the stand-in for all providers on loopback."),
    }
)


class UnreadError(Exception):
    """Whoever read our output has gone, as `head` does."""


@contextmanager
def _unread() -> Iterator[None]:
    """Take a pipe that its reader has closed for what it is: click would end with the code of a bug."""
    try:
        yield
    except BrokenPipeError as error:
        raise UnreadError from error


class Commands(click.Group):
    """A group whose commands live in modules that are imported only when they are called."""

    def list_commands(self, _: click.Context) -> list[str]:
        """Return the names in the order of a user's day."""
        return list(COMMANDS)

    def get_command(self, _: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command; None when there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        command = import_module(COMMANDS[cmd_name][0]).command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the nearest command when one is misspelt."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            from reportrunner.spelling import did_you_mean

            raise click.UsageError(f'there is no command "{args[0]}"{did_you_mean(args[0], COMMANDS)}', ctx) from None

    def make_context(self, *arguments: Any, **more: Any) -> click.Context:
        """Read the command line; `--help` is printed here already."""
        with _unread():
            return super().make_context(*arguments, **more)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        with _unread():
            return super().invoke(ctx)

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        """Print the list without importing any command."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, said) for name, (_, said) in COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="reportrunner")
def cli() -> None:
    """Turn checked-in TOML job files into finished, provable reports.

    Start with: reportrunner run jobs/weekly-compliance.toml --sandbox --as-of 2026-11-16
    """


def run_command(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; every error is said here and nowhere else."""
    _forget_secrets()
    try:
        code = cli.main(list(arguments), prog_name="reportrunner", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        from reportrunner.cli.terminal import say

        say("interrupted")
        return 130
    except UnreadError:
        from reportrunner.cli.terminal import drop_unread

        drop_unread()
        return 0
    except Exception as error:  # noqa: BLE001  the one place where nothing may pass
        return _say(error)
    return code if isinstance(code, int) else 0


def _forget_secrets() -> None:
    """Let a process that runs several commands hide in each what is that one's, and no more."""
    terminal = sys.modules.get("reportrunner.cli.terminal")
    if terminal is not None:
        terminal.REDACTOR.forget()


def _say(error: Exception) -> int:
    from reportrunner.cli.terminal import say_error
    from reportrunner.errors import ReportrunnerError

    if isinstance(error, ReportrunnerError):
        say_error(error)
        return error.exit_code
    _report_bug(error)
    return 1


def _report_bug(error: Exception) -> None:
    """Print what an issue needs; secrets that this run knew are hidden."""
    import platform
    import traceback

    from reportrunner.cli.terminal import REDACTOR

    trace = REDACTOR.redact("".join(traceback.format_exception(error)))
    click.echo("This is a bug in reportrunner, not in your job. Please report it with what follows.\n", err=True)
    click.echo(f"```\nreportrunner {__version__}, Python {platform.python_version()}, {platform.system()}", err=True)
    click.echo(f"{trace}```", err=True)
