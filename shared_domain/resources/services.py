"""Services on resources: give them to departures, take them off, and find who is in two places."""

from collections.abc import Collection, Sequence, Set
from datetime import datetime
from typing import Protocol

from shared_domain.availability import DepartureId
from shared_domain.resources.errors import ResourceNotFound
from shared_domain.resources.model import Clash, ResourceId


class ResourceStore(Protocol):
    """The store of resources that these services need; ``sql_store`` implements it."""

    async def lock_resources(self, resource_ids: Sequence[ResourceId]) -> int:
        """Lock resources against reservations until the transaction ends; return how many exist."""
        ...

    async def lock_departures(self, departure_ids: Sequence[DepartureId]) -> int: ...

    async def assign(
        self, resource_ids: Sequence[ResourceId], departure_ids: Sequence[DepartureId]
    ) -> None: ...

    async def unassign(
        self, resource_ids: Sequence[ResourceId], departure_ids: Sequence[DepartureId]
    ) -> None: ...

    async def full_departures(
        self, resource_ids: Sequence[ResourceId], departure_ids: Sequence[DepartureId]
    ) -> set[DepartureId]:
        """Return which are sold out, of the departures and those that may share the resources."""
        ...

    async def full_with_resource(self, resource_id: ResourceId) -> set[DepartureId]: ...

    async def record_full(
        self, *, sold_out: Collection[DepartureId], available: Collection[DepartureId]
    ) -> None:
        """Store the events of departures that are sold out, and of those available again."""
        ...

    async def clashes(self, departure_ids: Sequence[DepartureId]) -> list[Clash]: ...

    async def seats(
        self, departure_ids: Sequence[DepartureId], *, now: datetime
    ) -> dict[DepartureId, int]: ...


async def assign_resources(
    resource_ids: Sequence[ResourceId],
    departure_ids: Sequence[DepartureId],
    *,
    store: ResourceStore,
) -> list[Clash]:
    """Assign each resource to each departure, and return the clashes of these departures.

    Safe to repeat. The places of a boat count from the commit on: resources are locked before
    departures, as in a reservation.

    Raises:
        ResourceNotFound: a resource or a departure is gone.
    """
    await _lock(resource_ids, departure_ids, store)
    before = await store.full_departures(resource_ids, departure_ids)
    await store.assign(resource_ids, departure_ids)
    after = await store.full_departures(resource_ids, departure_ids)
    await _record_changes(before, after, store)
    return await store.clashes(departure_ids)


async def unassign_resources(
    resource_ids: Sequence[ResourceId],
    departure_ids: Sequence[DepartureId],
    *,
    store: ResourceStore,
) -> None:
    """Unassign each resource from each departure. Safe to repeat.

    Raises:
        ResourceNotFound: a resource or a departure is gone.
    """
    await _lock(resource_ids, departure_ids, store)
    before = await store.full_departures(resource_ids, departure_ids)
    await store.unassign(resource_ids, departure_ids)
    after = await store.full_departures(resource_ids, departure_ids)
    await _record_changes(before, after, store)


async def record_new_capacity(
    resource_id: ResourceId, *, full_before: Set[DepartureId], store: ResourceStore
) -> None:
    """Store the events of departures that a resource's new places fill, or make available again.

    ``full_before`` is what ``full_with_resource`` returned before the change, under the lock of the
    resource.
    """
    await _record_changes(full_before, await store.full_with_resource(resource_id), store)


async def find_clashes(
    departure_ids: Sequence[DepartureId], *, store: ResourceStore
) -> list[Clash]:
    """Return where a resource of these departures is on another one at the same time.

    Departures that are closed and have no guests are left out.
    """
    return await store.clashes(departure_ids)


async def find_seats(
    departure_ids: Sequence[DepartureId], *, now: datetime, store: ResourceStore
) -> dict[DepartureId, int]:
    """Return the places that each departure has on its boats; absent without such a limit."""
    return await store.seats(departure_ids, now=now)


async def _record_changes(
    before: Set[DepartureId], after: Set[DepartureId], store: ResourceStore
) -> None:
    if before != after:
        await store.record_full(sold_out=after - before, available=before - after)


async def _lock(
    resource_ids: Sequence[ResourceId], departure_ids: Sequence[DepartureId], store: ResourceStore
) -> None:
    found = await store.lock_resources(resource_ids)
    locked = await store.lock_departures(departure_ids)
    if found != len(set(resource_ids)) or locked != len(set(departure_ids)):
        raise ResourceNotFound
