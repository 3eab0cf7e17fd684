"""Bring the users' endpoints of a running demo from stage ``shadow`` to ``edge``, by evidence.

The test keys of the demo's partners call ``/v1/users`` through the edge, as partners' programs
would, and after each round every endpoint is promoted as far as its evidence allows. Nothing is
forced and no evidence is written here. Users that are made are deleted again.
"""

import http.client
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult
from uuid import uuid4

from django.utils import timezone

from core_site import stores
from core_site.demo.rollout import USERS
from core_site.rollout.callers import callers
from core_site.rollout.models import StageChange
from core_site.transactions import in_one_transaction
from shared_domain import rollout
from shared_domain.rollout import Budget, Endpoint, EndpointName, Side, Stage
from shared_domain.run_now import run_now

ACTOR = "load_demo"

#: Some five times as many as an idle machine needs. One that is too busy to compare leaves the
#: stages as they are, and the next start goes on.
MOST_ROUNDS = 150

#: After each call, a pause of so many times its duration: three quarters of a core stay free.
PAUSE_RATIO = 3

#: Rounds in stage ``shadow`` between two with refusals: proof of two status classes needs few, and
#: each is listed on the partner's page among what its programs got wrong. In a canary none is sent:
#: an error budget that has seen refusals asks for many.
ROUNDS_WITHOUT_REFUSALS = 10

_TIMEOUT_SECONDS = 30

#: As in the tutorial: callers, both halves and PostgreSQL share one machine, and a demo is short.
_BUDGET = Budget(latency_ratio=10.0, tail_ratio=10.0)
_GUARDED_CALLS = 20

_STEPS: Mapping[tuple[Stage, int], tuple[Stage, int | None, str]] = {
    (Stage.SHADOW, 0): (Stage.CANARY, 1, "a hundred comparisons agree"),
    (Stage.CANARY, 1): (Stage.CANARY, 100, "the first canary is well"),
    (Stage.CANARY, 100): (Stage.EDGE, None, "a hundred calls of the canary are well"),
}


@dataclass(frozen=True, slots=True)
class RolloutProgress:
    """What an endpoint still lacks for the next stage, in words; empty at the end."""

    endpoint: Endpoint
    missing: tuple[str, ...] = ()
    #: Its stage was changed by hand or by its error budget, so the demo leaves it alone.
    is_left_alone: bool = False

    @property
    def is_over(self) -> bool:
        return self.is_left_alone or self.endpoint.stage is Stage.EDGE


def roll_out_users(edge: SplitResult, test_keys: Mapping[str, str]) -> list[RolloutProgress]:
    """Call the users' endpoints until all are in stage ``edge``, and return how far each came.

    ``test_keys`` are API keys in test mode by the partner's code, at least two.

    Raises:
        OSError, http.client.HTTPException: the edge does not answer.
        UnexpectedStatus: it answers something else than a user that was just made would be.
    """
    pinned = next(iter(test_keys))
    progress = [_prepare(name, pinned) for name in USERS]
    for number in range(MOST_ROUNDS):
        waiting = [one.endpoint for one in progress if not one.is_over]
        if not waiting:
            break
        # Calls of the others prove nothing while only the pinned partner is a canary.
        is_first_canary = all(endpoint.percent == 1 for endpoint in waiting)
        are_refused = number % ROUNDS_WITHOUT_REFUSALS == 0 and any(
            endpoint.stage is Stage.SHADOW for endpoint in waiting
        )
        for key in [test_keys[pinned]] if is_first_canary else test_keys.values():
            with partner_client(edge, key) as client:
                client.call_every_endpoint(with_refusals=are_refused)
        progress = [_promote(name, pinned) for name in USERS]
    return progress


class UnexpectedStatus(Exception):
    """An endpoint answered with a status that the demo did not ask for."""


@dataclass(frozen=True, slots=True)
class PartnerClient:
    """A partner's program in test mode; every call is followed by a pause."""

    connection: http.client.HTTPConnection
    key: str

    def call_every_endpoint(self, *, with_refusals: bool) -> None:
        """Create two users, list, get, change and delete them, perhaps with a refusal of each."""
        made = [self._create() for _ in range(2)]
        page = self._call("GET", "/v1/users?limit=1", 200)
        self._call("GET", f"/v1/users?limit=1&cursor={page['nextCursor']}", 200)
        for user in made:
            path = f"/v1/users/{user}"
            self._call("GET", path, 200)
            self._call("PATCH", path, 200, {"age": 35})
        if with_refusals:
            self._send_refused(made[0])
        for user in made:
            self._call("DELETE", f"/v1/users/{user}", 204)

    def _create(self) -> str:
        body = {"email": f"guest-{uuid4().hex[:12]}@example.com", "age": 34}
        return str(self._call("POST", "/v1/users", 201, body)["id"])

    def _send_refused(self, user: str) -> None:
        unknown = f"/v1/users/{uuid4()}"
        self._call("GET", "/v1/users?limit=0", 422)
        self._call("GET", unknown, 404)
        self._call("POST", "/v1/users", 422, {"email": "no address", "age": 34})
        self._call("PATCH", f"/v1/users/{user}", 422, {"age": "thirty"})
        self._call("DELETE", unknown, 404)

    def _call(self, method: str, target: str, status: int, body: object = None) -> Any:
        began_at = time.perf_counter()
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        sent = None if body is None else json.dumps(body)
        self.connection.request(method, target, body=sent, headers=headers)
        response = self.connection.getresponse()
        received = response.read()
        time.sleep(PAUSE_RATIO * (time.perf_counter() - began_at))
        if response.status != status:
            raise UnexpectedStatus(f"{method} /v1/users: {response.status}, not {status}")
        return json.loads(received) if received else None


@contextmanager
def partner_client(edge: SplitResult, key: str) -> Iterator[PartnerClient]:
    """Keep one connection to the edge for a partner's calls."""
    connection = http.client.HTTPConnection(
        edge.hostname or "", edge.port, timeout=_TIMEOUT_SECONDS
    )
    try:
        yield PartnerClient(connection, key)
    finally:
        connection.close()


def _prepare(name: EndpointName, partner_code: str) -> RolloutProgress:
    """Give an endpoint in stage ``shadow`` a demo's budget, and pin a partner to its canary."""

    def prepare() -> None:
        reason: Mapping[str, Any] = {"actor": ACTOR, "now": timezone.now()}
        run_now(
            rollout.set_budget(
                name, budget=_BUDGET, guarded_calls=_GUARDED_CALLS,
                reason="all on one machine, and a demo is short",
                store=stores.endpoints(), **reason,
            )
        )  # fmt: skip
        _pin(name, partner_code, Side.EDGE, reason="1 % of four partners may be none")

    progress = _progress(name)
    endpoint = progress.endpoint
    if not progress.is_over and endpoint.stage is Stage.SHADOW and endpoint.budget != _BUDGET:
        in_one_transaction(prepare)
    return progress


def _promote(name: EndpointName, partner_code: str) -> RolloutProgress:
    """Promote an endpoint as far as its evidence allows now."""
    before = _progress(name)

    def promote() -> RolloutProgress:
        # Locked before it is looked at, so that a staff user's rollback is not undone.
        run_now(stores.endpoints().get_locked(name))
        progress = _progress(name)
        step = _STEPS.get((progress.endpoint.stage, progress.endpoint.percent))
        if progress.is_over or step is None:
            return progress
        stage, percent, reason = step
        if progress.endpoint.percent == 1:
            _pin(name, partner_code, None, reason="all partners are in the canary")
        promoted = run_now(
            rollout.set_stage(
                name, stage, percent=percent, reason=reason,
                actor=ACTOR, now=timezone.now(), store=stores.endpoints(),
            )
        )  # fmt: skip
        return RolloutProgress(promoted)

    try:
        return in_one_transaction(promote)
    except rollout.PromotionNotProven as refusal:
        return RolloutProgress(before.endpoint, missing=refusal.missing)


def _progress(name: EndpointName) -> RolloutProgress:
    endpoint = run_now(rollout.get_endpoint(name, store=stores.endpoints()))
    changes = StageChange.objects.filter(endpoint_id=endpoint.id)
    is_left_alone = changes.exclude(actor=ACTOR).exists()
    return RolloutProgress(endpoint, is_left_alone=is_left_alone)


def _pin(name: EndpointName, partner_code: str, side: Side | None, *, reason: str) -> None:
    caller = callers().find(partner_code)
    if caller is None:
        raise LookupError(f"the demo has no partner {partner_code}")
    run_now(
        rollout.pin_partner(
            name, caller, side, reason=reason,
            actor=ACTOR, now=timezone.now(), store=stores.endpoints(),
        )
    )  # fmt: skip


def describe_progress(progress: Sequence[RolloutProgress]) -> str:
    """Return one line for each endpoint: its stage, and what it lacks."""
    return "\n".join(
        f"{one.endpoint.name}: {one.endpoint.stage}"
        + (", changed by others and left alone" if one.is_left_alone else "")
        + "".join(f"\n  lacks {missing}" for missing in one.missing)
        for one in progress
    )
