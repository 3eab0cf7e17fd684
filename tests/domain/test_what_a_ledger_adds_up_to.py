"""A ledger only grows: its balance follows from entries and the booking, and no entry breaks it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared_domain import payments
from shared_domain.bookings import BookingId, BookingStatus
from shared_domain.payments import ChargedSale, Entry, EntryId, Ledger, Method, Payment, StaffUserId

NOW = datetime(2026, 7, 1, 10, 0, tzinfo=UTC)
INES = StaffUserId(7)

DIRECT = ChargedSale(
    booking_id=BookingId(1),
    is_direct=True,
    test_mode=False,
    status=BookingStatus.CONFIRMED,
    currency="EUR",
    retail_minor=9000,
    refund_retail_minor=None,
)
UNPAID = Ledger(sale=DIRECT)


def cash(amount_minor: int) -> Payment:
    return Payment(amount_minor=amount_minor, method=Method.CASH)


def add(ledger: Ledger, rule: Callable[..., Entry], amount_minor: int) -> Ledger:
    entry = rule(cash(amount_minor), by=INES, now=NOW)
    return ledger.with_entry(replace(entry, id=EntryId(len(ledger.entries) + 1)))


def received(amount_minor: int, sale: ChargedSale = DIRECT) -> Ledger:
    ledger = Ledger(sale=sale)
    return add(ledger, ledger.receive, amount_minor)


def reverse(ledger: Ledger, entry_id: int) -> Ledger:
    entry = ledger.reverse(EntryId(entry_id), note="typed twice", by=INES, now=NOW)
    return ledger.with_entry(replace(entry, id=EntryId(len(ledger.entries) + 1)))


def cancelled(ledger: Ledger, *, refund_minor: int) -> Ledger:
    sale = replace(ledger.sale, status=BookingStatus.CANCELLED, refund_retail_minor=refund_minor)
    return replace(ledger, sale=sale)


def owed(ledger: Ledger) -> tuple[int, int]:
    return ledger.balance.due_minor, ledger.balance.refund_due_minor


@pytest.mark.parametrize(
    ("status", "charged_minor"),
    [
        (BookingStatus.ON_HOLD, 9000),
        (BookingStatus.PENDING, 9000),
        (BookingStatus.CONFIRMED, 9000),
        (BookingStatus.REDEEMED, 9000),
        (BookingStatus.EXPIRED, 0),
        (BookingStatus.REJECTED, 0),
    ],
)
def test_a_direct_booking_charges_its_price_while_it_stands(
    status: BookingStatus, charged_minor: int
) -> None:
    assert replace(DIRECT, status=status).charged_minor == charged_minor


def test_a_cancelled_one_charges_what_its_refund_leaves() -> None:
    assert owed(cancelled(UNPAID, refund_minor=6000)) == (3000, 0)
    assert owed(cancelled(received(9000), refund_minor=6000)) == (0, 6000)


def test_a_resellers_guest_owes_nothing_and_gets_back_what_was_taken() -> None:
    resellers = replace(DIRECT, is_direct=False)

    assert owed(Ledger(sale=resellers)) == (0, 0)
    assert owed(received(500, resellers)) == (0, 500)


def test_payments_in_part_add_up() -> None:
    half = received(4000)

    assert owed(half) == (5000, 0)
    assert owed(add(half, half.receive, 5000)) == (0, 0)


def test_what_is_paid_beyond_the_price_is_due_back() -> None:
    assert owed(received(10_000)) == (0, 1000)


def test_no_more_is_refunded_than_was_received() -> None:
    part = received(4000)
    refunded = add(part, part.refund, 2500)

    with pytest.raises(payments.RefundAboveReceived) as refusal:
        refunded.refund(cash(1501), by=INES, now=NOW)
    assert refusal.value.held_minor == 1500
    assert owed(add(refunded, refunded.refund, 1500)) == (9000, 0)


def test_a_debt_is_written_off_and_no_more() -> None:
    part = received(8000)

    with pytest.raises(payments.WriteOffAboveDue):
        part.write_off(cash(1001), by=INES, now=NOW)
    settled = add(part, part.write_off, 1000)
    assert owed(settled) == (0, 0)
    with pytest.raises(payments.NothingDue):
        settled.write_off(cash(1), by=INES, now=NOW)


def test_what_was_written_off_is_never_refunded() -> None:
    part = received(8000)
    settled = add(part, part.write_off, 1000)

    assert owed(cancelled(settled, refund_minor=9000)) == (0, 8000)


def test_a_write_off_has_no_method() -> None:
    assert UNPAID.write_off(cash(100), by=INES, now=NOW).method is None


def test_a_reversal_takes_an_entry_back_once() -> None:
    mistaken = reverse(received(4000), 1)

    assert owed(mistaken) == (9000, 0)
    with pytest.raises(payments.EntryReversed):
        reverse(mistaken, 1)
    with pytest.raises(payments.ReversalNotReversible):
        reverse(mistaken, 2)
    with pytest.raises(payments.EntryNotFound):
        reverse(mistaken, 3)


def test_a_payment_is_not_reversed_while_its_refund_stands() -> None:
    part = received(4000)
    refunded = add(part, part.refund, 1000)

    with pytest.raises(payments.ReversalLeavesRefund):
        reverse(refunded, 1)
    assert owed(reverse(reverse(refunded, 2), 1)) == (9000, 0)


@pytest.mark.parametrize("amount_minor", [0, -1, payments.HIGHEST_ENTRY_MINOR + 1])
def test_an_amount_is_above_zero_and_bounded(amount_minor: int) -> None:
    for rule in (UNPAID.receive, UNPAID.refund, UNPAID.write_off):
        with pytest.raises(payments.AmountOutOfRange):
            rule(cash(amount_minor), by=INES, now=NOW)


def test_a_test_booking_takes_no_money() -> None:
    test = Ledger(sale=replace(DIRECT, test_mode=True))

    assert owed(test) == (0, 0)
    with pytest.raises(payments.TestsTakeNoPayment):
        test.receive(cash(1), by=INES, now=NOW)


def test_a_ledger_has_a_most_of_entries() -> None:
    entry = UNPAID.receive(cash(1), by=INES, now=NOW)
    full = replace(UNPAID, entries=(entry,) * payments.MOST_ENTRIES)

    with pytest.raises(payments.TooManyEntries):
        full.receive(cash(1), by=INES, now=NOW)
