"""Serve the OpenAPI document, Swagger UI, ReDoc and the changelog, with no file of another host."""

import gzip
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import msgspec
from fastapi import APIRouter, FastAPI
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from api_edge.examples import shift_example_dates
from api_edge.http.accepted_values import accepts, has_version
from api_edge.http.dialects import OCTO_PREFIX, V1_PREFIX, is_octo
from api_edge.http.strict_models import RequestModel, ResponseModel
from api_edge.idempotency.header import NAME, REPLAYED
from api_edge.v1.events.webhooks import document_webhooks
from api_edge.v1.schemas import problem_schemas
from api_edge.wiring import current_time
from shared_domain.plain_page import ICON_DATA_URI

TAGS = [
    {"name": "Products", "description": "What you may sell."},
    {"name": "Availability", "description": "What is free, by day and by slot."},
    {"name": "Bookings", "description": "Hold, confirm, change, cancel and find bookings."},
    {"name": "Supplier", "description": "Who runs the tours, and what this API can do."},
    {
        "name": "Notifications",
        "description": "Be notified which booking, product or availability to fetch again "
        "(`octo/notifications`).",
    },
    {"name": "Users", "description": "Your own customers: create, change and list them."},
    {
        "name": "Events",
        "description": "What happened, in one log: read it by cursor, with a long poll.",
    },
    {
        "name": "Webhooks",
        "description": "Have events sent to you, signed by Standard Webhooks, each at least once. "
        "They are those of the feed.",
    },
    {
        "name": "Event types",
        "description": "What is sent to a webhook endpoint, and stands in the feed: every type, "
        "with an example.",
    },
    {"name": "Weather", "description": "The forecast of a city, and of departures."},
    {"name": "Operation", "description": "For those who run the platform."},
]

#: Of this parameter and others that stand for it, a search of bookings needs one.
ONE_OF_SEVERAL = frozenset({"localDate"})

#: The document lists these first, in this order: a booking is held before it is confirmed.
PATH_ORDER = [
    f"{OCTO_PREFIX}{path}"
    for path in (
        "/supplier",
        "/products",
        "/products/{id}",
        "/availability/calendar",
        "/availability",
        "/bookings",
        "/bookings/{uuid}/extend",
        "/bookings/{uuid}/confirm",
        "/bookings/{uuid}",
        "/bookings/{uuid}/cancel",
        "/notifications/subscriptions",
        "/notifications/subscriptions/{id}",
    )
]

REQUEST_HEADERS = {
    "OctoCapabilities": {
        "name": "Octo-Capabilities",
        "in": "header",
        "description": "Capabilities wanted for this call, separated by commas, with or without "
        "`octo/`. Unknown ones are ignored. The query parameter `_capabilities` does the same.",
        "schema": {"type": "string"},
        "examples": {"none": {"value": ""}, "with prices": {"value": "octo/pricing"}},
    },
    "OctoEnv": {
        "name": "Octo-Env",
        "in": "header",
        "description": "`test` or `live`; `test` works in test mode with a live key.",
        "schema": {"type": "string"},
        "examples": {"none": {"value": ""}, "live": {"value": "live"}},
    },
    "AcceptLanguage": {
        "name": "Accept-Language",
        "in": "header",
        "description": "BCP 47. Messages are in English whatever it says.",
        "schema": {"type": "string"},
        "example": "en",
    },
}

#: Added to the description of a write's 503, in the words of ``postgres.OUTCOME_UNKNOWN``.
UNKNOWN_OUTCOME = (
    " If the message says that the request may be carried out or not, look it up first."
)

RESPONSE_HEADERS = {
    "X-Request-Id": {
        "description": "Names this request in our records.",
        "schema": {"type": "string", "format": "uuid"},
    },
    "Octo-Capabilities": {
        "description": "The capabilities applied, spelled as they were asked for.",
        "schema": {"type": "string"},
    },
    "Retry-After": {
        "description": "In how many seconds the same request is worth another try, by what the "
        "calls before it take at the moment; under `/octo` at most 2, since OCTO's clients give up "
        "when they are asked to wait longer.",
        "schema": {"type": "integer", "minimum": 1},
    },
    REPLAYED: {
        "description": "`true` where the request was carried out before, with the same "
        "Idempotency-Key, and this is the answer of then.",
        "schema": {"type": "string", "const": "true"},
    },
    "WWW-Authenticate": {
        "description": "How to send the API key (RFC 9110, 11.6.1).",
        "schema": {"type": "string", "const": "Bearer"},
    },
}

# Addresses are relative to the page, which may stand below a prefix (``PORTICO_EDGE_PREFIX``).
PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Portico API</title>
<link rel="icon" href="{icon}">
<style>body {{ margin: 0 }}
@media (max-width: 640px) {{ .response-col_links {{ display: none }} }}</style>
{head}
</head>
<body>
<div id="page"></div>
{scripts}
</body>
</html>
"""

SWAGGER_UI = PAGE.format(
    icon=ICON_DATA_URI,
    head='<link rel="stylesheet" href="docs/files/swagger-ui.css">',
    scripts='<script src="docs/files/swagger-ui-bundle.js"></script>\n'
    '<script src="docs/files/start-swagger-ui.js"></script>',
)

CHANGELOG = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Portico API: changes</title>
<link rel="icon" href="{icon}">
<style>
body {{ font: 16px/1.5 sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem }}
</style>
</head>
<body>
{body}</body>
</html>
"""
REDOC = PAGE.format(
    icon=ICON_DATA_URI,
    head="",
    scripts='<script src="docs/files/redoc.standalone.js"></script>\n'
    '<script src="docs/files/start-redoc.js"></script>',
)

# Both pages write style attributes and draw images of their own; ReDoc searches in a worker.
# Nothing is fetched from anywhere else.
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; connect-src 'self'; script-src 'self'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
    "worker-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

router = APIRouter(include_in_schema=False)
router.routes.append(
    Mount("/docs/files", StaticFiles(directory=Path(__file__).parent / "static"), name="docs files")
)


@router.get("/docs")
async def swagger_ui(request: Request) -> Response:
    return HTMLResponse(SWAGGER_UI, headers=SECURITY_HEADERS)


async def redirect_to_swagger_ui(request: Request) -> Response:
    """Send a visitor of an edge without Django, where there is no other page, to ``/docs``."""
    return RedirectResponse(request.app.openapi_url.removesuffix("openapi.json") + "docs")


@router.get("/openapi.json")
async def openapi_document(request: Request) -> Response:
    """Send the OpenAPI document, or 304 to a caller that has this version."""
    # Encoded in a thread: it would block the event loop.
    document = await run_in_threadpool(_encode_document, request.app)
    headers = {"ETag": document.etag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if has_version(request, document.etag):
        return Response(status_code=304, headers=headers)
    if accepts(request, "accept-encoding", "gzip"):
        headers["Content-Encoding"] = "gzip"
        return Response(document.packed, media_type="application/json", headers=headers)
    return Response(document.plain, media_type="application/json", headers=headers)


@dataclass(frozen=True, kw_only=True)
class EncodedDocument:
    """The OpenAPI document as JSON, and the same compressed with gzip.

    The ETag is weak: both forms have the same one, and differ in their bytes.
    """

    plain: bytes
    packed: bytes
    etag: str


#: The callers of a process that is new wait for one document.
_MAKING_DOCUMENT = Lock()


def _encode_document(app: FastAPI) -> EncodedDocument:
    with _MAKING_DOCUMENT:
        return _encode_document_of_day(app, current_time().date())


# The dates of its examples follow the day.
@lru_cache(maxsize=1)
def _encode_document_of_day(app: FastAPI, day: date) -> EncodedDocument:
    plain = msgspec.json.encode(app.openapi())
    digest = hashlib.sha256(plain).hexdigest()[:32]
    return EncodedDocument(plain=plain, packed=gzip.compress(plain, mtime=0), etag=f'W/"{digest}"')


@router.get("/docs/changelog")
async def changelog(request: Request) -> Response:
    return HTMLResponse(_changelog(), headers=SECURITY_HEADERS)


@cache
def _changelog() -> str:
    """Return the page of changes, rendered when it is first requested."""
    # Only here: the import takes longer than most requests, and most processes never need it.
    from markdown_it import MarkdownIt

    text = (Path(__file__).parent / "CHANGELOG.md").read_text("utf-8")
    return CHANGELOG.format(icon=ICON_DATA_URI, body=MarkdownIt().render(text))


@router.get("/redoc")
async def redoc(request: Request) -> Response:
    return HTMLResponse(REDOC, headers=SECURITY_HEADERS)


def describe(app: FastAPI) -> None:
    """Replace ``app.openapi``: add what FastAPI cannot derive, and shift the examples to today."""
    generate = app.openapi
    shown: dict[date, dict[str, Any]] = {}

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _complete(generate())
        today = current_time().date()
        if today not in shown:
            shown.clear()
            shown[today] = shift_example_dates(app.openapi_schema, today)
        return shown[today]

    app.openapi = openapi  # type: ignore[method-assign]


def _complete(document: dict[str, Any]) -> dict[str, Any]:
    components = document["components"]
    document["paths"] = dict(sorted(document["paths"].items(), key=_place_in_a_visit))
    components["parameters"] = REQUEST_HEADERS
    components["headers"] = RESPONSE_HEADERS
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            # FastAPI promises its own validation answer; ours is among the operation's errors.
            if is_octo(path):
                operation["responses"].pop("422", None)
            for status, response in operation["responses"].items():
                response.setdefault("headers", {})["X-Request-Id"] = _header("X-Request-Id")
                if status == "401":
                    response["headers"]["WWW-Authenticate"] = _header("WWW-Authenticate")
                if status in ("429", "503"):
                    response["headers"]["Retry-After"] = _header("Retry-After")
                if status == "503" and method != "get":
                    response["description"] += UNKNOWN_OUTCOME
            if _takes_idempotency_key(operation):
                for status, response in operation["responses"].items():
                    if status.startswith("2"):
                        response["headers"][REPLAYED] = _header(REPLAYED)
            if "requestBody" in operation:
                _allow_empty_body(operation["requestBody"], components["schemas"])
            for parameter in operation.get("parameters", ()):
                _fill_in(parameter)
                _take_out_null(parameter["schema"])
            if path.startswith(f"{V1_PREFIX}/"):
                operation.setdefault("parameters", []).append(_request_header("OctoEnv"))
            if not is_octo(path):
                continue
            operation.setdefault("parameters", []).extend(map(_request_header, REQUEST_HEADERS))
            operation["responses"]["200"]["headers"] |= {
                "Octo-Capabilities": _header("Octo-Capabilities")
            }
    for model in (*_all_below(ResponseModel), *_all_below(RequestModel)):
        _keep_order_of_examples(model, components["schemas"].get(model.__name__, {}))
    components["schemas"] |= problem_schemas()
    document["webhooks"] = document_webhooks()
    for replaced in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(replaced, None)
    return document


def _takes_idempotency_key(operation: dict[str, Any]) -> bool:
    return any(one.get("name") == NAME for one in operation.get("parameters", ()))


def _place_in_a_visit(path: tuple[str, Any]) -> int:
    """Order the paths as a caller uses them, so that each example finds what it needs."""
    return PATH_ORDER.index(path[0]) if path[0] in PATH_ORDER else len(PATH_ORDER)


def _all_below(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for kind in model.__subclasses__():
        yield kind
        yield from _all_below(kind)


def _keep_order_of_examples(model: type[BaseModel], schema: dict[str, Any]) -> None:
    """Write a model's examples in the order of its fields: Pydantic sorts them by name."""
    extra = model.model_config.get("json_schema_extra")
    if "examples" in schema and isinstance(extra, dict):
        schema["examples"] = extra["examples"]


def _request_header(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/parameters/{name}"}


def _header(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/headers/{name}"}


def _fill_in(parameter: dict[str, Any]) -> None:
    """Let Swagger UI fill in the example of a parameter without which the request is refused.

    It shows a schema's ``examples``, and fills in a parameter's own ``example``.
    """
    is_needed = parameter.get("required") or parameter["name"] in ONE_OF_SEVERAL
    if is_needed and "examples" in parameter["schema"]:
        parameter["example"] = parameter["schema"]["examples"][0]


def _take_out_null(schema: dict[str, Any]) -> None:
    """Leave the null out of a parameter's schema: a parameter is left out, and has no null.

    FastAPI documents the default of its model. A client that is generated from it would send the
    text ``null`` or name an enumeration after the alternative.
    """
    if {"type": "null"} in schema.get("anyOf", ()):
        alternatives = [one for one in schema.pop("anyOf") if one != {"type": "null"}]
        schema |= alternatives[0] if len(alternatives) == 1 else {"anyOf": alternatives}


def _allow_empty_body(body: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Say that the body may be left out where ``{}`` is a complete request."""
    schema = body["content"]["application/json"]["schema"]
    name = schema["$ref"].rpartition("/")[2]
    body["required"] = bool(schemas[name].get("required"))
