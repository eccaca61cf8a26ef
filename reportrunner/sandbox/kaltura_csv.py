"""Custom reports as files and as rows: getCsv, getCsvFromStringParams, execute (kaltura.md §4, §7.2)."""

from __future__ import annotations

import re
from typing import Any

from reportrunner.sandbox.kaltura_custom import CUSTOM, Custom, Given, Row, check_given, plays_of
from reportrunner.sandbox.kaltura_errors import ApiError
from reportrunner.sandbox.kaltura_question import World, required
from reportrunner.sandbox.kaltura_session import Session
from reportrunner.sandbox.kaltura_tally import php_number, tallies
from reportrunner.sandbox.kaltura_wire import Params, RawFile, Thing
from reportrunner.sandbox.people import people
from reportrunner.sandbox.traits import library

VIEWERSHIP = "3007"
VIEWERSHIP_COLUMNS = (
    *("user_id", "email", "entry_id", "entry_name", "media_type", "view_time", "play"),
    *("first_name", "last_name", "company"),
)

_REACTIONS = "4021"
_MAX_ROWS = 100_000


def _string_params(text: str) -> Given:
    """``k=v;k=v``: split on ``;``, trimmed, split at the first ``=``."""
    pairs = (piece.strip().partition("=") for piece in text.split(";") if piece.strip())
    return {name: value for name, _, value in pairs if name != "partner_id"}


def _key_values(listed: Any) -> Given:
    """Read an array of ``KalturaKeyValue``."""
    items = listed.values() if isinstance(listed, dict) else ()
    pairs = ((str(item.get("key")), str(item.get("value") or "")) for item in items if isinstance(item, dict))
    return {name: value for name, value in pairs if name != "partner_id"}


def _viewership(given: Given, world: World) -> list[Row]:
    """Give a row per user and entry; ``view_time`` in minutes; anonymous plays are the user ``Unknown``."""
    rows = []
    for (user_id, entry_id), sums in tallies(
        plays_of(given, world), lambda event: (event.user_id, event.entry_id)
    ).items():
        person, entry = people().get(user_id), library()[entry_id]
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


_REPORTS = {
    **CUSTOM,
    VIEWERSHIP: Custom(("from_date_id", "to_date_id", "timezone_offset"), VIEWERSHIP_COLUMNS, _viewership),
}


def _rows(wanted: str, given: Given, world: World, session: Session) -> tuple[list[str], list[Row]]:
    custom = _REPORTS.get(wanted)
    if custom is None:
        raise ApiError("REPORT_NOT_FOUND", ID=wanted)
    check_given(custom, given)
    if wanted == _REACTIONS and not frozenset(given["virtualeventid"].split(",")) <= session.virtual_events:
        raise ApiError("SERVICE_FORBIDDEN", SERVICE="report->getCsv")
    return list(custom.columns), custom.rows(given, world)[:_MAX_ROWS]


def _plain(value: str) -> str:
    return value.replace(",", " ")


def custom_csv(params: Params, world: World, session: Session) -> RawFile:
    """Write the CSV of a custom report: BOM, no quoting, commas inside values blanked, ``format`` ignored.

    ``params`` is text in getCsvFromStringParams and an array in getCsv; what fails inside is an empty body (§2).
    """
    wanted, listed = str(required(params, "id")), params.get("params")
    given = _string_params(listed) if isinstance(listed, str) else _key_values(listed)
    try:
        columns, rows = _rows(wanted, given, world, session)
    except ApiError as error:
        if error.code == "INTERNAL_SERVERL_ERROR":
            raise
        told = f"exiting on error {error.code} - {error.message}"
        return RawFile(b"", headers=(("X-Kaltura", f"error-{error.code}"), ("X-Kaltura-App", told)))
    excluded = set(str(params.get("excludedFields") or "").split(","))
    columns = [name for name in columns if name not in excluded]
    lines = [",".join(columns), *(",".join(_plain(row[name]) for name in columns) for row in rows)]
    text = listed if isinstance(listed, str) else ";".join(f"{name}={value}" for name, value in given.items())
    name = re.sub(r"[^\w.=-]", "_", f"Report_{wanted}_{world.partner}_{text}")[:190]
    body = "\ufeff" + "".join(f"{line}\n" for line in lines)
    return RawFile(body.encode(), headers=(("Content-Disposition", f"attachment; filename={name}.csv"),))


def execute(params: Params, world: World, session: Session) -> Thing:
    """``report.execute``: the same rows as comma lists in ``KalturaString`` (kaltura.md §4)."""
    columns, rows = _rows(str(required(params, "id")), _key_values(params.get("params")), world, session)
    results = [Thing("KalturaString", {"value": ",".join(_plain(row[name]) for name in columns)}) for row in rows]
    return Thing("KalturaReportResponse", {"columns": ",".join(columns), "results": results})
