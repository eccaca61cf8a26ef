"""getCsvFromStringParams: custom report 3007, session viewership (kaltura.md §7.2)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from reportrunner.sandbox.kaltura_errors import ApiError
from reportrunner.sandbox.kaltura_session import number
from reportrunner.sandbox.kaltura_tally import php_number, tallies
from reportrunner.sandbox.kaltura_wire import Params, RawFile
from reportrunner.sandbox.people import people
from reportrunner.sandbox.universe import entries, events

VIEWERSHIP = "3007"
VIEWERSHIP_COLUMNS = (
    *("user_id", "email", "entry_id", "entry_name", "media_type", "view_time", "play"),
    *("first_name", "last_name", "company"),
)

_DAY = 86_400
_MAX_ROWS = 100_000


def _string_params(text: str) -> dict[str, str]:
    """``k=v;k=v``: split on ``;``, trimmed, split at the first ``=``."""
    pairs = (piece.strip().partition("=") for piece in text.split(";") if piece.strip())
    return {name: value for name, _, value in pairs if name != "partner_id"}


def _day(text: str) -> int | None:
    try:
        return int(datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).timestamp())
    except ValueError:
        return None


def _viewership(given: dict[str, str]) -> list[dict[str, str]]:
    """Give a row per user and entry; ``view_time`` in minutes; anonymous plays are the user ``Unknown``."""
    for name in ("from_date_id", "to_date_id", "timezone_offset"):
        if name not in given:
            raise ApiError("INTERNAL_SERVERL_ERROR")
    first, last = _day(given["from_date_id"]), _day(given["to_date_id"])
    if first is None or last is None:
        return []
    shift = number(dict(given), "timezone_offset", 0) * 60
    wanted = frozenset(given["entries_ids"].split(",")) if given.get("entries_ids") else None
    plays = events(wanted, first + shift, last + _DAY + shift)
    library = {entry.entry_id: entry for entry in entries()}
    rows = []
    for key, sums in tallies(plays, lambda event: f"{event.user_id} {event.entry_id}").items():
        user_id, _, entry_id = key.rpartition(" ")
        person, entry = people().get(user_id), library[entry_id]
        rows.append(
            {
                "user_id": user_id,
                "email": person.email if person else "",
                "entry_id": entry_id,
                "entry_name": entry.name,
                "media_type": entry.media_type,
                "view_time": php_number(sums.watched / 60),
                "play": str(sums.plays),
                "first_name": person.first_name if person else "",
                "last_name": person.last_name if person else "",
                "company": person.company if person else "",
            }
        )
    return sorted(rows, key=lambda row: (row["user_id"], row["entry_id"]))


def custom_csv(params: Params, partner: int) -> RawFile:
    """Write the CSV of a custom report: BOM, no quoting, commas inside values blanked, ``format`` ignored."""
    if "id" not in params:
        raise ApiError("MISSING_MANDATORY_PARAMETER", PARAM_NAME="id")
    if params["id"] != VIEWERSHIP:
        error = ApiError("REPORT_NOT_FOUND", ID=str(params["id"]))
        told = f"exiting on error {error.code} - {error.message}"
        return RawFile(b"", headers=(("X-Kaltura", f"error-{error.code}"), ("X-Kaltura-App", told)))
    text = str(params.get("params") or "")
    rows = _viewership(_string_params(text))[:_MAX_ROWS]
    excluded = set(str(params.get("excludedFields") or "").split(","))
    columns = [name for name in VIEWERSHIP_COLUMNS if name not in excluded]
    lines = [",".join(columns), *(",".join(row[name].replace(",", " ") for name in columns) for row in rows)]
    name = re.sub(r"[^\w.=-]", "_", f"Report_{VIEWERSHIP}_{partner}_{text}")[:190]
    body = "\ufeff" + "".join(f"{line}\n" for line in lines)
    return RawFile(body.encode(), headers=(("Content-Disposition", f"attachment; filename={name}.csv"),))
