"""Maps a booking to its rows in ``bookings_booking`` and ``bookings_unititem``, and back.

Each attribute of a booking is stored in the column of the same name, unless it is listed in
``_COMPOSED``: a new attribute needs no line here, nor in ``sql_store``.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID

from shared_domain.availability import Departure, DepartureId
from shared_domain.bookings.channels import Channel
from shared_domain.bookings.contact import NO_CONTACT, Contact
from shared_domain.bookings.model import Booking
from shared_domain.bookings.refunds import Cancellation, Initiator, Refund, RefundAmounts
from shared_domain.bookings.requests import PARTNER_TEXTS
from shared_domain.bookings.status import BookingStatus
from shared_domain.bookings.store import NO_DETAILS
from shared_domain.bookings.unit_items import UnitItem
from shared_domain.catalog import Option, Product, Unit
from shared_domain.money import Price, Tax
from shared_domain.rows import table_columns

_decode_json = json.JSONDecoder().raw_decode

#: The prices that a process remembers: few amounts are paid, again and again.
MOST_PRICES = 5_000

Numbered = TypeVar("Numbered", Option, Unit)

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

#: Attributes that other columns hold, or several.
_COMPOSED = frozenset(
    {
        *("product", "option", "departure", "status", "cancellation", "contact", "price"),
        *("unit_items", "channel"),
    }
)

#: Attributes that are columns of their own name, as they are.
_PLAIN = tuple(field.name for field in fields(Booking) if field.name not in _COMPOSED)

_PRICE = ("original_minor", "retail_minor", "net_minor", "taxes")

#: The columns of a booking that its store reads and writes.
BOOKING_COLUMNS = (
    *_PLAIN,
    *("product_id", "option_id", "departure_id", "status", "cancelled_at", "cancellation_refund"),
    *("cancellation_initiator", "cancellation_reason", "refund_retail_minor", "refund_net_minor"),
    *("contact", "currency", *_PRICE, "channel"),
)

#: The columns of a unit item, with their types.
ITEM_COLUMNS = {
    "uuid": "uuid",
    "position": "smallint",
    "unit_id": "bigint",
    "reseller_reference": "text",
    "supplier_reference": "text",
    "redeemed_at": "timestamptz",
    "ticket_code": "text",
    "contact": "jsonb",
    "original_minor": "bigint",
    "retail_minor": "bigint",
    "net_minor": "bigint",
    "taxes": "jsonb",
    "refund_retail_minor": "bigint",
    "refund_net_minor": "bigint",
}

#: How a statement reads an item for ``build_booking``; by its taxes as text a price is known again.
ITEM_ROW = {**table_columns("item", ITEM_COLUMNS), "taxes": "item.taxes::text"}

#: What an event may name as changed; the status has a place of its own in every event.
_EVENT_PARTS = ("product", "option", "price", "contact", "user_id", *PARTNER_TEXTS)


def booking_columns(booking: Booking) -> dict[str, Any]:
    """Return the parameters of a booking's row; dates and uuids stay as they are."""
    cancellation, price = booking.cancellation, booking.price
    return {
        **{name: getattr(booking, name) for name in _PLAIN},
        "product_id": booking.product.id,
        "option_id": booking.option.id,
        "departure_id": _departure_id(booking),
        "status": booking.status.value,
        "channel": booking.channel.value,
        "cancelled_at": cancellation.cancelled_at if cancellation else None,
        "cancellation_refund": cancellation.refund.value if cancellation else None,
        "cancellation_initiator": cancellation.initiator.value if cancellation else None,
        "cancellation_reason": cancellation.reason if cancellation else None,
        "refund_retail_minor": cancellation.refunded.retail_minor if cancellation else None,
        "refund_net_minor": cancellation.refunded.net_minor if cancellation else None,
        "contact": json.dumps(_contact_to_json(booking.contact)),
        "currency": price.currency,
        "original_minor": price.original_minor,
        "retail_minor": price.retail_minor,
        "net_minor": price.net_minor,
        "taxes": json.dumps(_taxes_to_json(price)),
    }


def items_to_json(booking: Booking) -> str:
    """Return the rows of a booking's items, for ``jsonb_to_recordset``."""
    return json.dumps(
        [_item_to_json(position, item) for position, item in enumerate(booking.unit_items)]
    )


def event_data(
    before: Booking | None, after: Booking, details: Mapping[str, object] = NO_DETAILS
) -> str:
    """Return what an event tells: the new status, the names of what differs, and ``details``.

    A cancellation tells whose decision it was; a redemption, or an undone one, of which tickets.
    Where it left a departure, that one's id: no later look tells whose places are free again. Of
    what else differs only the names: readers fetch the booking again, and events outlive personal
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
    left = _departure_id(before)
    if left is not None and left != _departure_id(after):
        data["departureBefore"] = left
    return json.dumps(data)


def _tickets_used_or_not(before: Booking, after: Booking) -> Iterator[str]:
    used_at = {item.uuid: item.redeemed_at for item in before.unit_items}
    for item in after.unit_items:
        if item.redeemed_at != used_at.get(item.uuid):
            yield item.supplier_reference


def _changed_parts(before: Booking, after: Booking) -> Iterator[str]:
    for name in _EVENT_PARTS:
        if getattr(before, name) != getattr(after, name):
            yield name
    if _departure_id(before) != _departure_id(after):
        yield "departure"
    # That another status ends a hold goes without saying.
    is_held = after.status is BookingStatus.ON_HOLD
    if is_held and before.hold_expires_at != after.hold_expires_at:
        yield "hold_expires_at"
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


def _read_json(text: str) -> Any:
    """Return the value of PostgreSQL's JSON, which has no blanks around it.

    Not ``json.loads``, which looks for such blanks: for short texts that takes most of its time.
    """
    return _decode_json(text)[0]


def build_booking(
    values: Mapping[str, Any], product: Product, departure: Departure | None
) -> Booking:
    """Return a booking from ``BOOKING_COLUMNS`` and ``items``, a list of ``ITEM_ROW`` as JSON."""
    option = _find(product.options, values["option_id"])
    currency = values["currency"]
    return Booking(
        **{name: values[name] for name in _PLAIN},
        status=BookingStatus(values["status"]),
        channel=Channel(values["channel"]),
        product=product,
        option=option,
        departure=departure,
        cancellation=_build_cancellation(values) if values["cancelled_at"] else None,
        contact=build_contact(_read_json(values["contact"])),
        price=_build_price(currency, *[values[name] for name in _PRICE]),
        unit_items=tuple(
            [
                _build_item(dict(zip(ITEM_ROW, item, strict=True)), option, currency)
                for item in _read_json(values["items"])
            ]
        ),
    )


def _build_cancellation(values: Mapping[str, Any]) -> Cancellation:
    return Cancellation(
        cancelled_at=values["cancelled_at"],
        refund=Refund(values["cancellation_refund"]),
        refunded=RefundAmounts(values["refund_retail_minor"], values["refund_net_minor"]),
        initiator=Initiator(values["cancellation_initiator"]),
        reason=values["cancellation_reason"],
    )


def _build_item(values: Mapping[str, Any], option: Option, currency: str) -> UnitItem:
    is_priced, is_refunded = values["retail_minor"], values["refund_retail_minor"]
    redeemed_at = values["redeemed_at"]
    return UnitItem(
        uuid=UUID(values["uuid"]),
        unit=_find(option.units, values["unit_id"]),
        supplier_reference=values["supplier_reference"],
        reseller_reference=values["reseller_reference"],
        contact=build_contact(values["contact"]),
        price=None
        if is_priced is None
        else _build_price(currency, *[values[name] for name in _PRICE]),
        refund=None
        if is_refunded is None
        else RefundAmounts(values["refund_retail_minor"], values["refund_net_minor"]),
        redeemed_at=datetime.fromisoformat(redeemed_at) if redeemed_at else None,
        ticket_code=values["ticket_code"],
    )


@lru_cache(maxsize=MOST_PRICES)
def _build_price(
    currency: str, original_minor: int, retail_minor: int, net_minor: int, taxes: str
) -> Price:
    """Return a price from ``_PRICE``, with its taxes as JSON; one of the same values is shared."""
    return Price(
        currency=currency,
        original_minor=original_minor,
        retail_minor=retail_minor,
        net_minor=net_minor,
        taxes=tuple(Tax(*tax) for tax in _read_json(taxes)),
    )


def _find(found: Iterable[Numbered], number: int) -> Numbered:
    """Return the option or unit of this id; a booking of any other cannot be read."""
    for one in found:
        if one.id == number:
            return one
    raise LookupError(number)


def _item_to_json(position: int, item: UnitItem) -> dict[str, Any]:
    price, refund = item.price, item.refund
    return {
        "uuid": str(item.uuid),
        "position": position,
        "unit_id": item.unit.id,
        "reseller_reference": item.reseller_reference,
        "supplier_reference": item.supplier_reference,
        "redeemed_at": item.redeemed_at.isoformat() if item.redeemed_at else None,
        "ticket_code": item.ticket_code,
        "contact": _contact_to_json(item.contact),
        "original_minor": price.original_minor if price else None,
        "retail_minor": price.retail_minor if price else None,
        "net_minor": price.net_minor if price else None,
        "taxes": _taxes_to_json(price) if price else [],
        "refund_retail_minor": refund.retail_minor if refund else None,
        "refund_net_minor": refund.net_minor if refund else None,
    }


def build_contact(stored: dict[str, Any]) -> Contact:
    if not stored:
        return NO_CONTACT
    values = {name: stored.get(key) for name, key in _CONTACT_KEYS.items()}
    return Contact(**values, locales=tuple(stored.get("locales", ())))


def _contact_to_json(contact: Contact) -> dict[str, Any]:
    stored: dict[str, Any] = {
        key: getattr(contact, name)
        for name, key in _CONTACT_KEYS.items()
        if getattr(contact, name) is not None
    }
    if contact.locales:
        stored["locales"] = list(contact.locales)
    return stored


def _taxes_to_json(price: Price) -> list[list[Any]]:
    return [[tax.name, tax.original_minor, tax.retail_minor, tax.net_minor] for tax in price.taxes]
