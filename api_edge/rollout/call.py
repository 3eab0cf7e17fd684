"""The values that the rollout passes on for one request of a registered endpoint.

``Call`` is the request that is answered. ``ComparedCall`` is its copy, which can be sent to either
side again, and ``ComparisonContext`` what is recorded with the verdict.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope, Send

from api_edge.auth.callers import caller_name
from api_edge.request_state import RequestState, request_state
from api_edge.rollout.body_buffer import BufferedBody
from api_edge.rollout.edge_endpoints import EdgeEndpoint
from api_edge.rollout.effects import RecordedTransaction, unpack_effects
from api_edge.rollout.observations import Observation, ResponseCapture, without_body
from api_edge.rollout.path_matcher import METHODS_LIKE_GET
from api_edge.rollout.routes import Route
from api_edge.rollout.sandbox.messages import DryRunRequest, plain_scope
from shared_domain.rollout import NO_RULES, CallerName, Endpoint, Outcome, Rules
from shared_domain.rollout.wire import Verdict

#: They announce a body, which is not sent again: on a keep-alive connection Django would take the
#: next request for it.
BODY_HEADERS = frozenset({b"content-length", b"transfer-encoding", b"expect"})


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
        """The partner's id, or the shop's name for the caller; None while it is unknown."""
        return caller_name(self.state)

    def receive(self) -> Receive:
        """Return an ASGI ``receive`` of the body from its beginning, for one reader."""
        return self.body.receive()

    def edge_scope(self) -> Scope:
        """Return the scope for the edge's route, marked as answered by the edge."""
        return self.scope if self.edge_endpoint is None else self.edge_endpoint.scope(self.scope)

    def with_copied_body(self) -> "Call":
        """Return a copy for a second side at the same time, without disconnects of the caller."""
        return replace(self, body=self.body.copy())

    def as_shadow(self) -> "Call":
        """Return a copy, a shadow request that Django does not count as a caller's.

        Facts of Django's response are set in a state of its own.
        """
        state: RequestState = {**self.state, "is_shadow": True}
        if "extra_response_headers" in state:
            state["extra_response_headers"] = list(state["extra_response_headers"])
        return replace(self, scope={**self.scope, "state": state})

    def observe(self, capture: ResponseCapture) -> Observation | Verdict:
        """Return a side's response to the caller, or why it is not compared."""
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

    def copy_for_comparison(self) -> "ComparedCall":
        """Return a copy for the comparison, with the body as far as it has been read."""
        query = self.scope["query_string"].decode("latin-1")
        try:
            parameters = parse_qsl(query, keep_blank_values=True, max_num_fields=MOST_PARAMETERS)
        except ValueError:
            parameters = []
        context = ComparisonContext(
            self.endpoint,
            self.rules,
            self.state["request_id"],
            self.method,
            tuple(parameters),
            self.caller_name,
            self.route.is_guarded,
        )
        return ComparedCall(context, self.path_template, self.scope, self.body.body)

    def recorded_effects(self) -> str | None:
        """Return the rows that the answering side wrote, for ``parse_effects``; None if unknown."""
        transaction = self.state.get("transaction")
        if isinstance(transaction, RecordedTransaction):
            return transaction.recorded
        return unpack_effects(self.state.get("django_effects"))

    def wrote_outside_transaction(self, status: int) -> bool:
        """Return whether a write reports success without having used its transaction.

        A write that has only asked for a database to read from, such as a search, is left out.
        """
        is_write = self.method not in ("GET", "HEAD", "OPTIONS")
        return (
            is_write
            and 200 <= status < 300
            and not self.state["transaction"].was_used
            and not self.state.get("has_read", False)
        )


#: A query with more parameters tells nothing about an endpoint's parameters.
MOST_PARAMETERS = 100


@dataclass(frozen=True, slots=True)
class ComparisonContext:
    """What is recorded of a compared call besides the responses: neither its headers nor body."""

    endpoint: Endpoint
    rules: Rules
    request_id: str
    method: str
    parameters: tuple[tuple[str, str], ...]
    partner_id: CallerName | None
    #: The edge's response goes out only if it agrees.
    is_guarded: bool


@dataclass(frozen=True, slots=True)
class ComparedCall:
    """A copy of a call that can be sent to either side again, without its caller."""

    context: ComparisonContext
    path_template: str
    scope: Scope
    #: As far as it has been read.
    body: bytes

    def dry_run_request(
        self, *, is_read: bool, within_seconds: float, keeps_snapshot: bool = False
    ) -> DryRunRequest:
        """Return the message that asks a sandbox process for the edge's response."""
        return DryRunRequest(
            scope=plain_scope(self.scope),
            body=self.body,
            is_read=is_read,
            within_seconds=within_seconds,
            keeps_snapshot=keeps_snapshot,
        )

    def django_scope(
        self,
        headers: Sequence[tuple[bytes, bytes]],
        *,
        facts: RequestState | None = None,
        left_out: frozenset[bytes] = frozenset(),
    ) -> Scope:
        """Return the scope of a shadow request, which Django does not count as a caller's.

        It has the caller's headers but for ``left_out`` and those of the body, then ``headers``. It
        has a state of its own with ``facts``, where facts of Django's response are set.
        """
        state: RequestState = {
            **request_state(self.scope),
            "is_shadow": True,
            "is_comparison": True,
            **(facts or {}),
        }
        for name in ("extra_response_headers", "django_release", "effects_question"):
            state.pop(name, None)  # type: ignore[misc]
        dropped = BODY_HEADERS | left_out
        kept = [(name, value) for name, value in self.scope["headers"] if name not in dropped]
        return {**self.scope, "state": state, "headers": [*kept, *headers]}
