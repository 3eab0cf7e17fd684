"""From OCTO's requests to what the domain is asked for."""

from collections.abc import Sequence

from api_edge.octo.schemas.availability import AvailabilityRequest, CalendarRequest
from api_edge.octo.schemas.booking_requests import (
    BookingContact,
    BookingFilters,
    Change,
    Confirmation,
    Reservation,
    WantedUnitItem,
)
from shared_domain import availability, bookings
from shared_domain.bookings import UNSET, ContactChange, UnitItemRequest, Unset


def question(asked: AvailabilityRequest, *, with_pricing: bool) -> availability.AvailabilityQuery:
    return availability.AvailabilityQuery(
        product_code=asked.product_id,
        option_code=asked.option_id,
        dates=asked.dates,
        availability_ids=tuple(asked.availability_ids or ()),
        party=asked.party,
        currency=asked.currency if with_pricing else None,
    )


def calendar_question(
    asked: CalendarRequest, *, with_pricing: bool
) -> availability.AvailabilityQuery:
    return availability.AvailabilityQuery(
        product_code=asked.product_id,
        option_code=asked.option_id,
        dates=asked.dates,
        party=asked.party,
        currency=asked.currency if with_pricing else None,
    )


def reservation(asked: Reservation, *, with_pricing: bool) -> bookings.ReservationRequest:
    return bookings.ReservationRequest(
        product_code=asked.product_id,
        option_code=asked.option_id,
        availability_id=asked.availability_id,
        unit_items=items(asked.unit_items),
        uuid=asked.uuid,
        expiration_minutes=asked.expiration_minutes,
        contact=contact(asked.contact),
        notes=asked.notes,
        reseller_reference=asked.reseller_reference,
        email_receipt=bool(asked.email_receipt),
        currency=asked.currency if with_pricing else None,
    )


def confirmation(asked: Confirmation) -> bookings.BookingChange:
    return bookings.BookingChange(
        unit_items=items(asked.unit_items),
        contact=contact(asked.contact),
        notes=asked.notes if "notes" in asked.model_fields_set else UNSET,
        reseller_reference=_reference(asked),
        email_receipt=asked.email_receipt,
    )


def change(asked: Change, *, with_pricing: bool) -> bookings.BookingChange:
    return bookings.BookingChange(
        product_code=asked.product_id,
        option_code=asked.option_id,
        availability_id=asked.availability_id,
        unit_items=items(asked.unit_items),
        contact=contact(asked.contact),
        notes=asked.notes if "notes" in asked.model_fields_set else UNSET,
        reseller_reference=_reference(asked),
        email_receipt=asked.email_receipt,
        expiration_minutes=asked.expiration_minutes,
        currency=asked.currency if with_pricing else None,
    )


def items(asked: Sequence[WantedUnitItem] | None) -> tuple[UnitItemRequest, ...] | None:
    """Return the tickets asked for; None when the list was left out, which differs from empty."""
    if asked is None:
        return None
    return tuple(
        UnitItemRequest(
            unit_code=item.unit_id,
            uuid=item.uuid,
            reseller_reference=_reference(item),
            contact=contact(item.contact),
        )
        for item in asked
    )


def contact(asked: BookingContact | None) -> ContactChange:
    """Return the keys that were sent; the others stay as they are."""
    return {} if asked is None else asked.model_dump(exclude_unset=True)


def search(asked: BookingFilters) -> bookings.BookingFilter:
    first, last = asked.dates
    return bookings.BookingFilter(
        reseller_reference=asked.reseller_reference,
        supplier_reference=asked.supplier_reference,
        first_date=first,
        last_date=last,
        product_code=asked.product_id,
        option_code=asked.option_id,
    )


def _reference(asked: Change | Confirmation | WantedUnitItem) -> str | Unset | None:
    return asked.reseller_reference if "reseller_reference" in asked.model_fields_set else UNSET
