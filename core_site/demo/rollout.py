"""Set up the rollout for the tutorial: users are in stage ``shadow``, statements still to move."""

from datetime import datetime
from typing import Any

from core_site import stores
from core_site.rollout.route_registration import register_routes
from shared_domain import rollout
from shared_domain.rollout import Side, Stage
from shared_domain.run_now import run_now

#: What both halves have.
USERS = (
    *(("GET", "/v1/users"), ("POST", "/v1/users")),
    *(("GET", "/v1/users/{id}"), ("PATCH", "/v1/users/{id}")),
    ("DELETE", "/v1/users/{id}"),
)
REASON = "the edge has it too: compare before any partner is answered by it"


def shadow_users(*, now: datetime) -> None:
    """Register the endpoints of Django and the edge, and set those of users to ``shadow``."""
    register_routes()
    at: dict[str, Any] = {"now": now, "store": stores.endpoints()}
    run_now(rollout.register_endpoints(USERS, side=Side.EDGE, **at))
    for name in USERS:
        run_now(rollout.set_stage(name, Stage.SHADOW, reason=REASON, actor="load_demo", **at))
