"""The privilege that a session needs for chat and collaboration reports (kaltura.md §9.3, §11)."""

from __future__ import annotations

import json
from collections.abc import Sequence

from reportrunner.diagnose import Hinted

NAME = "virtualeventid"


def privilege_of(event_ids: Sequence[str]) -> str:
    """Return the one privilege that opens these events; its values are separated by a slash."""
    return f"{NAME}:{'/'.join(dict.fromkeys(event_ids))}"


def check_privileges(privileges: Sequence[str], event_ids: Sequence[str], *, goes_over: bool) -> None:
    """Raise Hinted where privileges are written and do not open every event; `goes_over`: the dataset has an `each`.

    None at all may be right: a session that is given carries its own.
    """
    carried = [privilege for privilege in privileges if privilege.partition(":")[0] == NAME]
    others = [privilege for privilege in privileges if privilege not in carried]
    opened = [value for privilege in carried for value in privilege.partition(":")[2].split("/")]
    line = f"write privileges = {json.dumps([*others, privilege_of([*filter(None, opened), *event_ids])])}"
    if len(carried) > 1:
        raise Hinted("of two privileges with one name the later replaces the earlier", line, key="privileges")
    missing = [event_id for event_id in event_ids if event_id not in opened]
    if privileges and missing:
        if goes_over:
            line += f', or "{NAME}:{{{{ each }}}}" where each goes over the events'
        raise Hinted(f"the session lacks the privilege {privilege_of(missing)}", line, key="privileges")
