"""Texts about refunds for staff: what the guest gets back, and what the partner still owes."""

from core_site.admin_kit.money_format import money
from core_site.bookings import models
from shared_domain.bookings import Booking, BookingStatus, Initiator, Refund
from shared_domain.partners import PartnerKind

#: What staff call each rule of a refund.
REFUND_KINDS = {Refund.FULL: "In full", Refund.PARTIAL: "In part", Refund.NONE: "None"}


def describe_refund(
    refund: Refund, amount_minor: int, currency: str, *, was_paid: bool, is_own_sale: bool
) -> str:
    """Return the refund of a cancellation: ``In part: EUR 13.50 back to the guest``.

    Of our own sale it comes off what the guest is charged; what goes back, the payments say, which
    a guest may have made for a hold, too.
    """
    if refund is Refund.FULL and not was_paid and not is_own_sale:
        return "In full: nothing was paid"
    where = "off the price" if is_own_sale else "back to the guest"
    return f"{REFUND_KINDS[refund]}: {money(amount_minor, currency)} {where}"


def is_own_sale(row: models.Booking) -> bool:
    """Return whether the booking is our own sale: its guest pays us, and no partner does."""
    return row.partner.kind == PartnerKind.DIRECT.value


def name_initiators(*, is_own_sale: bool) -> dict[Initiator, str]:
    """Return what staff call those who may cancel: a sale of our own has no partner."""
    return {
        Initiator.PARTNER: "The guest" if is_own_sale else "The partner or its guest",
        Initiator.SUPPLIER: "We, the supplier",
    }


def describe_effect(cancelled: Booking, *, held_minor: int | None) -> str:
    """Return the guest's refund of a cancellation, and the amount that is still owed.

    ``held_minor`` is what we have of the money of a guest who pays us, which is given back as far
    as it is not charged; None where a reseller is paid. A test booking is never billed.

    Raises:
        ValueError: the booking is not cancelled.
    """
    cancellation = cancelled.cancellation
    if cancellation is None:
        raise ValueError("only a cancelled booking refunds something")
    currency = cancelled.price.currency
    refunded = cancellation.refunded
    if cancelled.test_mode:
        billed = "a test is never billed"
    elif held_minor is None:
        owed_minor = cancelled.price.net_minor - refunded.net_minor
        billed = f"the partner owes {money(owed_minor, currency)}"
    else:
        charged_minor = cancelled.price.retail_minor - refunded.retail_minor
        back = money(max(0, held_minor - charged_minor), currency)
        return f"{back} back to the guest, who is charged {money(charged_minor, currency)}"
    return f"{money(refunded.retail_minor, currency)} back to the guest, {billed}"


def is_paid_for(booking: Booking) -> bool:
    """Return whether something is to be paid for the booking: it is not just a hold."""
    return booking.status is not BookingStatus.ON_HOLD
