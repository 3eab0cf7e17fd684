"""Where the move of the endpoints stands: users are compared already, statements not yet moved."""

from datetime import datetime

from core_site import stores
from core_site.rollout.route_registration import register_routes
from shared_domain import rollout
from shared_domain.rollout import Side, Stage
from shared_domain.run_now import run_now

#: What both halves have. The edge registers all that it has when it starts.
USERS = (
    ("GET", "/v1/users"),
    ("POST", "/v1/users"),
    ("GET", "/v1/users/{id}"),
    ("PATCH", "/v1/users/{id}"),
)


def shadow_users(*, now: datetime) -> None:
    """Register both halves' endpoints, and begin to compare the users'."""
    register_routes()
    store = stores.endpoints()
    run_now(rollout.register_endpoints(USERS, side=Side.EDGE, now=now, store=store))
    for name in USERS:
        run_now(
            rollout.set_stage(
                name,
                Stage.SHADOW,
                reason="the edge has it too: compare before any partner is answered by it",
                actor="load_demo",
                now=now,
                store=store,
            )
        )
