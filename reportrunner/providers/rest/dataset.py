"""The model of a dataset that asks an endpoint, made of the endpoint's definition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field, create_model, field_validator, model_validator

from reportrunner.days import days_way
from reportrunner.diagnose import Hinted
from reportrunner.providers.rest.checking import in_headers, sends_days, used_window
from reportrunner.providers.rest.definition import EndpointSpec
from reportrunner.providers.rest.param import plain_param
from reportrunner.providers.rest.reading import columns_of
from reportrunner.providers.rest.templates import slots_of
from reportrunner.spec import EndpointDataset, PollSpec
from reportrunner.spelling import did_you_mean
from reportrunner.strict import Strict
from reportrunner.table import ColumnType

_NO_ZONE = 'chooses where the zone of its days is known: write zone = "UTC", or another, in the endpoint\'s definition'
_FIELD = "param_"
"""Before the names of fields: a param may have the name of a method."""


class RestParams(Strict):
    """Base of the params of an endpoint."""

    diagnostic_noun: ClassVar[str] = "param"


class RestDataset(EndpointDataset):
    """Keys of a dataset that asks an endpoint of a rest source."""

    packs: ClassVar[Mapping[str, int]] = {r"params\.\w+": 200}
    """As many ids as fit a URL; what a list means no definition says: the author of the job knows."""
    familiar: ClassVar[Mapping[str, str]] = {
        "filters": "is params here: write params = { ... }",
        "query": "is params here: write params = { ... }",
    }


class Exported(RestDataset):
    """Keys of a dataset that waits for an export."""

    poll: PollSpec = PollSpec()


def _none(cls: type[RestDataset], value: str | None) -> str | None:
    if value is not None:
        hint = "remove it; a request that names {{ window.start }} would take one"
        raise Hinted(f"{cls.diagnostic_owner} takes no window", hint)
    return value


class Zoned(RestDataset):
    """Keys of a dataset whose service counts days that are known and may not be the job's."""

    moment: str | None = Field(default=None, description="The timestamp column that tells when a row was, for covering")


def _of_moment(spec: EndpointSpec, model: RestDataset) -> RestDataset:
    """Refuse `covering` without a column that tells when a row was, and such a column without it."""
    covering, moment = getattr(model, "zone_mismatch", None) == "covering", getattr(model, "moment", None)
    names = [column.name for column in columns_of(spec, model) if column.type is ColumnType.TIMESTAMP]
    one_of = f'write moment = "{names[0]}"' if names else "declare one, or choose another way"
    if moment is not None and not covering:
        said = 'moment names the column by which zone_mismatch = "covering" keeps rows'
        raise Hinted(said, 'add zone_mismatch = "covering", or remove moment', key="moment")
    if covering and moment is None:
        said = '"covering" keeps the rows whose moment lies in the window, and nothing says which column that is'
        raise Hinted(said, one_of, key="zone_mismatch", at="value")
    if moment is not None and moment not in names:
        said = f'moment is a timestamp column, and "{moment}" is none{did_you_mean(moment, names)}'
        raise Hinted(said, one_of, key="moment", at="value")
    return model


def dataset_model(name: str, spec: EndpointSpec) -> type[EndpointDataset]:
    """Return the model of datasets that ask this endpoint."""
    fields: dict[str, Any] = {"endpoint": (Literal[name], ...)}
    validators: dict[str, Any] = {}
    if used_window(spec):
        fields["window"] = (str, ...) if spec.window == "required" else (str | None, None)
    else:
        validators["no_window"] = field_validator("window")(classmethod(_none))
    if spec.params:
        model = _params_model(name, spec)
        needed = any(param.required and param.default is None for param in spec.params.values())
        fields["params"] = (model, ...) if needed else (model, Field(default_factory=model))
    bases: tuple[type[RestDataset], ...] = (Exported,) if spec.export is not None else (RestDataset,)
    if spec.zone is not None:
        way = days_way(spec.zone)
        said = f"Where the job's days are not those of {spec.zone}: the same dates there, or the rows of the job's days"
        fields["zone_mismatch"] = (Literal[way, "covering"] | None, Field(default=None, description=said))
        validators["of_moment"] = model_validator(mode="after")(lambda model: _of_moment(spec, model))
        bases = (Zoned, *(one for one in bases if one is not RestDataset))
    made = create_model(f"Rest_{name}", __base__=bases, __validators__=validators, **fields)
    made.diagnostic_owner = name
    if spec.zone is None and sends_days(spec):
        made.familiar = {**RestDataset.familiar, "zone_mismatch": _NO_ZONE}
    made.samples = tuple(str(value) for param in spec.params.values() for value in param.values or ())
    made.__doc__ = spec.summary
    return made


def _params_model(name: str, spec: EndpointSpec) -> type[RestParams]:
    in_path = {
        slot.path[1]
        for _, request in spec.requests
        for slot in slots_of(request.path)
        if slot.path[0] == "params" and len(slot.path) > 1
    }
    headers = in_headers(spec)
    fields: dict[str, Any] = {}
    for param, declared in spec.params.items():
        fields[f"{_FIELD}{param}"] = declared.field(param, in_path=param in in_path, in_header=param in headers)
    made = create_model(f"RestParams_{name}", __base__=RestParams, **fields)
    made.diagnostic_owner = name
    return made


def given_params(parameters: EndpointDataset, spec: EndpointSpec) -> Mapping[str, object]:
    """Return the params that a dataset gives, those with a default among them, as templates see them."""
    model = getattr(parameters, "params", None)
    found = {name: getattr(model, f"{_FIELD}{name}") for name in spec.params}
    return {name: plain_param(value, spec.params[name]) for name, value in found.items() if value is not None}
