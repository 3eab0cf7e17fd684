"""The route class of OCTO endpoints: it checks the API key before it reads the body."""

from collections import Counter
from collections.abc import Mapping, Sequence

from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute, APIRouter
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from api_edge.auth.authentication import RequiresScope
from api_edge.http.answer_check import Finish, answer_check
from api_edge.http.body_memory import BODY_MEMORY, BodyMemoryLease
from api_edge.http.compression import compress_long_answers
from api_edge.http.dialects import OCTO_PREFIX
from api_edge.http.direct_calls import Handler, call_directly
from api_edge.http.exception_handlers import RETRY_AFTER
from api_edge.http.request_with_body import InvalidBody, RequestWithBody, sent_twice
from api_edge.request_state import request_state

MOST_BODY_BYTES = 1024 * 1024


def octo_router(tag: str) -> APIRouter:
    """Return a FastAPI router for one part of the OCTO standard."""
    return APIRouter(
        prefix=OCTO_PREFIX,
        tags=[tag],
        route_class=CompressingOctoRoute,
        generate_unique_id_function=lambda route: route.name,
    )


class UnreadableBody(HTTPException):
    """The body is too long, compressed, or its Content-Type is not JSON."""

    def __init__(
        self,
        message: str,
        *,
        problem_status: int = 400,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """``problem_status`` is the status under ``/v1``; OCTO has 400 only."""
        super().__init__(400, message, headers)
        self.problem_status = problem_status


class BodyMemoryFull(HTTPException):
    """The bodies of other requests take all the memory that this process has for bodies."""

    def __init__(self) -> None:
        message = "too many long bodies are being read; try again in a second"
        super().__init__(503, message, RETRY_AFTER)


class OctoRoute(APIRoute):
    """Checks the API key and its scope, then reads the body (OCTO, section 2).

    FastAPI reads the body before it resolves the dependency that authenticates the caller. So the
    caller is authenticated here, before any of the body is in memory, and kept for the dependency.
    """

    def get_route_handler(self) -> Handler:  # type: ignore[override]
        finish = _keep_and_check(answer_check(self))
        handle = _finishing(super().get_route_handler(), finish)
        handle = call_directly(self, handle, finish)
        calls = [dependency.call for dependency in self.dependant.dependencies]
        checks = [call for call in calls if isinstance(call, RequiresScope)]
        handle = self._each_parameter_once(handle, checks)
        if self.body_field is None:
            return handle
        kind = self.body_field.field_info.annotation
        model = kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None

        async def handle_key_first(request: Request) -> Response:
            for check_scope in checks:
                await check_scope(request)
            with BODY_MEMORY.hold() as held:
                try:
                    return await handle(await _with_json_body(request, held, model))
                except InvalidBody as invalid:
                    raise RequestValidationError(invalid.errors) from None

        return handle_key_first

    def _each_parameter_once(self, handle: Handler, checks: Sequence[RequiresScope]) -> Handler:
        """Refuse a query parameter of the endpoint that was sent twice; FastAPI takes the last."""
        parameters = query_parameters(self.dependant)

        async def handle_each_once(request: Request) -> Response:
            if b"&" in request.scope["query_string"]:
                sent = Counter(name for name, _ in request.query_params.multi_items())
                if twice := [name for name in parameters if sent[name] > 1]:
                    for check_scope in checks:
                        await check_scope(request)
                    errors = [sent_twice("query", name) for name in twice]
                    raise RequestValidationError(errors)
            return await handle(request)

        return handle_each_once if parameters else handle


class CompressingOctoRoute(OctoRoute):
    """Compresses long answers with gzip for callers that accept it."""

    def get_route_handler(self) -> Handler:  # type: ignore[override]
        return compress_long_answers(super().get_route_handler())


def query_parameters(dependant: Dependant) -> list[str]:
    """Return the names of the query parameters that an endpoint declares, those of models too."""
    names = [name for inner in dependant.dependencies for name in query_parameters(inner)]
    for field in dependant.query_params:
        kind = field.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            names += [member.alias or name for name, member in kind.model_fields.items()]
        else:
            names.append(field.alias)
    return names


def _keep_and_check(check: Finish | None) -> Finish:
    """Return what is done with each response before the commit.

    That of an idempotent call is kept, to be stored in the transaction.
    """

    def finish(request: Request, response: Response) -> None:
        if (call := request_state(request.scope).get("idempotent_call")) is not None:
            call.response = response
        if check is not None:
            check(request, response)

    return finish


def _finishing(handle: Handler, finish: Finish) -> Handler:
    """Return FastAPI's handler, which returns before FastAPI ends the endpoint's transaction."""

    async def handle_and_finish(request: Request) -> Response:
        response = await handle(request)
        finish(request, response)
        return response

    return handle_and_finish


async def _with_json_body(
    request: Request, held: BodyMemoryLease, model: type[BaseModel] | None
) -> Request:
    body = await _read(request, held)
    if not body.strip():
        # OCTO: an empty body is read as {}, whatever its Content-Type says.
        return RequestWithBody(_declared_as_json(request.scope), b"{}")
    codings = request.headers.getlist("content-encoding")
    if any(coding.strip().lower() not in ("", "identity") for coding in codings):
        raise UnreadableBody(
            "Content-Encoding must be left out: bodies are not compressed",
            problem_status=415,
            headers={"Accept-Encoding": "identity"},
        )
    kinds = request.headers.getlist("content-type")
    if len(kinds) > 1:
        raise UnreadableBody("Content-Type must be sent once")
    if not kinds:
        return RequestWithBody(_declared_as_json(request.scope), body, model)
    kind = kinds[0].partition(";")[0].strip().lower()
    if kind != "application/json" and not (
        kind.startswith("application/") and kind[-5:] == "+json"
    ):
        raise UnreadableBody("Content-Type must be application/json", problem_status=415)
    return RequestWithBody(request.scope, body, model)


async def _read(request: Request, held: BodyMemoryLease) -> bytes:
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > MOST_BODY_BYTES:
        raise _too_long()
    chunks, length = [], 0
    async for chunk in request.stream():
        length += len(chunk)
        if length > MOST_BODY_BYTES:
            raise _too_long()
        if not held.take(len(chunk)):
            raise BodyMemoryFull
        chunks.append(chunk)
    return b"".join(chunks)


def _too_long() -> UnreadableBody:
    return UnreadableBody(
        f"the body must be at most {MOST_BODY_BYTES} bytes long", problem_status=413
    )


def _declared_as_json(scope: Scope) -> Scope:
    headers = [(name, value) for name, value in scope["headers"] if name != b"content-type"]
    return {**scope, "headers": [*headers, (b"content-type", b"application/json")]}
