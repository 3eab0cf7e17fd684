"""Builds OCTO's answers about bookings: see ``http.answer_structs``."""

from datetime import datetime

from api_edge.http.answer_structs import answer_struct, raw_json
from api_edge.octo import render_catalog
from api_edge.octo.render_availability import slot, utc_moment
from api_edge.octo.render_catalog import EncodedProduct, Prices
from api_edge.octo.schemas import availability as availability_schemas
from api_edge.octo.schemas import bookings as schemas
from shared_domain import bookings, catalog
from shared_domain.availability import Offer
from shared_domain.bookings import BookingStatus
from shared_domain.bounded_memory import BoundedMemory
from shared_domain.catalog import DeliveryMethod
from shared_domain.partners import PartnerId

Booking = answer_struct(schemas.Booking)
Cancellation = answer_struct(schemas.Cancellation)
Contact = answer_struct(schemas.Contact)
DeliveryOption = answer_struct(schemas.DeliveryOption)
Ticket = answer_struct(schemas.Ticket)
UnitItem = answer_struct(schemas.UnitItem)

#: Only these bookings have tickets that admit.
_ADMITTING = frozenset({BookingStatus.CONFIRMED, BookingStatus.REDEEMED})


def booking(booking: bookings.Booking, *, with_pricing: bool, now: datetime) -> schemas.Booking:
    status = booking.status_at(now)
    uuid = str(booking.uuid)
    prices = Prices.IN_BOOKING if with_pricing else Prices.LEFT_OUT
    product = render_catalog.encoded_product(booking.product, prices, now)
    methods = booking.delivery_methods
    has_tickets = DeliveryMethod.TICKET in methods
    voucher = None
    if DeliveryMethod.VOUCHER in methods:
        voucher = _ticket(booking.voucher_code, booking.redeemed_at, booking.product, status)
    return Booking(
        # The row's own id counts up: from two of them partners could tell what others book.
        id=uuid,
        uuid=uuid,
        test_mode=booking.test_mode,
        supplier_reference=booking.supplier_reference,
        status=status,
        utc_created_at=utc_moment(booking.created_at),
        utc_updated_at=utc_moment(booking.last_changed_at(now)),
        utc_expires_at=_moment_or_none(booking.hold_ends_at),
        utc_confirmed_at=_moment_or_none(booking.confirmed_at),
        utc_redeemed_at=_moment_or_none(booking.redeemed_at),
        product_id=booking.product.code,
        product=product.product,
        option_id=booking.option.code,
        option=product.options[booking.option.id],
        cancellable=booking.is_cancellable(now=now),
        cancellation=_cancellation(booking.cancellation),
        freesale=booking.departure is None,
        availability_id=booking.departure.availability_id if booking.departure else None,
        availability=_availability(booking, now),
        contact=_contact(booking.contact),
        user_id=None if booking.user_id is None else str(booking.user_id),
        delivery_methods=list(methods),
        voucher=voucher,
        unit_items=[
            _unit_item(item, booking, product, status, has_tickets, with_pricing)
            for item in booking.unit_items
        ],
        **{name: getattr(booking, name) for name in bookings.PARTNER_TEXTS},
        **({"pricing": render_catalog.encoded_pricing(booking.price)} if with_pricing else {}),
    )


def _unit_item(
    item: bookings.UnitItem,
    booking: bookings.Booking,
    product: EncodedProduct,
    status: BookingStatus,
    has_ticket: bool,
    with_pricing: bool,
) -> schemas.UnitItem:
    ticket = None
    if has_ticket:
        ticket = _ticket(item.ticket_code, item.redeemed_at, booking.product, status)
    return UnitItem(
        uuid=str(item.uuid),
        unit_id=item.unit.code,
        unit=product.units[item.unit.id],
        status=BookingStatus.REDEEMED if item.redeemed_at else status,
        utc_redeemed_at=_moment_or_none(item.redeemed_at),
        reseller_reference=item.reseller_reference,
        supplier_reference=item.supplier_reference,
        contact=_contact(item.contact),
        ticket=ticket,
        **(
            {"pricing": render_catalog.encoded_pricing(item.price)}
            if with_pricing and item.price is not None
            else {}
        ),
    )


def _availability(
    booking: bookings.Booking, now: datetime
) -> availability_schemas.Availability | None:
    if booking.departure is None:
        return None
    return slot(_offer(booking).slot_for(booking.departure, now=now), booking.product)


#: What options offer to any party, kept as long as the product that it was worked out from.
_offers: BoundedMemory[tuple[PartnerId, catalog.OptionId], Offer] = BoundedMemory(most=5_000)


def _offer(booking: bookings.Booking) -> Offer:
    key = booking.partner_id, booking.option.id
    known = _offers.get(key)
    if known is None or known.product is not booking.product:
        known = Offer(booking.product, booking.option, party=None, currency=None)
        _offers[key] = known
    return known


def _cancellation(cancellation: bookings.Cancellation | None) -> schemas.Cancellation | None:
    if cancellation is None:
        return None
    return Cancellation(
        refund=cancellation.refund,
        reason=cancellation.reason,
        utc_cancelled_at=utc_moment(cancellation.cancelled_at),
    )


def _ticket(
    code: str | None,
    redeemed_at: datetime | None,
    product: catalog.Product,
    status: BookingStatus,
) -> schemas.Ticket:
    admits = code is not None and status in _ADMITTING
    return Ticket(
        redemption_method=product.redemption_method,
        utc_redeemed_at=_moment_or_none(redeemed_at),
        delivery_options=[
            DeliveryOption(delivery_format=format_, delivery_value=code)
            for format_ in product.delivery_formats
        ]
        if admits
        else [],
    )


def _contact(contact: bookings.Contact) -> schemas.Contact:
    return NO_CONTACT if contact is bookings.NO_CONTACT else _known_contact(contact)


def _known_contact(contact: bookings.Contact) -> schemas.Contact:
    return Contact(
        full_name=contact.name,
        first_name=contact.first_name,
        last_name=contact.last_name,
        email_address=contact.email_address,
        phone_number=contact.phone_number,
        postal_code=contact.postal_code,
        country=contact.country,
        locales=list(contact.locales),
        notes=contact.notes,
    )


def _moment_or_none(moment: datetime | None) -> str | None:
    return None if moment is None else utc_moment(moment)


#: Most ticket holders are not known by name.
NO_CONTACT: schemas.Contact = raw_json(_known_contact(bookings.NO_CONTACT))
