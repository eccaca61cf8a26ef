"""Asks a service for every registration of an event and lands them: `python registrations.py URL FILE`.

Prints how many rows it landed, and the kibibytes that this process took at its peak.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from asking import bench, flow

from reportrunner.land import land
from reportrunner.sandbox.big_registration import REGISTRATION_COLUMNS
from reportrunner.sandbox.virtual_events import app_guid


def land_all(url: str, file: Path) -> int:
    """Land them in a table file; how many they are."""
    columns = {name: "timestamp" if name.endswith("_at") else "string" for name in REGISTRATION_COLUMNS}
    keys = {"source": "kaltura_reports", "endpoint": "registration", "filters": {"appGuid": app_guid("4711")}}
    with bench(url) as made:
        return land(made.answer(flow({**keys, "columns": columns}, None)), "people", file, ()).rows


if __name__ == "__main__":
    landed = land_all(sys.argv[1], Path(sys.argv[2]))
    sys.stdout.write(f"{landed} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}\n")
