"""`python -m reportrunner` and the `reportrunner` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit with its code."""
    try:
        from reportrunner.cli.main import run_command

        code = run_command(sys.argv[1:])
    except KeyboardInterrupt:  # before the door is open
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
