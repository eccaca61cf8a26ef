"""`python -m reportrunner` and the `reportrunner` command."""

from __future__ import annotations

import os
import signal
import sys


def main() -> None:
    """Run the command line and exit with its code."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a cancelled CI job stops like an interrupted one
    try:
        from reportrunner.cli.main import run_command

        code = run_command(sys.argv[1:])
    except KeyboardInterrupt:  # before the door is open
        code = 130
    if code == 130:
        # A thread may still be inside the table engine, and the interpreter's own ending would abort in it.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    main()
