"""Kaltura's API errors with the server's own words (kaltura.md §2)."""

from __future__ import annotations

_WORDS = {
    "ACTION_BLOCKED": 'Action "@ACTION_NAME@" in service "@SERVICE_NAME@" is blocked',
    "ACTION_DOES_NOT_EXISTS": 'Action "@ACTION_NAME@" does not exists for service "@SERVICE_NAME@"',
    "ACTION_NOT_SPECIFIED": "Action name was not specified, please specify one",
    "DRUID_QUERY_TIMED_OUT": "Query timed out",
    "INTERNAL_SERVERL_ERROR": "Internal server error occurred",
    "INVALID_ENUM_VALUE": (
        'Invalid enumeration value "@ENUM_VAL@" for parameter "@PARAM_NAME@", expecting enumeration type "@ENUM_TYPE@"'
    ),
    "INVALID_KS": 'Invalid KS "@KSID@", Error "@ERR_CODE@,@ERR_DESC@"',
    "INVALID_REPORT_ITEMS_GROUP": "Invalid report items group",
    "MISSING_KS": "Missing KS, session not established",
    "MISSING_MANDATORY_PARAMETER": 'Missing parameter "@PARAM_NAME@"',
    "REPORT_NOT_FOUND": 'Report "@ID@" not found',
    "SEARCH_TOO_GENERAL": "Search is too general",
    "SERVICE_DOES_NOT_EXISTS": 'Service "@SRV_NAME@" does not exists',
    "SERVICE_FORBIDDEN": "The access to service [@SERVICE@] is forbidden",
    "SERVICE_NOT_SPECIFIED": "Service name was not specified, please specify one",
    "START_SESSION_ERROR": "Error while starting session for partner [@PID@]",
}


class ApiError(Exception):
    """An API error: HTTP 200 and a KalturaAPIException in the body."""

    def __init__(self, code: str, /, **args: str) -> None:
        message = _WORDS[code]
        for name, value in args.items():
            message = message.replace(f"@{name}@", value)
        super().__init__(message)
        self.code = code
        self.message = message
        self.args_by_name = tuple(args.items())


def not_simulated(what: str) -> ApiError:
    """Make the answer to something that exists at the provider and not in the sandbox: never a wrong table."""
    error = ApiError("INTERNAL_SERVERL_ERROR")
    error.message += f" (sandbox: {what} is not simulated)"
    return error
