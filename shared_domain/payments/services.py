"""Record entries in a booking's ledger, and read balances: load, decide, save."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Protocol
from uuid import UUID

from shared_domain.bookings import BookingId, BookingNotFound
from shared_domain.partners import Access
from shared_domain.payments.model import (
    Balance,
    Entry,
    EntryId,
    Ledger,
    Payment,
    StaffUserId,
)


class PaymentStore(Protocol):
    """The store of ledgers that these services need; ``sql_store`` implements it."""

    async def get(self, uuid: UUID, access: Access, *, now: datetime) -> Ledger | None: ...

    async def get_locked(self, uuid: UUID, access: Access, *, now: datetime) -> Ledger | None:
        """Lock the booking until the transaction ends, then read its ledger."""
        ...

    async def insert(self, entry: Entry, *, balance: Balance) -> EntryId:
        """Store a new entry, and ``balance`` as the sums of the booking's ledger with it."""
        ...

    async def balances(
        self, booking_ids: Collection[BookingId], *, now: datetime
    ) -> dict[BookingId, Balance]:
        """Return the balance of each of these bookings that exists."""
        ...


async def record_payment(
    uuid: UUID,
    payment: Payment,
    *,
    access: Access,
    by: StaffUserId,
    now: datetime,
    store: PaymentStore,
) -> Ledger:
    """Record money that came in from the guest, and return the ledger with it.

    It may be more than what is due; the rest is then due back to the guest. Not idempotent: the
    caller keeps a form that is sent twice from being carried out twice.

    Raises:
        BookingNotFound
        TestsTakeNoPayment, TooManyEntries, AmountOutOfRange
    """
    return await _record(
        uuid, lambda ledger: ledger.receive(payment, by=by, now=now), access, now, store
    )


async def record_refund(
    uuid: UUID,
    payment: Payment,
    *,
    access: Access,
    by: StaffUserId,
    now: datetime,
    store: PaymentStore,
) -> Ledger:
    """Record money that was given back to the guest, and return the ledger with it.

    Raises:
        BookingNotFound
        RefundAboveReceived: the supplier has not so much of the guest's money.
        TestsTakeNoPayment, TooManyEntries, AmountOutOfRange
    """
    return await _record(
        uuid, lambda ledger: ledger.refund(payment, by=by, now=now), access, now, store
    )


async def write_off(
    uuid: UUID,
    payment: Payment,
    *,
    access: Access,
    by: StaffUserId,
    now: datetime,
    store: PaymentStore,
) -> Ledger:
    """Write off some or all of what the guest owes, and return the ledger with the new entry.

    Raises:
        BookingNotFound
        NothingDue, WriteOffAboveDue
        TestsTakeNoPayment, TooManyEntries, AmountOutOfRange
    """
    return await _record(
        uuid, lambda ledger: ledger.write_off(payment, by=by, now=now), access, now, store
    )


async def reverse_entry(
    uuid: UUID,
    entry_id: EntryId,
    *,
    note: str,
    access: Access,
    by: StaffUserId,
    now: datetime,
    store: PaymentStore,
) -> Ledger:
    """Reverse a mistaken entry by a counter-entry, and return the ledger with that.

    Raises:
        BookingNotFound
        EntryNotFound, EntryReversed, ReversalNotReversible, ReversalLeavesRefund, TooManyEntries
    """
    return await _record(
        uuid,
        lambda ledger: ledger.reverse(entry_id, note=note, by=by, now=now),
        access,
        now,
        store,
    )


async def get_ledger(uuid: UUID, *, access: Access, now: datetime, store: PaymentStore) -> Ledger:
    """Return a booking's ledger; one without entries for a booking that was never paid.

    Raises:
        BookingNotFound
    """
    ledger = await store.get(uuid, access, now=now)
    if ledger is None:
        raise BookingNotFound(str(uuid))
    return ledger


async def balance(uuid: UUID, *, access: Access, now: datetime, store: PaymentStore) -> Balance:
    """Return what a booking's guest owes the supplier, or the supplier its guest.

    Raises:
        BookingNotFound
    """
    return (await get_ledger(uuid, access=access, now=now, store=store)).balance


async def balances(
    booking_ids: Collection[BookingId], *, now: datetime, store: PaymentStore
) -> Mapping[BookingId, Balance]:
    """Return the balances of bookings of any partner by one query, as for a manifest.

    A booking that does not exist is left out.
    """
    return await store.balances(booking_ids, now=now) if booking_ids else {}


async def _record(
    uuid: UUID,
    decide: Callable[[Ledger], Entry],
    access: Access,
    now: datetime,
    store: PaymentStore,
) -> Ledger:
    ledger = await store.get_locked(uuid, access, now=now)
    if ledger is None:
        raise BookingNotFound(str(uuid))
    entry = decide(ledger)
    after = ledger.with_entry(entry)
    await store.insert(entry, balance=after.balance)
    return after
