"""How windows are written for the Reports Microservice, here and nowhere else: ISO days, or Unix seconds (§11).

Documented for chat reports; `attachment` has the same names at the same service, and no source says its form. No source
says the form of `reportsEnrichment` either: everywhere else in the guide `from_date` is Unix seconds, and only names in
`_date_id` hold days.
"""

from __future__ import annotations

from reportrunner.window import Window
from reportrunner.window.span import WindowError


def iso_days(window: Window, endpoint: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """Write the first and the last day, which is included; a window that ends inside a day is refused."""
    if not window.whole_days:
        raise WindowError(
            f"{endpoint} knows whole days only, and this window ends inside one"
            '; write a period of days or more with offset = -1, last = "7 days", or dates in from and to'
        )
    return ("from_date_id", window.first_day.isoformat()), ("to_date_id", window.last_day.isoformat())


def unix_seconds(window: Window) -> dict[str, int]:
    """Write the first and the last second that belongs to the window."""
    return {"from_date": window.start_unix, "to_date": window.end_unix - 1}
