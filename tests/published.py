"""What a run published, without what each machine, sandbox or change of a comment makes different."""

from __future__ import annotations

import re
import tomllib

import tomli_w

from reportrunner.templating.plaintext import to_text

_FREE = ("Reportrunner", "Job file", "Time-zone data")
"""What a page says of the machine that made it, and of comments in the job."""


def reduced(manifest: str) -> str:
    """Return what of a manifest is the same wherever the job runs."""
    told = tomllib.loads(manifest)
    del told["version"], told["time_zone_data"], told["inputs"]
    for dataset in told["datasets"].values():
        dataset.pop("exchanges", None)
    told["documents"] = [
        {name: value for name, value in document.items() if name not in {"bytes", "sha256"}}
        for document in told["documents"]
    ]
    return tomli_w.dumps(told)


def page_words(page: str) -> str:
    """Return a page as its reader's words."""
    return re.sub(rf"^({'|'.join(_FREE)})\n\n.*\n*", "", to_text(page, {}), flags=re.MULTILINE).rstrip() + "\n"
