"""Maps OCTO's request schemas to the requests of the domain's services."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

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
from shared_domain.bookings import PARTNER_TEXTS, UNSET, ContactChange, UnitItemRequest, Unset


def availability_query(
    request: AvailabilityRequest, *, with_pricing: bool
) -> availability.AvailabilityQuery:
    return availability.AvailabilityQuery(
        product_code=request.product_id,
        option_code=request.option_id,
        dates=request.dates,
        availability_ids=tuple(request.availability_ids or ()),
        party=request.party,
        currency=request.currency if with_pricing else None,
    )


def calendar_query(
    request: CalendarRequest, *, with_pricing: bool
) -> availability.AvailabilityQuery:
    return availability.AvailabilityQuery(
        product_code=request.product_id,
        option_code=request.option_id,
        dates=request.dates,
        party=request.party,
        currency=request.currency if with_pricing else None,
    )


def reservation(request: Reservation, *, with_pricing: bool) -> bookings.ReservationRequest:
    return bookings.ReservationRequest(
        product_code=request.product_id,
        option_code=request.option_id,
        availability_id=request.availability_id,
        unit_items=unit_item_requests(request.unit_items),
        uuid=request.uuid,
        expiration_minutes=request.expiration_minutes,
        contact=contact(request.contact),
        **_partner_texts(request),
        email_receipt=bool(request.email_receipt),
        user_id=request.user_id,
        currency=request.currency if with_pricing else None,
    )


def confirmation(request: Confirmation) -> bookings.BookingChange:
    return bookings.BookingChange(
        unit_items=unit_item_requests(request.unit_items),
        contact=contact(request.contact),
        **_partner_texts(request),
        email_receipt=request.email_receipt,
        user_id=_user_id(request),
    )


def change(request: Change, *, with_pricing: bool) -> bookings.BookingChange:
    return bookings.BookingChange(
        product_code=request.product_id,
        option_code=request.option_id,
        availability_id=request.availability_id,
        unit_items=unit_item_requests(request.unit_items),
        contact=contact(request.contact),
        **_partner_texts(request),
        email_receipt=request.email_receipt,
        user_id=_user_id(request),
        expiration_minutes=request.expiration_minutes,
        currency=request.currency if with_pricing else None,
    )


def unit_item_requests(
    unit_items: Sequence[WantedUnitItem] | None,
) -> tuple[UnitItemRequest, ...] | None:
    """Return the requested tickets; None if the list was left out, () if it was sent empty."""
    if unit_items is None:
        return None
    return tuple(
        UnitItemRequest(
            unit_code=item.unit_id,
            uuid=item.uuid,
            reseller_reference=_reference(item),
            contact=contact(item.contact),
        )
        for item in unit_items
    )


def contact(request: BookingContact | None) -> ContactChange:
    """Return the contact fields that were sent; the booking's other fields stay as they are."""
    return {} if request is None else request.model_dump(exclude_unset=True)


def booking_filter(request: BookingFilters) -> bookings.BookingFilter:
    first, last = request.dates
    return bookings.BookingFilter(
        reseller_reference=request.reseller_reference,
        supplier_reference=request.supplier_reference,
        first_date=first,
        last_date=last,
        product_code=request.product_id,
        option_code=request.option_id,
    )


def _partner_texts(request: Reservation | Confirmation | Change) -> dict[str, Any]:
    """Return the texts that were sent and that a booking stores by their name; null clears one."""
    return {
        name: getattr(request, name) for name in PARTNER_TEXTS.keys() & request.model_fields_set
    }


def _user_id(request: Confirmation | Change) -> UUID | Unset | None:
    return request.user_id if "user_id" in request.model_fields_set else UNSET


def _reference(item: WantedUnitItem) -> str | Unset | None:
    return item.reseller_reference if "reseller_reference" in item.model_fields_set else UNSET
