"""Refusals of entries in a booking's ledger.

PaymentRefused
 ├── AmountOutOfRange
 ├── TestsTakeNoPayment
 ├── TooManyEntries
 ├── RefundAboveReceived
 ├── NothingDue
 ├── WriteOffAboveDue
 ├── EntryNotFound
 ├── EntryReversed
 ├── ReversalNotReversible
 └── ReversalLeavesRefund
"""

from dataclasses import dataclass

from shared_domain.refusals import RefusedToStaff


class PaymentRefused(RefusedToStaff):
    """An entry in a booking's ledger that is turned down."""


@dataclass(eq=False)
class AmountOutOfRange(PaymentRefused):
    """The amount is not above zero, or higher than ``highest_minor``."""

    highest_minor: int
    currency: str


class TestsTakeNoPayment(PaymentRefused):
    """A test booking owes nothing, and no money is taken for it."""

    __test__ = False  # pytest would take the class for a test.


@dataclass(eq=False)
class TooManyEntries(PaymentRefused):
    """The ledger has ``limit`` entries, the most that one booking can have."""

    limit: int


@dataclass(eq=False)
class RefundAboveReceived(PaymentRefused):
    """The refund is higher than what the supplier still has of the guest's money."""

    held_minor: int
    currency: str


class NothingDue(PaymentRefused):
    """The guest owes nothing that could be written off."""


@dataclass(eq=False)
class WriteOffAboveDue(PaymentRefused):
    """More would be written off than the guest owes."""

    due_minor: int
    currency: str


class EntryNotFound(PaymentRefused):
    """The booking's ledger has no such entry."""


class EntryReversed(PaymentRefused):
    """The entry was reversed before."""


class ReversalNotReversible(PaymentRefused):
    """The entry is a reversal itself; to undo one, record the original entry anew."""


@dataclass(eq=False)
class ReversalLeavesRefund(PaymentRefused):
    """Without the payment, more would have been refunded than was received."""

    refunded_minor: int
    currency: str
