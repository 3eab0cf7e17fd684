"""The effects of a change of a booking, as pairs of values before and after it."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from core_site.admin_kit.money_format import money
from core_site.admin_kit.viewer_zone import with_zone
from core_site.catalog.time_format import format_moment, format_wall_clock
from shared_domain.bookings import Booking, Contact, pickup_in_words

_OWED_BY_PARTNER = "The partner owes for it"


class ChangedValue(NamedTuple):
    label: str
    before: str
    after: str


def describe_effects(
    before: Booking, after: Booking, *, is_own_sale: bool, shows_guest: bool
) -> tuple[ChangedValue, ...]:
    """Return each value that differs between two states of a booking, labelled as on its page.

    ``is_own_sale`` leaves out what a partner owes, as the page does: there is none.
    """
    pairs = zip(
        _facts(before, shows_guest=shows_guest), _facts(after, shows_guest=shows_guest), strict=True
    )
    return tuple(
        ChangedValue(label, old or "–", new or "–")
        for (label, old), (_, new) in pairs
        if old != new and not (is_own_sale and label == _OWED_BY_PARTNER)
    )


def describe_kept_price(booking: Booking) -> tuple[ChangedValue, ...]:
    """Return the unchanged price as an effect, for a move that keeps the price."""
    kept = money(booking.price.retail_minor, booking.price.currency)
    return (ChangedValue("Price for the guest", kept, f"{kept}, kept"),)


def party_in_words(booking: Booking) -> str:
    """Return ``2 × Adult, 1 × Child``, in the order of the tickets."""
    units = Counter(item.unit.internal_name for item in booking.unit_items)
    return ", ".join(f"{count} × {unit}" for unit, count in units.items())


def start_in_words(booking: Booking) -> str:
    """Return when the booking travels, in the product's time zone, or "any day"."""
    if booking.departure is None:
        return "any day"
    if booking.departure.opening_hours:
        return with_zone(str(booking.departure.local_date), booking.product.time_zone)
    wall_clock = format_wall_clock(booking.departure, booking.product.time_zone)
    return with_zone(wall_clock, booking.product.time_zone)


def _facts(booking: Booking, *, shows_guest: bool) -> Iterator[tuple[str, str]]:
    price, cancellation = booking.price, booking.cancellation
    places = booking.places if booking.status.takes_places else 0
    used = sum(item.redeemed_at is not None for item in booking.unit_items)
    yield "Status", booking.status.value.replace("_", " ").capitalize()
    yield "When", start_in_words(booking)
    yield "Party", party_in_words(booking)
    yield "Places taken", str(places)
    yield "Tickets used", str(used)
    yield "Price for the guest", money(price.retail_minor, price.currency)
    yield _OWED_BY_PARTNER, money(price.net_minor, price.currency)
    yield (
        "Refund",
        money(cancellation.refunded.retail_minor, price.currency) if cancellation else "",
    )
    zone = booking.product.time_zone
    yield (
        "Held until",
        format_moment(booking.expires_at, zone)
        if booking.hold_expires_at and booking.expires_at
        else "",
    )
    yield "Tickets", "issued" if _is_issued(booking) else "not issued yet"
    yield "E-mail with the tickets", _describe_mail(booking)
    if shows_guest:
        yield from _texts(booking)
    else:
        # A move gives it up where the other slot starts at another time: staff ask for a new one.
        yield "Pick-up time", booking.pickup_time or ""


def _is_issued(booking: Booking) -> bool:
    return bool(booking.voucher_code) or any(item.ticket_code for item in booking.unit_items)


def _describe_mail(booking: Booking) -> str:
    if booking.tickets_due_at is not None:
        return "leaves within a minute or two"
    if booking.tickets_sent_at is None:
        return "not sent"
    return f"sent at {format_moment(booking.tickets_sent_at, booking.product.time_zone)}"


def _texts(booking: Booking) -> Iterator[tuple[str, str]]:
    yield from _contact(booking.contact)
    yield "Pick-up", pickup_in_words(booking)
    yield "Notes", booking.notes or ""
    yield "Internal note", booking.internal_note or ""
    yield "Tickets by e-mail", "yes" if booking.email_receipt else "no"
    holders = (_describe_holder(item.contact) for item in booking.unit_items)
    yield "Guests on tickets", "; ".join(filter(None, holders))


def _describe_holder(contact: Contact) -> str:
    return ", ".join(text for _, text in _contact(contact) if text)


def _contact(contact: Contact) -> Iterator[tuple[str, str]]:
    yield "Guest", contact.name or ""
    yield "E-mail", contact.email_address or ""
    yield "Telephone", contact.phone_number or ""
    yield "Country", contact.country or ""
    yield "Postal code", contact.postal_code or ""
    yield "Languages", ", ".join(contact.locales)
