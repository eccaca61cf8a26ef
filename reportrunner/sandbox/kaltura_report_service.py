"""The report service of the sandbox: its actions by name, each over the plays of the session's account."""

from __future__ import annotations

from collections.abc import Callable

from reportrunner.sandbox.kaltura_csv import custom_csv, execute
from reportrunner.sandbox.kaltura_export import ReportFiles
from reportrunner.sandbox.kaltura_question import World
from reportrunner.sandbox.kaltura_report import base_total, graphs, table, total
from reportrunner.sandbox.kaltura_session import SANDBOX_ADMIN_SECRET, Session, SessionDesk
from reportrunner.sandbox.kaltura_wire import Params

_LINK_LIFE = 86_400
_TABLES: dict[str, Callable[[Params, World], object]] = {
    "getTable": table,
    "getTotal": total,
    "getGraphs": graphs,
    "getBaseTotal": base_total,
}
_CUSTOM: dict[str, Callable[[Params, World, Session], object]] = {
    "getCsv": custom_csv,
    "getCsvFromStringParams": custom_csv,
    "execute": execute,
}


class ReportService:
    """Answers the report actions; ``base_url`` gives where links to files begin."""

    def __init__(self, desk: SessionDesk, base_url: Callable[[], str]) -> None:
        self._desk = desk
        self._base_url = base_url
        self._files = ReportFiles(self._link)

    def _link(self, file_id: str) -> str:
        asked = {
            "secret": SANDBOX_ADMIN_SECRET,
            "type": "0",
            "expiry": str(_LINK_LIFE),
            "privileges": f"download:{file_id}",
        }
        path = f"api_v3/index.php/service/report/action/serve/ks/{self._desk.start(asked)}/id/{file_id}/report.csv"
        return f"{self._base_url()}/{path}"

    def serve(self, params: Params, session: Session | None) -> object:
        """Answer the file of a link; the session may be missing and is then told to be of no use."""
        return self._files.serve(params, session)

    def call(self, action: str, params: Params, world: World, session: Session) -> object:
        """Answer one action, spelt as the provider spells it; raises ApiError."""
        if action in _TABLES:
            return _TABLES[action](params, world)
        if action in _CUSTOM:
            return _CUSTOM[action](params, world, session)
        if action == "getUrlForReportAsCsv":
            return self._files.url(params, world)
        return self._files.export(params, session)
