"""Payments: what guests have paid the supplier for a booking, as a ledger of entries.

    received      money came in from the guest
    refunded      money was given back
    written off   the supplier gives up what the guest still owes
    reversal      takes an entry back that was a mistake; it names that entry, which has one at most

    open = charged − (received − refunded)

    open > 0   the guest owes it, less what was written off: the balance due
    open < 0   the supplier owes it to the guest: a refund is due

An entry is never changed or deleted. What a booking **charges** its guest:

- One of a direct partner, the supplier's own sales: its retail price while it is on hold, pending,
  confirmed or redeemed; what its refund leaves of that when it was cancelled; nothing once it is
  expired or rejected.
- A reseller's: nothing. Its guest has paid the reseller, whom the supplier bills by statement
  (``shared_domain.statements``). What staff take from such a guest all the same is the guest's
  money, and due back to them until it is refunded.
- A test: nothing, and it takes no entries.

So a cancellation leaves a refund due by itself when more was received than it keeps, and it stays
due until entries settle it. Money beyond the balance due is taken, and is due back.
"""

from shared_domain.payments.errors import (
    AmountOutOfRange,
    EntryNotFound,
    EntryReversed,
    NothingDue,
    PaymentRefused,
    RefundAboveReceived,
    ReversalLeavesRefund,
    ReversalNotReversible,
    TestsTakeNoPayment,
    TooManyEntries,
    WriteOffAboveDue,
)
from shared_domain.payments.model import (
    HIGHEST_ENTRY_MINOR,
    LONGEST_REFERENCE,
    MOST_ENTRIES,
    Balance,
    ChargedSale,
    Entry,
    EntryId,
    EntryKind,
    Ledger,
    Method,
    Payment,
    StaffUserId,
    compute_charge,
)
from shared_domain.payments.services import (
    PaymentStore,
    balance,
    balances,
    get_ledger,
    record_payment,
    record_refund,
    reverse_entry,
    write_off,
)

__all__ = [
    # What staff record
    "record_payment",
    "record_refund",
    "reverse_entry",
    "write_off",
    # What can be asked
    "balance",
    "balances",
    "compute_charge",
    "get_ledger",
    # With what
    "HIGHEST_ENTRY_MINOR",
    "LONGEST_REFERENCE",
    "MOST_ENTRIES",
    "Balance",
    "Entry",
    "EntryId",
    "EntryKind",
    "Ledger",
    "Method",
    "Payment",
    "PaymentStore",
    "ChargedSale",
    "StaffUserId",
    # Why not
    "AmountOutOfRange",
    "EntryNotFound",
    "EntryReversed",
    "NothingDue",
    "PaymentRefused",
    "RefundAboveReceived",
    "ReversalLeavesRefund",
    "ReversalNotReversible",
    "TestsTakeNoPayment",
    "TooManyEntries",
    "WriteOffAboveDue",
]
