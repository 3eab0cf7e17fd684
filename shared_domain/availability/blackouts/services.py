"""Services on blackout periods: preview one, add it, and lift it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import NewType, Protocol

from shared_domain.availability.errors import BlackoutLifted, BlackoutScope, BlackoutTooLong
from shared_domain.catalog import ProductId

BlackoutId = NewType("BlackoutId", int)

#: The longest period, in days.
MAX_BLACKOUT_DAYS = 366


@dataclass(frozen=True, slots=True, kw_only=True)
class BlackoutPlan:
    """A period for one product, or for every product of one place; both days are included."""

    product_id: ProductId | None
    place: str
    first_date: date
    last_date: date
    reason: str

    def check(self) -> None:
        """Check that the plan names one product or one place, and a period that may be blacked out.

        Raises:
            BlackoutScope: neither a product nor a place is named, or both are.
            BlackoutTooLong: it ends before it begins, or is longer than ``MAX_BLACKOUT_DAYS``.
        """
        if (self.product_id is None) == (not self.place):
            raise BlackoutScope
        if not 0 <= (self.last_date - self.first_date).days < MAX_BLACKOUT_DAYS:
            raise BlackoutTooLong(MAX_BLACKOUT_DAYS)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlackoutEffect:
    """The departures that a blackout would close, and what is sold of those days.

    ``bookings`` and ``guests`` stay. ``holds`` are running, and counted apart: staff may release
    them.
    """

    departures: int
    bookings: int
    guests: int
    holds: int


@dataclass(frozen=True, slots=True)
class BlackoutChanges:
    """How many departures were closed by blackouts of a product's new place, and opened again."""

    closed: int
    opened: int


class BlackoutStore(Protocol):
    """The store of blackouts that these services need; ``sql_store`` implements it."""

    async def effect(self, plan: BlackoutPlan, *, now: datetime) -> BlackoutEffect: ...

    async def lock(self) -> None:
        """Lock all blackouts for a change, until the transaction ends; before any option's lock."""
        ...

    async def lock_shared(self) -> None:
        """Keep all blackouts as they are until the transaction ends; before any option's lock."""
        ...

    async def add(self, plan: BlackoutPlan, *, requested_by: int, now: datetime) -> BlackoutId: ...

    async def lock_options(self, blackout_id: BlackoutId) -> None:
        """Lock the options of the blackout's products, so that no departures are generated."""
        ...

    async def close(self, blackout_id: BlackoutId, *, now: datetime) -> int: ...

    async def lift(self, blackout_id: BlackoutId, *, lifted_by: int, now: datetime) -> bool: ...

    async def reopen(self, blackout_id: BlackoutId, *, now: datetime) -> int: ...

    async def lock_options_of_product(self, product_id: ProductId) -> None: ...

    async def follow_place(self, product_id: ProductId, *, now: datetime) -> BlackoutChanges: ...


async def preview_blackout(
    plan: BlackoutPlan, *, now: datetime, store: BlackoutStore
) -> BlackoutEffect:
    """Return what a blackout would close now, and how many bookings are there.

    Raises:
        BlackoutScope, BlackoutTooLong: see ``BlackoutPlan.check``.
    """
    plan.check()
    return await store.effect(plan, now=now)


async def add_blackout(
    plan: BlackoutPlan, *, requested_by: int, now: datetime, store: BlackoutStore
) -> tuple[BlackoutId, int]:
    """Add a blackout, and return its id and how many departures it has closed.

    What is generated from now on is closed as well, and so is what moves to the place: either the
    transaction that does it waits for this one, or this one for it.

    Raises:
        BlackoutScope, BlackoutTooLong: see ``BlackoutPlan.check``.
    """
    plan.check()
    await store.lock()
    blackout_id = await store.add(plan, requested_by=requested_by, now=now)
    await store.lock_options(blackout_id)
    return blackout_id, await store.close(blackout_id, now=now)


async def lift_blackout(
    blackout_id: BlackoutId, *, lifted_by: int, now: datetime, store: BlackoutStore
) -> int:
    """Lift a blackout, and return how many departures are open again.

    A departure that another blackout covers stays closed, by that one; so does one that is over.

    Raises:
        BlackoutLifted: it is gone, or was lifted before.
    """
    await store.lock()
    await store.lock_options(blackout_id)
    if not await store.lift(blackout_id, lifted_by=lifted_by, now=now):
        raise BlackoutLifted
    return await store.reopen(blackout_id, now=now)


async def follow_place(
    product_id: ProductId, *, now: datetime, store: BlackoutStore
) -> BlackoutChanges:
    """Close and open a product's departures after its place has changed; a repeat changes nothing.

    What is on sale and not over is closed by a blackout of the new place, as it would be by one
    that is added now. What a blackout closed is open again unless another one covers it there.
    """
    await store.lock_shared()
    await store.lock_options_of_product(product_id)
    return await store.follow_place(product_id, now=now)
