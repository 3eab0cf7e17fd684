"""Fold differences into sums, and compare the sums with the bookings."""

from dataclasses import dataclass
from typing import Protocol

from shared_domain.sales_rollup.model import SaleChange, SalesSums, add_up


@dataclass(frozen=True, slots=True)
class Deviation:
    """How many sums of the roll-up are wrong; ``examples`` are what a few of them lack."""

    days: int
    months: int
    examples: tuple[object, ...]

    def __bool__(self) -> bool:
        return bool(self.days or self.months)


class SalesRollupStore(Protocol):
    """The store of the roll-up that these services need; ``sql_store`` implements it."""

    async def take_changes(self, most: int) -> list[SaleChange]:
        """Delete the oldest differences not locked by another transaction, and return them."""
        ...

    async def add(self, sums: SalesSums) -> None:
        """Add to the sums of days and months."""
        ...

    async def missing(self) -> SalesSums:
        """Return what the roll-up lacks of the sums of all bookings, as one snapshot shows both."""
        ...

    async def repair_days(self) -> int:
        """Add what days lack, as one snapshot shows it, and return how many were wrong."""
        ...

    async def repair_months(self) -> int:
        """Add what months lack, as one snapshot shows it, and return how many were wrong."""
        ...

    async def lock_repairs(self) -> None:
        """Lock out other repairs until the transaction ends."""
        ...


async def fold_changes(*, most: int, store: SalesRollupStore) -> int:
    """Move at most ``most`` of the oldest differences into the sums, and return how many.

    Do it in one transaction, so that readers see each difference once: as a difference or in a sum.
    """
    changes = await store.take_changes(most)
    if changes:
        await store.add(add_up(changes))
    return len(changes)


async def find_deviations(*, store: SalesRollupStore, examples: int = 3) -> Deviation:
    """Return which sums differ from those of the bookings; this reads every booking once."""
    missing = await store.missing()
    found: list[object] = [*missing.days[:examples], *missing.months[:examples]]
    return Deviation(len(missing.days), len(missing.months), tuple(found))


async def repair(*, store: SalesRollupStore) -> Deviation:
    """Correct the sums that differ from those of the bookings, and return how many were wrong.

    Bookings may be changed meanwhile: their differences are added to the corrected sums.
    """
    await store.lock_repairs()
    return Deviation(await store.repair_days(), await store.repair_months(), ())
