"""The same request through either door: Django's view, and the edge's endpoint."""

import json
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx2

from api_edge.app import create_app
from api_edge.http.request_id import PARTNER_HEADERS
from api_edge.settings import Settings
from tests.both_doors.doors import Stack
from tests.harness.waiting import ANSWER_SECONDS

#: Headers that a caller may rely on; the others belong to the server or to the one request.
_HEADERS = (
    "content-type", "content-disposition", "cache-control", "location", "link", "retry-after",
)  # fmt: skip

#: What the edge adds to the answers of both halves, which Django does not say when it is asked.
_OF_THE_EDGES_DOOR = {name.decode(): value.decode() for name, value in PARTNER_HEADERS.items()}

#: What is another one in every answer.
_OF_THE_REQUEST = "requestId"


@dataclass(frozen=True)
class Said:
    """An answer, as far as it must be the same from both sides."""

    status: int
    headers: dict[str, str]
    body: Any

    @property
    def kinds(self) -> tuple[int, list[str], Any]:
        """What stays the same when ids, moments and other values may differ."""
        return self.status, sorted(self.headers), _kinds(self.body)


def ask_both(
    stack: Stack, method: str, target: str, body: object = None, *, of_the_edge: object = None
) -> tuple[Said, Said]:
    """Return what Django says, and what the edge says.

    ``of_the_edge`` is the edge's body where the same one cannot be sent twice.
    """
    edge = f"http://127.0.0.1:{stack.partner.port}"
    by_django = _ask(stack, method, stack.staff.base_url + target, body)
    by_edge = _ask(stack, method, edge + target, body if of_the_edge is None else of_the_edge)
    return by_django, by_edge


def edge_serves(method: str, path: str) -> bool:
    """Return whether the edge has an endpoint of its own for a path template."""
    return method.lower() in _paths().get(path, {})


@cache
def _paths() -> dict[str, dict[str, Any]]:
    app = create_app(Settings(database_url="postgresql://unused@/nothing"))
    paths: dict[str, dict[str, Any]] = app.openapi()["paths"]
    return paths


def _ask(stack: Stack, method: str, url: str, body: object) -> Said:
    answer = httpx2.request(
        method,
        url,
        content=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {stack.partner.key}"}
        | ({} if body is None else {"Content-Type": "application/json"}),
        timeout=ANSWER_SECONDS,
    )
    headers = {
        name: answer.headers[name]
        for name in _HEADERS
        if name in answer.headers and answer.headers[name] != _OF_THE_EDGES_DOOR.get(name)
    }
    if "location" in headers:
        headers["location"] = urlsplit(headers["location"]).path
    if "json" not in headers.get("content-type", ""):
        return Said(answer.status_code, headers, answer.text)
    said = answer.json()
    if isinstance(said, dict):
        said.pop(_OF_THE_REQUEST, None)
    return Said(answer.status_code, headers, said)


def _kinds(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _kinds(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_kinds(inner) for inner in value]
    return type(value).__name__
