"""Calls an endpoint by a plan that is made once, when the process starts.

FastAPI looks at the signatures of an endpoint and of its dependencies, level by level, for each
request anew; that takes more of a small request than the query does. Where a signature consists of
what is listed in ``plan_call``, the plan of one call is known beforehand. A request that it does
not fit (a value that no model takes, a parameter that was sent twice) is handed to FastAPI's own
handler before anything was done, so that refusals have one source, and one wording.
``tests/octo/test_direct_calls.py`` sends both the same requests.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from fastapi import params
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from api_edge.http.answer_check import Finish

Handler = Callable[[Request], Awaitable[Response]]

#: Reads one argument of the endpoint from the request.
Read = Callable[[Request], Awaitable[Any]]


class NotPlanned(Exception):
    """The signature has a parameter that no plan covers: FastAPI has to call the endpoint."""


@dataclass(frozen=True, slots=True)
class _Step:
    """The call of one dependency: which values it takes, and the name of its own."""

    name: str
    call: Callable[..., Any]
    takes_request: str | None
    takes_values: Mapping[str, str]
    is_generator: bool


@dataclass(slots=True)
class _Plan:
    """What an endpoint takes: arguments from the request, and the values of dependencies."""

    call: Callable[..., Awaitable[Response]]
    reads: dict[str, Read] = field(default_factory=dict)
    steps: list[_Step] = field(default_factory=list)
    takes_request: str | None = None
    #: The endpoint's parameters, each with the name of the value that it takes.
    takes_values: dict[str, str] = field(default_factory=dict)
    _names: dict[Any, str] = field(default_factory=dict)

    def depend(self, call: Callable[..., Any]) -> str:
        """Add a dependency after those that it needs, each once; return its value's name."""
        if call in self._names:
            return self._names[call]
        takes_request, takes_values = None, {}
        for name, kind, marks in _parameters(call):
            if kind is Request:
                takes_request = name
            elif (needed := _dependency(marks)) is not None:
                takes_values[name] = self.depend(needed)
            else:
                raise NotPlanned
        is_generator = inspect.isasyncgenfunction(call)
        if not is_generator and not _is_coroutine_function(call):
            raise NotPlanned
        name = self._names[call] = f"dependency {len(self.steps)}"
        opened = asynccontextmanager(call) if is_generator else call
        self.steps.append(_Step(name, opened, takes_request, takes_values, is_generator))
        return name


def call_directly(route: APIRoute, handle: Handler, finish: Finish) -> Handler:
    """Return ``handle``, or a quicker handler that hands what it cannot do to ``handle``.

    ``finish`` is called with each answer of the quicker one, before its transaction is committed.
    """
    if route.dependencies:
        return handle
    try:
        plan = plan_call(route.endpoint)
    except NotPlanned:
        return handle

    async def handle_directly(request: Request) -> Response:
        values: dict[str, Any] = {}
        try:
            for name, read in plan.reads.items():
                values[name] = await read(request)
        except NotPlanned:
            return await handle(request)
        async with AsyncExitStack() as transactions:
            for step in plan.steps:
                arguments = {name: values[value] for name, value in step.takes_values.items()}
                if step.takes_request is not None:
                    arguments[step.takes_request] = request
                value = step.call(**arguments)
                values[step.name] = await (
                    transactions.enter_async_context(value) if step.is_generator else value
                )
            arguments = {name: values[value] for name, value in plan.takes_values.items()}
            if plan.takes_request is not None:
                arguments[plan.takes_request] = request
            response = await plan.call(**arguments)
            finish(request, response)
        return response

    return handle_directly


def plan_call(endpoint: Callable[..., Any]) -> _Plan:
    """Return the plan of an endpoint whose answer is a ``Response``.

    It may take a body by a model, path parameters, query parameters by a model that ignores what it
    does not know, the request, and dependencies that are coroutine functions or asynchronous
    generators and take nothing but the request and each other.

    Raises:
        NotPlanned: it takes anything else.
    """
    if get_type_hints(endpoint).get("return") is not Response:
        raise NotPlanned
    plan = _Plan(endpoint)
    bodies = 0
    for name, kind, marks in _parameters(endpoint):
        if kind is Request:
            plan.takes_request = name
            continue
        if (dependency := _dependency(marks)) is not None:
            plan.takes_values[name] = plan.depend(dependency)
            continue
        is_model = isinstance(kind, type) and issubclass(kind, BaseModel)
        if is_model and not marks:
            bodies += 1
            plan.reads[name] = _read_body(kind)
        elif is_model and _only(marks, params.Query) and not kind.model_config.get("extra"):
            plan.reads[name] = _read_query(kind)
        elif (mark := _only(marks, params.Path)) and mark.alias is None:
            plan.reads[name] = _read_path(name, Annotated[kind, *marks])
        else:
            raise NotPlanned
        plan.takes_values[name] = name
    if bodies > 1:
        raise NotPlanned
    return plan


def _read_body(model: type[BaseModel]) -> Read:
    async def read(request: Request) -> Any:
        try:
            return model.model_validate(await request.json())
        except (ValueError, RecursionError):
            raise NotPlanned from None

    return read


def _read_query(model: type[BaseModel]) -> Read:
    async def read(request: Request) -> Any:
        pairs = request.query_params.multi_items()
        sent = dict(pairs)
        if len(sent) < len(pairs):
            raise NotPlanned
        try:
            return model.model_validate(sent)
        except ValidationError:
            raise NotPlanned from None

    return read


def _read_path(name: str, annotation: Any) -> Read:
    validate = TypeAdapter(annotation).validate_python

    async def read(request: Request) -> Any:
        try:
            return validate(request.scope["path_params"][name])
        except ValidationError:
            raise NotPlanned from None

    return read


def _parameters(call: Callable[..., Any]) -> list[tuple[str, Any, tuple[Any, ...]]]:
    """Return each parameter's name, its type, and what it is annotated with."""
    function = call if inspect.isroutine(call) else type(call).__call__
    hints = get_type_hints(function, include_extras=True)
    found = []
    for name, parameter in inspect.signature(call).parameters.items():
        if parameter.default is not inspect.Parameter.empty:
            raise NotPlanned
        hint = hints.get(name)
        kind, *marks = get_args(hint) if get_origin(hint) is Annotated else (hint,)
        found.append((name, kind, tuple(marks)))
    return found


def _dependency(marks: tuple[Any, ...]) -> Callable[..., Any] | None:
    mark = _only(marks, params.Depends)
    return mark.dependency if mark is not None else None


def _only(marks: tuple[Any, ...], kind: type) -> Any:
    return next((mark for mark in marks if isinstance(mark, kind)), None)


def _is_coroutine_function(call: Callable[..., Any]) -> bool:
    return inspect.iscoroutinefunction(call) or inspect.iscoroutinefunction(type(call).__call__)
