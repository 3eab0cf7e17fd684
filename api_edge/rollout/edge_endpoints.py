"""The edge's endpoints with their parity rules, and the edge as an ASGI application."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import TypeVar

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from api_edge.request_state import request_state
from api_edge.rollout.path_matcher import PathMatcher, hides
from shared_domain.rollout import NO_RULES, EndpointName, Rules

Function = TypeVar("Function", bound=Callable[..., object])


def parity_rules(rules: Rules) -> Callable[[Function], Function]:
    """Declare how an endpoint's responses are compared with Django's.

    ::

        @router.get("/users")
        @parity_rules(Rules(public=frozenset({"/items/*/age"})))
        async def list_users(...): ...
    """

    def declare(function: Function) -> Function:
        function.parity_rules = rules  # type: ignore[attr-defined]
        return function

    return declare


@dataclass(frozen=True, slots=True)
class EdgeEndpoint:
    """One method of one route of the edge, with the rules by which it is compared."""

    method: str
    path_template: str
    rules: Rules

    def scope(self, scope: Scope) -> Scope:
        """Return the scope that this route fits: HEAD becomes GET, and the server drops the body.

        The request is marked as answered by the edge: see ``FallbackToUpstream``.
        """
        state = request_state(scope)
        state["answered_by_edge"] = True
        is_head = state["is_head"] = scope["method"] == "HEAD" and self.method == "GET"
        return {**scope, "method": "GET"} if is_head else scope


class EdgeEndpoints:
    """Every endpoint that this process implements below ``prefixes``, found by method and path.

    Documentation and health pages are not among them, since Django has none to compare with.

    Raises:
        ValueError: a route hides a later one that fits fewer paths, so that the stage of one
            endpoint would decide for the code of another.
    """

    def __init__(self, routes: Iterable[BaseRoute], *, prefixes: tuple[str, ...]) -> None:
        self.prefixes = prefixes
        endpoints = [
            EdgeEndpoint(method, route.path, getattr(route.endpoint, "parity_rules", NO_RULES))
            for route in routes
            if isinstance(route, APIRoute) and route.path.startswith(prefixes)
            for method in sorted(route.methods or ())
        ]
        for earlier, later in combinations(endpoints, 2):
            if earlier.method == later.method and hides(earlier.path_template, later.path_template):
                raise ValueError(
                    f"{later.method} {later.path_template} must be included before "
                    f"{earlier.path_template}, which fits its paths as well"
                )
        self.names: list[EndpointName] = [
            (endpoint.method, endpoint.path_template) for endpoint in endpoints
        ]
        self._matcher = PathMatcher(
            (endpoint.method, endpoint.path_template, endpoint) for endpoint in endpoints
        )

    def find(self, method: str, path: str) -> EdgeEndpoint | None:
        """Return the endpoint for a request, or None; HEAD and OPTIONS are like GET."""
        return self._matcher.find(method, path)


class EdgeApplication:
    """The edge as an ASGI application: its routes and their middlewares, without the rollout.

    Starlette builds the middlewares with the first message. Then ``RolloutMiddleware`` sets
    ``wrapped``, before any request or dry run can call this.
    """

    def __init__(self, app: FastAPI) -> None:
        self.fastapi = app
        self.wrapped: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.wrapped is None:
            raise RuntimeError("the edge has no RolloutMiddleware around its routes")
        await self.wrapped(scope, receive, send)


class FallbackToUpstream:
    """Proxies requests that no route fits, unless the rollout has decided that the edge answers.

    The router decides by the shape of a path, and a route may match less: ``{id:int}``. A path that
    it does not match is 404. In a dry run Django would do the write for real, and be compared with
    itself.
    """

    def __init__(self, reverse_proxy: ASGIApp) -> None:
        self._reverse_proxy = reverse_proxy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        state = scope.get("state", {})
        if state.get("answered_by_edge") or "dry_run_transaction" in state:
            raise HTTPException(404)
        await self._reverse_proxy(scope, receive, send)
