"""Texts about refunds for staff: what the guest gets back, and what the partner still owes."""

from core_site.admin_kit.money_format import money
from core_site.bookings import models
from shared_domain.bookings import Booking, BookingStatus, Initiator, Refund
from shared_domain.partners import PartnerKind

_KINDS = {Refund.FULL: "In full", Refund.PARTIAL: "In part", Refund.NONE: "None"}


def describe_refund(refund: Refund, amount_minor: int, currency: str, *, was_paid: bool) -> str:
    """Return the refund of a cancellation: ``In part: EUR 13.50 back to the guest``."""
    if refund is Refund.FULL and not was_paid:
        return "In full: nothing was paid"
    return f"{_KINDS[refund]}: {money(amount_minor, currency)} back to the guest"


def is_own_sale(row: models.Booking) -> bool:
    """Return whether the booking is our own sale: its guest pays us, and no partner does."""
    return row.partner.kind == PartnerKind.DIRECT.value


def name_initiators(*, is_own_sale: bool) -> dict[Initiator, str]:
    """Return what staff call those who may cancel: a sale of our own has no partner."""
    return {
        Initiator.PARTNER: "The guest" if is_own_sale else "The partner or its guest",
        Initiator.SUPPLIER: "We, the supplier",
    }


def describe_effect(cancelled: Booking, *, is_own_sale: bool) -> str:
    """Return the guest's refund of a cancellation, and the amount that is still owed.

    A partner owes it, or the guest of a sale of our own. A test booking is never billed.

    Raises:
        ValueError: the booking is not cancelled.
    """
    cancellation = cancelled.cancellation
    if cancellation is None:
        raise ValueError("only a cancelled booking refunds something")
    currency = cancelled.price.currency
    owed = money(cancelled.price.net_minor - cancellation.refunded.net_minor, currency)
    debtor = "who is charged" if is_own_sale else "the partner owes"
    billed = "a test is never billed" if cancelled.test_mode else f"{debtor} {owed}"
    return f"{money(cancellation.refunded.retail_minor, currency)} back to the guest, {billed}"


def is_paid_for(booking: Booking) -> bool:
    """Return whether something is to be paid for the booking: it is not just a hold."""
    return booking.status is not BookingStatus.ON_HOLD
