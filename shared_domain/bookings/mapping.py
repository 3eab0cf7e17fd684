"""Between a booking and its rows; see ``sql_store`` for the order of the columns."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from shared_domain.availability import DepartureId
from shared_domain.availability.sql_store import departure_from
from shared_domain.bookings.contact import NO_CONTACT, Contact
from shared_domain.bookings.model import AnsweredRequest, Booking, BookingId, UnitItem
from shared_domain.bookings.refunds import Cancellation, Initiator, Refund, RefundAmounts
from shared_domain.bookings.status import BookingStatus
from shared_domain.bookings.store import NO_DETAILS
from shared_domain.catalog import Option, Product
from shared_domain.database import Row
from shared_domain.money import Price, Tax
from shared_domain.partners import PartnerId

#: Contacts are stored under OCTO's names: staff search and support speak the partners' words.
_CONTACT_KEYS = {
    "full_name": "fullName",
    "first_name": "firstName",
    "last_name": "lastName",
    "email_address": "emailAddress",
    "phone_number": "phoneNumber",
    "postal_code": "postalCode",
    "country": "country",
    "notes": "notes",
}

#: What an event may name as changed; the status has a place of its own in every event.
_TOLD_PARTS = (
    "product",
    "option",
    "price",
    "contact",
    "notes",
    "reseller_reference",
)


def booking_columns(booking: Booking) -> dict[str, Any]:
    """Return the parameters of a booking's row; dates and uuids stay as they are."""
    cancellation = booking.cancellation
    return {
        "id": booking.id,
        "uuid": booking.uuid,
        "partner_id": booking.partner_id,
        "product_id": booking.product.id,
        "option_id": booking.option.id,
        "departure_id": _departure_id(booking),
        "test_mode": booking.test_mode,
        "status": booking.status.value,
        "supplier_reference": booking.supplier_reference,
        "reseller_reference": booking.reseller_reference,
        "created_at": booking.created_at,
        "updated_at": booking.updated_at,
        "hold_expires_at": booking.hold_expires_at,
        "confirmed_at": booking.confirmed_at,
        "sale_date": booking.sale_date,
        "redeemed_at": booking.redeemed_at,
        "cancelled_at": cancellation.cancelled_at if cancellation else None,
        "cancellation_refund": cancellation.refund.value if cancellation else None,
        "cancellation_initiator": cancellation.initiator.value if cancellation else None,
        "cancellation_reason": cancellation.reason if cancellation else None,
        "refund_retail_minor": cancellation.refunded.retail_minor if cancellation else None,
        "refund_net_minor": cancellation.refunded.net_minor if cancellation else None,
        "contact": json.dumps(_contact_as_json(booking.contact)),
        "notes": booking.notes,
        "email_receipt": booking.email_receipt,
        "tickets_due_at": booking.tickets_due_at,
        "tickets_sent_at": booking.tickets_sent_at,
        "voucher_code": booking.voucher_code,
        "places": booking.places,
        "currency": booking.price.currency,
        "original_minor": booking.price.original_minor,
        "retail_minor": booking.price.retail_minor,
        "net_minor": booking.price.net_minor,
        "taxes": json.dumps(_taxes_as_json(booking.price)),
        "carried_out": json.dumps(
            [[request.key_digest, request.content_digest] for request in booking.carried_out]
        ),
    }


def items_to_json(booking: Booking) -> str:
    """Return the rows of a booking's items, for ``jsonb_to_recordset``."""
    return json.dumps(
        [_item_as_json(position, item) for position, item in enumerate(booking.unit_items)]
    )


def event_data(
    before: Booking | None, after: Booking, details: Mapping[str, object] = NO_DETAILS
) -> str:
    """Return what an event tells: the new status, the names of what differs, and ``details``.

    A cancellation tells whose decision it was; a redemption, or an undone one, of which tickets.
    Of what differs only the names: readers fetch the booking again, and events outlive personal
    data. ``before`` is None for a new booking.
    """
    data: dict[str, Any] = {"status": after.status.value, **details}
    if before is None:
        return json.dumps(data)
    if after.cancellation is not None and before.cancellation is None:
        data["initiator"] = after.cancellation.initiator.value
    if tickets := list(_tickets_used_or_not(before, after)):
        data["tickets"] = tickets
    if changed := list(_changed_parts(before, after)):
        data["changed"] = changed
    return json.dumps(data)


def _tickets_used_or_not(before: Booking, after: Booking) -> Iterator[str]:
    used_at = {item.uuid: item.redeemed_at for item in before.unit_items}
    for item in after.unit_items:
        if item.redeemed_at != used_at.get(item.uuid):
            yield item.supplier_reference


def _changed_parts(before: Booking, after: Booking) -> Iterator[str]:
    for name in _TOLD_PARTS:
        if getattr(before, name) != getattr(after, name):
            yield name
    if _departure_id(before) != _departure_id(after):
        yield "departure"
    if _without_refunds(before) != _without_refunds(after):
        yield "unit_items"
    holders = {item.uuid: item.contact for item in after.unit_items}
    if any(holders.get(item.uuid, item.contact) != item.contact for item in before.unit_items):
        yield "ticket_holders"


def _without_refunds(booking: Booking) -> list[UnitItem]:
    # That a cancellation refunds its tickets goes without saying.
    return [replace(item, refund=None) for item in booking.unit_items]


def _departure_id(booking: Booking) -> DepartureId | None:
    return booking.departure.id if booking.departure else None


def booking_from(row: Row, product: Product) -> Booking:
    (
        _, _, booking_id, uuid, partner_id, test_mode, status, supplier_reference,
        reseller_reference, created_at, updated_at, hold_expires_at, confirmed_at, sale_date,
        redeemed_at, cancelled_at, refund, initiator, reason, refund_retail_minor,
        refund_net_minor, contact, notes, email_receipt, tickets_due_at, tickets_sent_at,
        voucher_code, places, currency, original_minor, retail_minor, net_minor, taxes, carried_out,
        items, option_id, *departure,
    ) = row  # fmt: skip
    option = next(option for option in product.options if option.id == option_id)
    return Booking(
        id=BookingId(booking_id),
        uuid=uuid,
        partner_id=PartnerId(partner_id),
        test_mode=test_mode,
        status=BookingStatus(status),
        supplier_reference=supplier_reference,
        reseller_reference=reseller_reference,
        product=product,
        option=option,
        departure=None if departure[0] is None else departure_from(tuple(departure)),
        created_at=created_at,
        updated_at=updated_at,
        hold_expires_at=hold_expires_at,
        confirmed_at=confirmed_at,
        sale_date=sale_date,
        redeemed_at=redeemed_at,
        cancellation=Cancellation(
            cancelled_at=cancelled_at,
            refund=Refund(refund),
            refunded=RefundAmounts(refund_retail_minor, refund_net_minor),
            initiator=Initiator(initiator),
            reason=reason,
        )
        if cancelled_at
        else None,
        contact=_contact(json.loads(contact)),
        notes=notes,
        email_receipt=email_receipt,
        tickets_due_at=tickets_due_at,
        tickets_sent_at=tickets_sent_at,
        voucher_code=voucher_code,
        places=places,
        price=Price(currency, original_minor, retail_minor, net_minor, _taxes(json.loads(taxes))),
        unit_items=tuple(_item(it, option, currency) for it in json.loads(items)),
        carried_out=tuple(AnsweredRequest(*request) for request in json.loads(carried_out)),
    )


def _item(row: list[Any], option: Option, currency: str) -> UnitItem:
    (
        uuid, unit_id, reseller_reference, supplier_reference, redeemed_at, ticket_code, contact,
        original_minor, retail_minor, net_minor, taxes, refund_retail_minor, refund_net_minor,
    ) = row  # fmt: skip
    return UnitItem(
        uuid=UUID(uuid),
        unit=next(unit for unit in option.units if unit.id == unit_id),
        supplier_reference=supplier_reference,
        reseller_reference=reseller_reference,
        contact=_contact(contact),
        price=None
        if retail_minor is None
        else Price(currency, original_minor, retail_minor, net_minor, _taxes(taxes)),
        refund=None
        if refund_retail_minor is None
        else RefundAmounts(refund_retail_minor, refund_net_minor),
        redeemed_at=datetime.fromisoformat(redeemed_at) if redeemed_at else None,
        ticket_code=ticket_code,
    )


def _item_as_json(position: int, item: UnitItem) -> dict[str, Any]:
    price, refund = item.price, item.refund
    return {
        "uuid": str(item.uuid),
        "position": position,
        "unit_id": item.unit.id,
        "reseller_reference": item.reseller_reference,
        "supplier_reference": item.supplier_reference,
        "redeemed_at": item.redeemed_at.isoformat() if item.redeemed_at else None,
        "ticket_code": item.ticket_code,
        "contact": _contact_as_json(item.contact),
        "original_minor": price.original_minor if price else None,
        "retail_minor": price.retail_minor if price else None,
        "net_minor": price.net_minor if price else None,
        "taxes": _taxes_as_json(price) if price else [],
        "refund_retail_minor": refund.retail_minor if refund else None,
        "refund_net_minor": refund.net_minor if refund else None,
    }


def _contact(stored: dict[str, Any]) -> Contact:
    if not stored:
        return NO_CONTACT
    values = {name: stored.get(key) for name, key in _CONTACT_KEYS.items()}
    return Contact(**values, locales=tuple(stored.get("locales", ())))


def _contact_as_json(contact: Contact) -> dict[str, Any]:
    stored: dict[str, Any] = {
        key: getattr(contact, name)
        for name, key in _CONTACT_KEYS.items()
        if getattr(contact, name) is not None
    }
    if contact.locales:
        stored["locales"] = list(contact.locales)
    return stored


def _taxes(stored: list[list[Any]]) -> tuple[Tax, ...]:
    return tuple(Tax(*tax) for tax in stored)


def _taxes_as_json(price: Price) -> list[list[Any]]:
    return [[tax.name, tax.original_minor, tax.retail_minor, tax.net_minor] for tax in price.taxes]
