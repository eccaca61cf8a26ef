"""Kaltura's API errors with the server's own words (kaltura.md §2)."""

from __future__ import annotations

_WORDS = {
    "ACTION_BLOCKED": 'Action "@ACTION_NAME@" in service "@SERVICE_NAME@" is blocked',
    "ACTION_DOES_NOT_EXISTS": 'Action "@ACTION_NAME@" does not exists for service "@SERVICE_NAME@"',
    "ACTION_NOT_SPECIFIED": "Action name was not specified, please specify one",
    "ANALYTICS_UNSUPPORTED_QUERY": "The analytics query is not supported",
    "APP_TOKEN_EXPIRED": "App token [@ID@] is expired",
    "APP_TOKEN_ID_NOT_FOUND": "App token id [@ID@] not found",
    "APP_TOKEN_NOT_ACTIVE": "App token [@ID@] is not active",
    "CATALOG_ITEM_NOT_FOUND": "Vendor catalog item id [@ID@] not found",
    "CRITERIA EXCEEDED MAX MATCHES ALLOWED": "Unable to generate list. max matches value was reached",
    "DRUID_QUERY_TIMED_OUT": "Query timed out",
    "EMPTY SEARCH TERM IS NOT ALLOWED": "Empty search term is not allowed",
    "ENTRY_ID_NOT_FOUND": 'Entry id "@ENTRY_ID@" not found',
    "ENTRY_VENDOR_TASK_DUPLICATION": (
        "Vendor task for entry id [@ENTRY_ID@] and catalog item id [@CATALOG_ITEM_ID@] exists already"
    ),
    "EVENT_NOTIFICATION_TEMPLATE_NOT_FOUND": 'Event notification template id "@ID@" not found',
    "INTERNAL_SERVERL_ERROR": "Internal server error occurred",
    "INVALID_APP_TOKEN_HASH": "Invalid App-token hash",
    "INVALID_ENUM_VALUE": (
        'Invalid enumeration value "@ENUM_VAL@" for parameter "@PARAM_NAME@", expecting enumeration type "@ENUM_TYPE@"'
    ),
    "INVALID_KS": 'Invalid KS "@KSID@", Error "@ERR_CODE@,@ERR_DESC@"',
    "LIVE_REPORTS_WS_FAILURE": "Live reports service failed",
    "INVALID_REPORT_ITEMS_GROUP": "Invalid report items group",
    "MISSING_KS": "Missing KS, session not established",
    "MISSING_MANDATORY_PARAMETER": 'Missing parameter "@PARAM_NAME@"',
    "MISSING MANDATORY PARAMETER RELATED OBJECT TYPE": "Related object type is mandatory",
    "OBJECT_TYPE_ABSTRACT": 'The object type "@OBJECT_TYPE@" is abstract',
    "PARTNER_ACCESS_FORBIDDEN": "Partner [@ACCESSING_PID@] is forbidden to access partner [@ACCESSED_PID@]",
    "PROPERTY_VALIDATION_CANNOT_BE_NULL": 'The property "@PROP_NAME@" cannot be NULL',
    "QUERY_EXCEEDED_MAX_MATCHES_ALLOWED": "Unable to generate list. max matches value was reached",
    "REACH_PROFILE_NOT_FOUND": "Reach profile id [@ID@] not found",
    "REPORT_NOT_FOUND": 'Report "@ID@" not found',
    "SEARCH_TOO_GENERAL": "Search is too general",
    "SERVICE_DOES_NOT_EXISTS": 'Service "@SRV_NAME@" does not exists',
    "SERVICE_FORBIDDEN": "The access to service [@SERVICE@] is forbidden",
    "SERVICE_NOT_SPECIFIED": "Service name was not specified, please specify one",
    "START_SESSION_ERROR": "Error while starting session for partner [@PID@]",
    "THUMB_ASSET_ID_NOT_FOUND": 'Thumbnail asset id "@THUMB_ASSET_ID@" not found',
    "USER_EMAIL_NOT_FOUND": "The user [@USER_ID@] has no e-mail address",
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
