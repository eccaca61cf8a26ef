"""Any call of the API, with columns that the job declares: `call`, alone or several in one request (kaltura.md §3)."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from reportrunner.ask import Ask, Endpoint
from reportrunner.days import Days
from reportrunner.delimited import decoded, typed_rows, unreadable
from reportrunner.diagnose import Hinted
from reportrunner.errors import ProviderError
from reportrunner.flow import Again, Done, Flow, Hole, Refused, Reply, Request, Step, Verdict
from reportrunner.providers.kaltura import wire
from reportrunner.providers.kaltura.calling import check_call, check_tokens, reads_only, write_params
from reportrunner.providers.kaltura.dataset import PATIENCE, flow_of
from reportrunner.providers.kaltura.listing import (
    FIRST_PAGE,
    LIST_PAGE,
    Windowless,
    judge_page,
    load,
    read_objects,
    too_many,
    typed,
)
from reportrunner.spec import EndpointDataset
from reportrunner.strict import Strict
from reportrunner.table import Column, ColumnType, Rows, declare
from reportrunner.verdict import excerpt

Read = Literal["objects", "object", "value", "file"]
Params = dict[str, Any]
VALUE = Column("value", ColumnType.STRING, description="What the call answered")


class OneCall(Strict):
    """One of several calls."""

    diagnostic_owner: ClassVar[str] = "one of the calls"
    service: str = Field(min_length=1)
    action: str = Field(min_length=1)
    params: Params = Field(default={})

    @model_validator(mode="after")
    def _known(self) -> Self:
        check_call(self.service, self.action, self.params)
        return self


class Call(Windowless):
    """`call`: any service and action; the job says where the rows are and which columns they have."""

    diagnostic_owner: ClassVar[str] = "call"
    endpoint: Literal["call"]
    service: str | None = Field(default=None, min_length=1, description="Plugin services with their whole name")
    action: str | None = Field(default=None, min_length=1)
    params: Params = Field(default={}, description="Nested as the service nests them")
    calls: list[OneCall] | None = Field(
        default=None, min_length=2, description="Several in one request; the last one is read"
    )
    read: Read = Field(default="objects", description="Where the rows are: a list, one object, one value, a CSV file")
    pages: bool = Field(default=False, description="Fetch all pages of a list")

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        single = self.service is not None or self.action is not None or bool(self.params)
        if self.calls is None:
            if self.service is None or self.action is None:
                raise Hinted("call needs a service and an action, or calls", 'add service = "media", action = "list"')
            check_call(self.service, self.action, self.params)
        elif single:
            raise Hinted("call has either calls or one service and action", "move them into calls", key="calls")
        else:
            for number, one in enumerate(self.calls, 1):
                check_tokens(one.params, number, ("calls", number - 1, "params"))
        return self

    @model_validator(mode="after")
    def _readable(self) -> Self:
        if self.calls is not None and self.read == "file":
            hint = "ask for the file in a dataset of its own"
            raise Hinted("a file among several calls replaces all their answers", hint, key="read", at="value")
        if self.read == "value" and len(self.columns) > 1:
            raise Hinted("one value has one column", 'write columns = { value = "string" }', key="columns")
        if not self.pages:
            return self
        if (
            self.calls is not None
            or self.read != "objects"
            or not (self.action or "").lower().startswith(("list", "search"))
        ):
            raise Hinted("only one list action has pages", "remove pages", key="pages")
        if "pager" in self.params:
            raise Hinted("pages = true writes the pager itself", "remove pager", key=("params", "pager"))
        return self

    @property
    def asked(self) -> tuple[OneCall, ...]:
        """The calls, one or several."""
        if self.calls is not None:
            return tuple(self.calls)
        return (OneCall(service=self.service or "", action=self.action or "", params=self.params),)


def acts(parameters: EndpointDataset) -> str:
    """Say which of the calls change something."""
    assert isinstance(parameters, Call)
    changing = [f"{c.service}.{c.action}" for c in parameters.asked if not reads_only(c.service, c.action)]
    return f"calls {', '.join(changing)}" if changing else ""


def call_columns(parameters: EndpointDataset) -> tuple[Column, ...]:
    """Return the one column that needs no declaration: a single value."""
    assert isinstance(parameters, Call)
    return (VALUE,) if parameters.read == "value" and not parameters.columns else ()


def unfold_call(ask: Ask) -> Flow:
    """Return the flow of one request; one that changes something is never repeated on a doubt."""
    parameters = ask.parameters
    assert isinstance(parameters, Call)
    columns = declare(call_columns(parameters), parameters.columns)
    request = _request(parameters)
    judge = (
        wire.judge_csv
        if parameters.read == "file"
        else Judge(_names(parameters), parameters.read, _given_pager(parameters))
    )
    form = Form(parameters.read, parameters.calls is not None, parameters.pages)
    read = partial(read_call, form=form, columns=columns)
    step = Step("fetch", request, judge, repeatable=not acts(parameters), timeout=PATIENCE)
    return flow_of(ask, (step,), read)


def _request(parameters: Call) -> Request:
    if parameters.calls is None:
        (one,) = parameters.asked
        pager, page = (FIRST_PAGE, 1) if parameters.pages else ((), 0)
        return wire.call(one.service, one.action, (*write_params(one.params), *pager), page, page)
    form: list[tuple[str, str | Hole]] = [("format", "1"), ("ks", Hole("session", "kaltura"))]
    for number, one in enumerate(parameters.calls, 1):
        form += [(f"{number}:service", one.service), (f"{number}:action", one.action)]
        form += [(name, str(value)) for name, value in write_params(one.params, f"{number}:")]
    return Request("POST", "/api_v3/service/multirequest", form=tuple(form))


def _names(parameters: Call) -> tuple[str, ...]:
    several = parameters.calls is not None
    return tuple(f"{one.service}.{one.action}" for one in parameters.asked) if several else ()


def _given_pager(parameters: Call) -> bool:
    return any("pager" in one.params for one in parameters.asked)


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges one answer, or all answers of several calls; a value, so that equal plans are equal."""

    names: tuple[str, ...]
    """The calls, where there are several."""
    read: Read
    pager: bool
    """The job asks for one page and no more."""

    def __call__(self, request: Request, reply: Reply) -> Verdict:
        """Judge every answer, and the form of the one that is read."""
        answer, verdict = wire.judge_answer(reply)
        if self.names and isinstance(answer, list):
            verdict = self._several(answer)
            answer = answer[-1] if answer else None
        elif self.names and verdict is None:
            verdict = Refused("unreadable", f"the answer is no list of {len(self.names)}: {excerpt(reply.body)}")
        if verdict is not None:
            return too_many(answer, verdict)
        return _judge_form(answer, self.read) or self._judge_page(request, answer)

    def _several(self, answers: Sequence[object]) -> Verdict | None:
        """Look at every answer: a token to a failed one became an empty text in the calls behind it."""
        if len(answers) != len(self.names):
            return Refused("unreadable", f"{len(answers)} answers came to {len(self.names)} calls")
        for number, (name, answer) in enumerate(zip(self.names, answers, strict=True), 1):
            verdict = wire.judge_exception(answer)
            if isinstance(verdict, Refused | Again):
                words = f"{verdict.words} (call {number} of {len(self.names)}, {name}; the others do not count)"
                return replace(verdict, words=words)
        return None

    def _judge_page(self, request: Request, answer: object) -> Verdict:
        found = _objects(answer) if self.read == "objects" else None
        if found is None:
            return Done()
        if not request.page:
            total = answer.get("totalCount", 0) if isinstance(answer, dict) else 0
            if isinstance(total, int) and total > len(found) and not self.pager:
                words = f"{len(found):,} of {total:,} objects came back: the service shows one page unless asked"
                return Refused("truncated", words, "write pages = true, or a pager of your own")
            return Done()
        return judge_page(request, len(found))


def _objects(answer: object) -> list[Mapping[str, Any]] | None:
    """Return the objects of a list answer, or of a plain list; None where the answer is neither."""
    if isinstance(answer, dict) and ("objects" in answer or str(answer.get("objectType", "")).endswith("Response")):
        answer = answer.get("objects", [])
    whole = isinstance(answer, list) and all(isinstance(one, dict) for one in answer)
    return answer if isinstance(answer, list) and whole else None


def _judge_form(answer: object, read: Read) -> Refused | None:
    fits = {
        "objects": _objects(answer) is not None,
        "object": isinstance(answer, dict),
        "value": not isinstance(answer, dict | list),
    }.get(read)
    if fits:
        return None
    is_value = not isinstance(answer, dict | list)
    likely = "objects" if _objects(answer) is not None else "value" if is_value else "object"
    return Refused("unreadable", f"the answer cannot be read as {read}", f'write read = "{likely}"')


@dataclass(frozen=True, slots=True)
class Form:
    """Where the rows of an answer are."""

    read: Read
    several: bool
    pages: bool


def read_call(replies: Sequence[Reply], form: Form, columns: tuple[Column, ...]) -> Rows:
    """Read the rows where the job says they are; what an object leaves out is null.

    An equal request may have been judged for another dataset, which reads its answer in another way: the form of the
    answer and the end of its pages are looked at again.
    """
    if form.read == "file":
        return _read_file(replies[0], columns)
    answers = [load(reply)[-1] if form.several else load(reply) for reply in replies]
    unfit = next((refused for answer in answers if (refused := _judge_form(answer, form.read))), None)
    if unfit is not None:
        raise unreadable(f"{unfit.words}: {unfit.hint}")
    if form.read == "value":
        return Rows(columns, [typed({column.name: answers[0] for column in columns}, columns, 1)])
    if form.read == "object":
        return read_objects([answers], columns=columns)
    pages = [_objects(answer) or [] for answer in answers]
    if form.pages and len(pages[-1]) == LIST_PAGE:
        raise ProviderError("the last page is full: another dataset asks for it alone", kind="truncated")
    return read_objects(pages, columns=columns)


def _read_file(reply: Reply, columns: tuple[Column, ...]) -> Rows:
    try:
        lines = [line for line in csv.reader(io.StringIO(decoded(reply.body), newline=""), strict=True) if line]
    except csv.Error as error:
        raise ProviderError(f"the file is no CSV: {error}", kind="unreadable") from None
    if not lines:
        raise unreadable("the file has no header")
    return typed_rows(lines[0], lines[1:], columns)


ENDPOINTS = (
    Endpoint(
        name="call",
        summary="Any service and action, with columns that the job declares",
        parameters=Call,
        unfold=unfold_call,
        columns=call_columns,
        days=Days("params"),
        action=acts,
        limits=("a list without pages = true or a pager shows its first 30 objects: more end the run with exit 4",),
        traps=(
            "an action whose name does not begin with list, get, count, search, is, has or serve changes something",
            "a misspelt parameter is ignored by the service, and nothing here knows its name",
            "of several calls, one that fails fails the dataset: tokens to it became empty texts",
            "{1:result:objects:_all:id} ends with a comma",
        ),
    ),
)
