"""One endpoint, and a store of endpoints without a database."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from shared_domain.rollout import (
    Build,
    CallerName,
    Endpoint,
    EndpointId,
    EndpointName,
    ParityStats,
    Side,
    Stage,
    StageChange,
    path_shape,
)

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)

NAME = ("GET", "/v1/users/{id}")

#: Enough for a canary.
AGREED = ParityStats(
    compared=120,
    matched=120,
    agreed=120,
    status_classes={2: 100, 4: 20},
    partners=2,
    edge_ms=2.0,
    django_ms=20.0,
    self_test_passed=True,
    build=Build("", "e" * 32, "r" * 32),
    build_since=NOW,
    build_calls=100,
)


def endpoint(stage: str = "shadow", **different: Any) -> Endpoint:
    """Return an endpoint of both halves."""
    made = Endpoint(
        id=EndpointId(1),
        method=NAME[0],
        path_template=NAME[1],
        is_on_edge=True,
        is_on_django=True,
        stage=Stage(stage),
        stage_since=NOW,
        percent=10 if stage == "canary" else 0,
        salt="pepper",
    )
    return replace(made, **different)


class InMemoryEndpointStore:
    """Keeps what is saved, and every change that is recorded."""

    def __init__(
        self, *known: Endpoint, seen: ParityStats | None = None, edge_calls: int = 0
    ) -> None:
        self.known = {
            self._key((endpoint.method, endpoint.path_template)): endpoint for endpoint in known
        }
        self.changes: list[StageChange] = []
        self._seen = seen or ParityStats()
        self._edge_calls = edge_calls

    async def all(self) -> list[Endpoint]:
        return sorted(
            self.known.values(), key=lambda endpoint: (endpoint.path_template, endpoint.method)
        )

    async def get(self, name: EndpointName) -> Endpoint | None:
        return self.known.get(self._key(name))

    async def get_locked(self, name: EndpointName) -> Endpoint | None:
        return await self.get(name)

    async def register(
        self, names: Iterable[EndpointName], *, side: Side, site: str, now: datetime
    ) -> None:
        raise NotImplementedError("what SQL does is tested with SQL")

    async def save(self, endpoint: Endpoint) -> None:
        self.known[self._key((endpoint.method, endpoint.path_template))] = endpoint

    async def save_spent(self, endpoint: Endpoint) -> None:
        await self.save(endpoint)

    async def record_django_call(self, name: EndpointName, *, now: datetime) -> Stage | None:
        raise NotImplementedError("what SQL does is tested with SQL")

    async def record(self, endpoint: Endpoint, change: StageChange) -> None:
        self.changes.append(change)

    async def pin(self, endpoint: Endpoint, partner_id: CallerName, side: Side | None) -> None:
        pins = {partner: on for partner, on in endpoint.pins.items() if partner != partner_id}
        await self.save(replace(endpoint, pins=pins | ({partner_id: side} if side else {})))

    async def parity_stats(
        self, many: Sequence[Endpoint]
    ) -> dict[EndpointId, tuple[ParityStats, ...]]:
        return {endpoint.id: (self._seen,) for endpoint in many}

    async def edge_calls(self, endpoint: Endpoint, build: Build) -> int:
        return self._edge_calls

    def _key(self, name: EndpointName) -> EndpointName:
        return name[0], path_shape(name[1])
