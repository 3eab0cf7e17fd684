"""The ledger of one booking: its entries, its balance, and which entry may come next."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import NewType

from shared_domain import contact_data
from shared_domain.bookings import BookingId, BookingStatus
from shared_domain.money import HIGHEST_PRICE_MINOR
from shared_domain.payments.errors import (
    AmountOutOfRange,
    EntryNotFound,
    EntryReversed,
    NothingDue,
    RefundAboveReceived,
    ReversalLeavesRefund,
    ReversalNotReversible,
    TestsTakeNoPayment,
    TooManyEntries,
    WriteOffAboveDue,
)

EntryId = NewType("EntryId", int)

#: The account of the staff user who records an entry, in Django's table of users.
StaffUserId = NewType("StaffUserId", int)

#: Entries that one booking can have: instalments and corrections of a large group, many times over.
MOST_ENTRIES = 200

#: Above every price of a booking of 1000 tickets.
HIGHEST_ENTRY_MINOR = HIGHEST_PRICE_MINOR * 1000

LONGEST_REFERENCE = 100

_STANDING = frozenset(
    {
        BookingStatus.ON_HOLD,
        BookingStatus.PENDING,
        BookingStatus.CONFIRMED,
        BookingStatus.REDEEMED,
    }
)


class EntryKind(StrEnum):
    RECEIVED = "RECEIVED"
    REFUNDED = "REFUNDED"
    WRITTEN_OFF = "WRITTEN_OFF"


class Method(StrEnum):
    """How money changed hands."""

    CASH = "CASH"
    CARD = "CARD"
    BANK_TRANSFER = "BANK_TRANSFER"
    VOUCHER = "VOUCHER"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargedSale:
    """The columns of a booking that decide what its guest is charged.

    ``status`` is the present one: an expired hold is EXPIRED, whether or not that is stored.
    """

    booking_id: BookingId
    is_direct: bool
    test_mode: bool
    status: BookingStatus
    currency: str
    retail_minor: int
    refund_retail_minor: int | None

    @property
    def charged_minor(self) -> int:
        """What the guest is to pay the supplier in all, in minor units."""
        if self.test_mode or not self.is_direct:
            return 0
        return compute_charge(
            self.status,
            retail_minor=self.retail_minor,
            refund_retail_minor=self.refund_retail_minor,
        )


def compute_charge(
    status: BookingStatus, *, retail_minor: int, refund_retail_minor: int | None
) -> int:
    """Return what the guest of the supplier's own sale is to pay in all, in minor units."""
    if status is BookingStatus.CANCELLED:
        return retail_minor - (refund_retail_minor or 0)
    return retail_minor if status in _STANDING else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """The sums of a booking's ledger, in minor units of its currency; none is below zero."""

    currency: str
    charged_minor: int
    received_minor: int = 0
    refunded_minor: int = 0
    written_off_minor: int = 0

    @property
    def held_minor(self) -> int:
        """What the supplier has of the guest's money: received, less refunded."""
        return self.received_minor - self.refunded_minor

    @property
    def due_minor(self) -> int:
        """What the guest still owes; what was written off is owed no more."""
        return max(0, self.charged_minor - self.held_minor - self.written_off_minor)

    @property
    def refund_due_minor(self) -> int:
        """What the supplier owes the guest."""
        return max(0, self.held_minor - self.charged_minor)

    @property
    def is_settled(self) -> bool:
        """True when neither the guest nor the supplier owes the other anything."""
        return not (self.due_minor or self.refund_due_minor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Staff's input about a payment, a refund or a write-off, before it becomes an entry.

    ``reference`` is its number elsewhere, as on the receipt of a card terminal or a bank statement.
    """

    amount_minor: int
    method: Method | None
    reference: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a ledger. ``amount_minor`` is above zero whatever the kind.

    A reversal has the kind, amount and method of the entry that it takes back, and its id in
    ``reverses``. ``method`` is None where something was written off. ``id`` is None until stored.
    """

    id: EntryId | None = None
    booking_id: BookingId
    kind: EntryKind
    amount_minor: int
    currency: str
    method: Method | None
    reference: str
    note: str
    reverses: EntryId | None = None
    recorded_by: StaffUserId
    recorded_at: datetime

    @property
    def effect_minor(self) -> int:
        """The amount as it counts in the sum of its kind: below zero for a reversal."""
        return self.amount_minor if self.reverses is None else -self.amount_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """A booking with all its entries, oldest first."""

    sale: ChargedSale
    entries: tuple[Entry, ...] = field(default=())

    @property
    def balance(self) -> Balance:
        return Balance(
            currency=self.sale.currency,
            charged_minor=self.sale.charged_minor,
            received_minor=_sum(self.entries, EntryKind.RECEIVED),
            refunded_minor=_sum(self.entries, EntryKind.REFUNDED),
            written_off_minor=_sum(self.entries, EntryKind.WRITTEN_OFF),
        )

    def with_entry(self, entry: Entry) -> "Ledger":
        return replace(self, entries=(*self.entries, entry))

    def find_reversal(self, entry_id: EntryId) -> Entry | None:
        """Return the entry that takes this one back."""
        return next((entry for entry in self.entries if entry.reverses == entry_id), None)

    def receive(self, payment: Payment, *, by: StaffUserId, now: datetime) -> Entry:
        """Return the entry of money that came in, also beyond what is due.

        Raises:
            TestsTakeNoPayment, TooManyEntries, AmountOutOfRange
        """
        return self._entry(EntryKind.RECEIVED, payment, by=by, now=now)

    def refund(self, payment: Payment, *, by: StaffUserId, now: datetime) -> Entry:
        """Return the entry of money that is given back, due or out of goodwill.

        Raises:
            RefundAboveReceived: the supplier has not so much of the guest's money.
            TestsTakeNoPayment, TooManyEntries, AmountOutOfRange
        """
        entry = self._entry(EntryKind.REFUNDED, payment, by=by, now=now)
        held_minor = self.balance.held_minor
        if payment.amount_minor > held_minor:
            raise RefundAboveReceived(held_minor, self.sale.currency)
        return entry

    def write_off(self, payment: Payment, *, by: StaffUserId, now: datetime) -> Entry:
        """Return the entry by which the supplier gives up some of what the guest owes.

        Raises:
            NothingDue, WriteOffAboveDue
            TestsTakeNoPayment, TooManyEntries, AmountOutOfRange
        """
        entry = self._entry(EntryKind.WRITTEN_OFF, replace(payment, method=None), by=by, now=now)
        due_minor = self.balance.due_minor
        if not due_minor:
            raise NothingDue
        if payment.amount_minor > due_minor:
            raise WriteOffAboveDue(due_minor, self.sale.currency)
        return entry

    def reverse(self, entry_id: EntryId, *, note: str, by: StaffUserId, now: datetime) -> Entry:
        """Return the counter-entry of an entry that was a mistake.

        Raises:
            EntryNotFound, EntryReversed, ReversalNotReversible
            ReversalLeavesRefund: it is a payment that was refunded since; reverse the refund first.
            TooManyEntries
        """
        mistaken = next((entry for entry in self.entries if entry.id == entry_id), None)
        if mistaken is None:
            raise EntryNotFound
        if mistaken.reverses is not None:
            raise ReversalNotReversible
        if self.find_reversal(entry_id) is not None:
            raise EntryReversed
        payment = Payment(
            amount_minor=mistaken.amount_minor,
            method=mistaken.method,
            reference=mistaken.reference,
            note=note,
        )
        entry = replace(self._entry(mistaken.kind, payment, by=by, now=now), reverses=mistaken.id)
        after = self.with_entry(entry).balance
        if after.held_minor < 0:
            raise ReversalLeavesRefund(after.refunded_minor, self.sale.currency)
        return entry

    def _entry(self, kind: EntryKind, payment: Payment, *, by: StaffUserId, now: datetime) -> Entry:
        if self.sale.test_mode:
            raise TestsTakeNoPayment
        if len(self.entries) >= MOST_ENTRIES:
            raise TooManyEntries(MOST_ENTRIES)
        if not 1 <= payment.amount_minor <= HIGHEST_ENTRY_MINOR:
            raise AmountOutOfRange(HIGHEST_ENTRY_MINOR, self.sale.currency)
        return Entry(
            booking_id=self.sale.booking_id,
            kind=kind,
            amount_minor=payment.amount_minor,
            currency=self.sale.currency,
            method=payment.method,
            reference=contact_data.normalise_line(payment.reference, longest=LONGEST_REFERENCE),
            note=contact_data.normalise_note(payment.note),
            recorded_by=by,
            recorded_at=now,
        )


def _sum(entries: Iterable[Entry], kind: EntryKind) -> int:
    return sum(entry.effect_minor for entry in entries if entry.kind is kind)
