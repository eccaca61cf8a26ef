"""Runs a command line in this process and prints the kibibytes it took at its peak: `python whole_run.py ARGUMENTS`."""

from __future__ import annotations

import contextlib
import io
import resource
import sys

from reportrunner.__main__ import main

if __name__ == "__main__":
    sys.argv = ["reportrunner", *sys.argv[1:]]
    code: object = 0
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            main()
        except SystemExit as left:
            code = left.code or 0
    sys.stdout.write(f"{code} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}\n")
