"""Endpoints in every stage, with what was seen of them, for the tests of the board."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.contrib.admin.models import LogEntry
from django.utils import timezone

from core_site import stores
from core_site.rollout.evidence_models import Build, EdgeCalls, EndpointHour, ParityCheck, SelfTest
from core_site.rollout.models import Endpoint, Pin, StageChange
from shared_domain import rollout
from shared_domain.rollout import EndpointName, Side, Stage
from shared_domain.run_now import run_now

USERS = ("GET", "/v1/users")
NEW_USER = ("POST", "/v1/users")
#: Only Django has it.
STATEMENTS = ("GET", "/v1/statements")
#: Only the edge has it.
PRODUCTS = ("GET", "/octo/products")

BUTTONS = [
    "shadow", "canary", "to_edge", "retire", "step_back", "back_to_django", "pin", "budgets",
]  # fmt: skip

BUDGETS = {
    "mismatches": "7",
    "errors": "2",
    "latency_ratio": "1.5",
    "sample_percent": "25",
    "guarded_calls": "40",
    "guarded_percent": "9",
}

#: When everything was registered.
LONG_AGO = timedelta(days=20)


def register(*more: EndpointName) -> None:
    """Let both halves start, with these on both sides as well."""
    now = timezone.now() - LONG_AGO
    both = [USERS, NEW_USER, *more]
    store = stores.endpoints()
    run_now(rollout.register_endpoints([*both, STATEMENTS], side=Side.DJANGO, now=now, store=store))
    run_now(rollout.register_endpoints([*both, PRODUCTS], side=Side.EDGE, now=now, store=store))


def row_of(name: EndpointName) -> Endpoint:
    return Endpoint.objects.get(method=name[0], path_template=name[1])


def page_of(name: EndpointName, action: str = "change") -> str:
    return f"/admin/endpoints/endpoint/{row_of(name).pk}/{action}/"


def move(
    name: EndpointName, stage: Stage, *, ago: timedelta = timedelta(0), **options: Any
) -> Endpoint:
    """Bring an endpoint into a stage, whatever the evidence says."""
    told: dict[str, Any] = {"reason": "for the test", "actor": "marta", "is_forced": True} | options
    now = timezone.now() - ago
    run_now(rollout.set_stage(name, stage, now=now, store=stores.endpoints(), **told))
    return row_of(name)


def the_build() -> Build:
    """Return a build that runs now."""
    now = timezone.now()
    times = {"first_seen_at": now - LONG_AGO, "last_seen_at": now, "heard_at": now}
    return Build.objects.get_or_create(
        upstream="", edge="e" * 32, release="r" * 32, defaults=times
    )[0]


def self_test(name: EndpointName, *, passed: bool = True) -> None:
    SelfTest.objects.update_or_create(
        endpoint=row_of(name),
        build=the_build(),
        defaults={"at": timezone.now(), "passed": passed},
    )


def edge_called(
    name: EndpointName, calls: int, *, fell_back: int = 0, since: datetime | None = None
) -> None:
    """Store calls that the edge answered, in the present stage unless told otherwise."""
    row = row_of(name)
    EdgeCalls.objects.create(
        endpoint=row,
        build=the_build(),
        stage_since=since or row.stage_since,
        calls=calls,
        fell_back=fell_back,
    )


def compared(
    name: EndpointName,
    times: int,
    *,
    verdict: str = "match",
    django_status: int | None = None,
    edge_status: int | None = None,
    at: datetime | None = None,
) -> None:
    """Store comparisons of two partners, a quarter of them refusals."""
    endpoint, build = row_of(name), the_build()
    at = at or timezone.now() - timedelta(minutes=5)
    ParityCheck.objects.bulk_create(
        ParityCheck(
            endpoint=endpoint,
            build=build,
            at=at,
            partner_id=1 + number % 2,
            request_id=uuid4(),
            verdict=verdict,
            django_status=django_status or (404 if number % 4 == 0 else 200),
            edge_status=edge_status or (404 if number % 4 == 0 else 200),
            django_ms=20,
            edge_ms=2,
        )
        for number in range(times)
    )


def proven(name: EndpointName) -> None:
    """Store everything that a canary asks for, the first of its build behind it."""
    compared(name, 120)
    self_test(name)
    edge_called(name, 100, since=timezone.now() - LONG_AGO)


def had_calls(name: EndpointName, *, ago: timedelta = timedelta(0), **counts: float) -> None:
    hour = (timezone.now() - ago).replace(minute=0, second=0, microsecond=0)
    EndpointHour.objects.create(endpoint=row_of(name), hour=hour, **counts)


def stored() -> list[object]:
    """Return everything that a button might change."""
    tables = (Endpoint, StageChange, Pin, LogEntry)
    return [list(model.objects.order_by("pk").values()) for model in tables]
