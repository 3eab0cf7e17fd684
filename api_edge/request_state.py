"""The typed keys of ``scope["state"]``, by which middlewares, rollout and proxy share facts.

``request_state(scope)["request_id"]`` lets mypy check the key and its type. Only ``request_id`` is
set for every request.
"""

from typing import NamedTuple, TypedDict

from psycopg import Error
from starlette.types import Scope

from api_edge.http.body_memory import BodyMemoryLease
from api_edge.idempotency.transactions import CallInTransaction
from api_edge.postgresql.database import Transaction
from shared_domain.partners import ApiKey, Caller
from shared_domain.refusals import Refused
from shared_domain.rollout import CallerName


class ToldError(NamedTuple):
    """The error that a response states to its caller, without any value of the request."""

    status: int
    #: OCTO's error code, or the type of an RFC 9457 problem.
    code: str
    #: The name of the refusal, such as ``hold-expired``; empty where there is none.
    reason: str = ""
    #: The names of the fields at fault.
    fields: tuple[str, ...] = ()


class RequestState(TypedDict, total=False):
    """The state of one request, from the HTTP parser to the last byte of its response."""

    request_id: str
    #: Path and query as they were sent, where Django is asked for something else than the caller.
    target: bytes
    #: Headers that the server adds to each response (``date``, ``server``).
    extra_response_headers: list[tuple[bytes, bytes]]

    #: The partner's key, or why it could not be looked up (rate limit), and its number.
    found_key: "ApiKey | Refused | Error"
    api_key_id: int
    #: The key whose usage counts this call (``usage``); absent for comparisons that staff ask for.
    counted_key: ApiKey
    error_told: ToldError
    #: The partner, once an endpoint of the edge has authenticated the request.
    caller: Caller
    #: The name that ``PORTICO_IDENTIFY_CALLER`` gave the caller; None when it gave none.
    caller_name: CallerName | None

    #: What Idempotency-Key makes of a request that writes.
    idempotent_call: CallInTransaction

    body_memory: BodyMemoryLease
    #: The transaction whose commit outcome the rollout asks for after a failure.
    transaction: Transaction
    #: The transaction of a dry run or shadow request, which is always rolled back.
    dry_run_transaction: Transaction
    #: What the transaction will lock and others want as well, such as a departure.
    wanted_lock: str
    #: The endpoint has asked for a database to read from.
    has_read: bool
    #: How long the call waited because its caller asked it to: no latency of the endpoint.
    waited_seconds: float
    #: PostgreSQL could not be reached: the failure is not charged to the endpoint.
    database_unavailable: bool

    #: The rollout has decided that the edge answers: no route that fits is 404, not Django.
    answered_by_edge: bool
    #: The caller asked with HEAD; the endpoint is called as for GET, and the server drops the body.
    is_head: bool
    #: Django must not count the request as a caller's: the edge makes it to compare.
    is_shadow: bool
    #: Its response is only compared: it takes no slot of the upstream that a caller could have.
    is_comparison: bool
    #: Asks Django for its release, and what it answered: empty for none, absent without an answer.
    release_token: bytes
    django_release: str
    #: Asks Django for the rows that it writes, and what it answered.
    effects_question: bytes
    django_effects: bytes
    #: Asks Django for a dry run.
    dry_run_question: bytes


def request_state(scope: Scope) -> RequestState:
    """Return the facts of a request; assigning to them changes them for all that follows."""
    state: RequestState = scope["state"]
    return state
