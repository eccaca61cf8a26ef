"""`defaults` of a source: parameters that its datasets need not repeat, checked once where they stand."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any, ClassVar, Literal, get_args, get_origin

from pydantic import create_model
from pydantic.fields import FieldInfo

from reportrunner.ask import Endpoint, Provider
from reportrunner.checker import Checker, Loc
from reportrunner.spec import EndpointDataset
from reportrunner.strict import Strict


class _Defaults(Strict):
    diagnostic_owner: ClassVar[str] = "defaults"


def check_defaults(checker: Checker, provider: Provider, defaults: Mapping[str, Any], loc: Loc) -> bool:
    """Tell whether every default is a parameter of an endpoint and has its type; what is wrong becomes a problem."""
    if not defaults:
        return True
    fields: dict[str, Any] = {}
    for endpoint in provider.endpoints.values():
        for name, field in own_fields(endpoint).items():
            optional = copy(field)
            optional.default = None
            fields.setdefault(name, (field.annotation, optional))
    model = create_model("Defaults", __base__=_Defaults, **fields)
    return checker.validated(model, dict(defaults), (*loc, "defaults")) is not None


def with_defaults(section: Mapping[str, Any], defaults: Mapping[str, Any], endpoint: Endpoint) -> dict[str, Any]:
    """Return a dataset's keys with those defaults of its source that the endpoint knows and it does not say itself."""
    own = own_fields(endpoint)
    return {**{name: value for name, value in defaults.items() if name in own and _knows(own[name], value)}, **section}


def _knows(field: FieldInfo, value: object) -> bool:
    """Tell whether a word is one of those an endpoint's key takes: keys of one name differ between endpoints."""
    return get_origin(field.annotation) is not Literal or value in get_args(field.annotation)


def own_fields(endpoint: Endpoint) -> dict[str, FieldInfo]:
    """Return the parameters that an endpoint has beside the keys of every dataset."""
    common = EndpointDataset.model_fields
    return {name: field for name, field in endpoint.parameters.model_fields.items() if name not in common}
