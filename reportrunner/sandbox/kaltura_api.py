"""The dispatcher of the sandbox's Kaltura API: services, actions, sessions, multirequest (kaltura.md §1-§4)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from reportrunner.sandbox.faults import FaultCounter
from reportrunner.sandbox.kaltura_actions import ACTIONS, action_name
from reportrunner.sandbox.kaltura_app_tokens import start_session
from reportrunner.sandbox.kaltura_asked import Visit, required
from reportrunner.sandbox.kaltura_errors import ApiError, not_simulated
from reportrunner.sandbox.kaltura_question import World
from reportrunner.sandbox.kaltura_report_service import ReportService
from reportrunner.sandbox.kaltura_services import Services
from reportrunner.sandbox.kaltura_session import Session, SessionDesk
from reportrunner.sandbox.kaltura_wire import Params, RawFile, fill_tokens

_INHERITED = ("ks", "partnerId", "clientTag")
_LIMITED_BY_ROLE = ACTIONS.keys() - {"session", "appToken"}


class KalturaApi:
    """One account's API; ``clock`` gives unix seconds for sessions, ``today`` the moment at which it answers all else.

    ``base_url`` is where links to it begin.
    """

    base_url = ""

    def __init__(
        self,
        clock: Callable[[], float],
        today: Callable[[], float],
        partner: int,
        faults: FaultCounter,
        desk: SessionDesk,
    ) -> None:
        self._clock = clock
        self._today = today
        self._partner = partner
        self._faults = faults
        self._desk = desk
        self._services = Services()

    def call(self, params: Params) -> object:
        """Give the result of a request: a value, a Thing, a list, a RawFile or an ApiError (never raised)."""
        if action_name(params) == "multirequest":
            return self._multirequest(params)
        try:
            return self._single(params)
        except ApiError as error:
            return error

    def _multirequest(self, params: Params) -> object:
        """Each element on its own; the first index without service or action ends it (kaltura.md §3)."""
        results: list[object] = []
        index = 0 if "0" in params else 1
        while isinstance(params.get(str(index)), dict) and {"service", "action"} <= params[str(index)].keys():
            inherited = {name: params[name] for name in _INHERITED if name in params}
            result = self.call({**inherited, **fill_tokens(params[str(index)], results)})
            if isinstance(result, RawFile):
                return result
            results.append(result)
            index += 1
        return results

    def _single(self, params: Params) -> object:
        service, action = self._named(params)
        name = f"{service}.{action}"
        if self._faults.due("rate_limited", name) or self._faults.blocked(name, self._clock()):
            raise ApiError("ACTION_BLOCKED", ACTION_NAME=action, SERVICE_NAME=service)
        if service == "session":
            return self._session(action, params)
        return self._report(action, params) if service == "report" else self._service(service, action, params)

    def _named(self, params: Params) -> tuple[str, str]:
        if not params.get("service"):
            raise ApiError("SERVICE_NOT_SPECIFIED")
        service, _, action = action_name(params).partition(".")
        if service not in ACTIONS:
            raise ApiError("SERVICE_DOES_NOT_EXISTS", SRV_NAME=service)
        if not action:
            raise ApiError("ACTION_NOT_SPECIFIED")
        if action not in ACTIONS[service]:
            raise ApiError("ACTION_DOES_NOT_EXISTS", ACTION_NAME=action, SERVICE_NAME=service)
        return service, action

    def _known_session(self, params: Params, name: str) -> Session:
        if not params.get("ks"):
            if params.get("partnerId"):
                raise ApiError("SERVICE_FORBIDDEN", SERVICE=name)
            raise ApiError("MISSING_KS")
        session = self._desk.use(str(params["ks"]))
        service = name.partition("->")[0]
        if service in _LIMITED_BY_ROLE and not session.may(service):
            raise ApiError("SERVICE_FORBIDDEN", SERVICE=name)
        return session

    def _session(self, action: str, params: Params) -> object:
        if action == "start":
            return self._desk.start(params)
        if action == "startWidgetSession":
            return self._desk.start_widget(params)
        if action == "impersonate":
            return self._desk.impersonate(params)
        session = self._known_session(params, f"session->{action}")
        if action == "get":
            return self._desk.info(params, session.ks)
        if action == "end":
            self._desk.end(session.ks)
            return None
        raise not_simulated(f"session.{action}")

    def _service(self, service: str, action: str, params: Params) -> object:
        name = f"{service}.{action}"
        if name == "stats.collect":  # takes anybody's word and keeps nothing
            required(params, "event")
            return True
        session = self._known_session(params, f"{service}->{action}")
        if name == "appToken.startSession":
            return start_session(params, session, self._desk, self._clock())
        if not session.admin:
            raise ApiError("SERVICE_FORBIDDEN", SERVICE=f"{service}->{action}")
        return self._services.call(name, params, Visit(session, int(self._today()), self._faults.faults.library))

    def _report(self, action: str, params: Params) -> object:
        if action == "serve" and not params.get("ks"):
            return self._reports.serve(params, None)
        session = self._known_session(params, f"report->{action}")
        if action == "serve":
            return self._reports.serve(params, session)
        if not session.admin:
            raise ApiError("SERVICE_FORBIDDEN", SERVICE=f"report->{action}")
        name = f"report.{action}"
        if self._faults.due("druid_timeout", name):
            raise ApiError("DRUID_QUERY_TIMED_OUT")
        if self._faults.due("internal_error", name):
            raise ApiError("INTERNAL_SERVERL_ERROR")
        world = World(session.partner, self._today(), self._faults.faults.crowd)
        return self._reports.call(action, params, world, session)

    @cached_property
    def _reports(self) -> ReportService:
        return ReportService(self._desk, lambda: self.base_url)
