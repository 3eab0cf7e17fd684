"""The value that the rollout passes on for one request of a registered endpoint."""

from dataclasses import dataclass, replace

from starlette.types import Receive, Scope, Send

from api_edge.request_state import RequestState, request_state
from api_edge.rollout.body_buffer import BufferedBody
from api_edge.rollout.callers import caller_name
from api_edge.rollout.edge_endpoints import EdgeEndpoint
from api_edge.rollout.observations import (
    Observation,
    ResponseCapture,
    without_body,
)
from api_edge.rollout.path_matcher import METHODS_LIKE_GET
from api_edge.rollout.routes import Route
from shared_domain.rollout import NO_RULES, CallerName, Endpoint, Outcome, Rules
from shared_domain.rollout.wire import Verdict


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a registered endpoint, with its ``send`` and its route."""

    endpoint: Endpoint
    #: The endpoint of the edge; None where only Django has one.
    edge_endpoint: EdgeEndpoint | None
    scope: Scope
    body: BufferedBody
    send: Send
    route: Route

    @property
    def state(self) -> RequestState:
        return request_state(self.scope)

    @property
    def method(self) -> str:
        method: str = self.scope["method"]
        return method

    @property
    def is_exact_method(self) -> bool:
        """Whether the request has the endpoint's method."""
        return self.method == self.endpoint.method

    @property
    def is_own_method(self) -> bool:
        """Whether the request has the endpoint's method, or HEAD or OPTIONS of a read."""
        is_like_get = self.endpoint.is_read and self.method in METHODS_LIKE_GET
        return self.is_exact_method or is_like_get

    @property
    def rules(self) -> Rules:
        return NO_RULES if self.edge_endpoint is None else self.edge_endpoint.rules

    @property
    def path_template(self) -> str:
        return (self.edge_endpoint or self.endpoint).path_template

    @property
    def caller_name(self) -> CallerName | None:
        """The partner's id or the shop's name for the caller, as far as it is known by now."""
        return caller_name(self.state)

    def receive(self) -> Receive:
        """Return an ASGI ``receive`` that gives the body from its beginning, for one reader."""
        return self.body.receive()

    def edge_scope(self) -> Scope:
        """Return the scope that the edge's route fits, marked as answered by the edge."""
        return self.scope if self.edge_endpoint is None else self.edge_endpoint.scope(self.scope)

    def replayed(self) -> "Call":
        """Return this call for a second side at the same time; its caller never disconnects."""
        return replace(self, body=self.body.replayed())

    def uncounted(self) -> "Call":
        """Return this call for a response that Django does not count as a caller's.

        Its state is a copy: what Django's response says does not reach the edge's.
        """
        state: RequestState = {**self.state, "is_shadow": True}
        if "extra_response_headers" in state:
            state["extra_response_headers"] = list(state["extra_response_headers"])
        return replace(self, scope={**self.scope, "state": state})

    def observe(self, capture: ResponseCapture) -> Observation | Verdict:
        """Return what a side has answered to the caller, or why that is not compared."""
        response = capture.response()
        if isinstance(response, Verdict):
            return response
        return Observation(
            Outcome(without_body(response) if self.method == "HEAD" else response),
            capture.milliseconds,
            has_failed=response.status >= 500 or not capture.is_whole,
            is_unavailable="database_unavailable" in self.state,
            partner_id=self.caller_name,
            release=self.state.get("django_release"),
        )

    def wrote_outside_transaction(self, status: int) -> bool:
        """Return whether a write reports success without having used its transaction.

        A write that took a database to read from only searched: it is no alarm.
        """
        is_write = self.method not in ("GET", "HEAD", "OPTIONS")
        return (
            is_write
            and 200 <= status < 300
            and not self.state["transaction"].was_used
            and not self.state.get("has_read", False)
        )
