"""Texts about refunds for staff: what the guest gets back, and what the partner still owes."""

from core_site.admin_kit.money_format import money
from shared_domain.bookings import Booking, BookingStatus, Initiator, Refund

INITIATORS = {
    Initiator.PARTNER: "The partner or its guest",
    Initiator.SUPPLIER: "We, the supplier",
}

_KINDS = {Refund.FULL: "In full", Refund.PARTIAL: "In part", Refund.NONE: "None"}


def describe_refund(refund: Refund, amount_minor: int, currency: str, *, was_paid: bool) -> str:
    """Return the refund of a cancellation: ``In part: EUR 13.50 back to the guest``."""
    if refund is Refund.FULL and not was_paid:
        return "In full: nothing was paid"
    return f"{_KINDS[refund]}: {money(amount_minor, currency)} back to the guest"


def describe_effect(cancelled: Booking) -> str:
    """Return the guest's refund of a cancellation, and the amount that the partner still owes.

    A test booking is never billed.

    Raises:
        ValueError: the booking is not cancelled.
    """
    cancellation = cancelled.cancellation
    if cancellation is None:
        raise ValueError("only a cancelled booking refunds something")
    currency = cancelled.price.currency
    owed = money(cancelled.price.net_minor - cancellation.refunded.net_minor, currency)
    billed = "a test is never billed" if cancelled.test_mode else f"the partner owes {owed}"
    return f"{money(cancellation.refunded.retail_minor, currency)} back to the guest, {billed}"


def is_paid_for(booking: Booking) -> bool:
    """Return whether something is to be paid for the booking: it is not just a hold."""
    return booking.status is not BookingStatus.ON_HOLD
