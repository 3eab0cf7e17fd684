"""Reserve: create a booking ON_HOLD, which takes its places at once."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from shared_domain import catalog
from shared_domain.availability import (
    AvailabilityNotFound,
    Departure,
    Offer,
    build_party_from_units,
    stock_for,
)
from shared_domain.bookings.channels import BY_API, SaleConditions
from shared_domain.bookings.codes import new_supplier_reference
from shared_domain.bookings.contact import NO_CONTACT
from shared_domain.bookings.errors import AvailabilityMissing, UuidTaken
from shared_domain.bookings.holds import check_hold_share, initial_expiry
from shared_domain.bookings.model import Booking
from shared_domain.bookings.named_user import check_user
from shared_domain.bookings.party import choose_units, raise_if_unavailable
from shared_domain.bookings.places import with_updated_departure
from shared_domain.bookings.requests import PARTNER_TEXTS, ReservationRequest
from shared_domain.bookings.status import BookingStatus
from shared_domain.bookings.store import BookingStore
from shared_domain.bookings.unit_items import build_unit_items, total_price, travel_date
from shared_domain.catalog import Option, Product
from shared_domain.partners import Access
from shared_domain.refusals import Refused


async def reserve_booking(
    request: ReservationRequest,
    *,
    access: Access,
    now: datetime,
    store: BookingStore,
    conditions: SaleConditions = BY_API,
) -> Booking:
    """Hold places for a party, and return the booking ON_HOLD.

    Idempotent by ``uuid``, also for requests at the same time: a repeat with the same content
    returns the booking as it is by then. Each partner and mode has its own uuids, so one that
    another partner uses is free.

    Raises:
        UuidTaken: the caller used the uuid before, with other content.
        CatalogRefused: no such product, option or unit, or no price in the currency.
        AvailabilityNotFound, AvailabilityMissing: no such slot, or none was named.
        UnitItemsMissing, PartyRefused: no ticket, or a party that the rules do not allow.
        BookingUserNotFound: it names a user that the partner does not have.
        DepartureClosed, SoldOut: the slot cannot take them.
        HoldLimitReached: the partner holds its share of the slot already.
        InvalidDetails: a contact, note or reference is not what its field takes.
    """
    if request.uuid is not None:
        existing = await _existing_reservation(request, request.uuid, access, now, store)
        if existing is not None:
            return existing
    try:
        booking = await _decide(request, access, conditions, now, store)
        booking_id = await store.insert(booking, fingerprint=request.fingerprint(access))
        if booking_id is not None:
            return with_updated_departure(None, replace(booking, id=booking_id))
    except Refused:
        # While this one waited for the departure's lock, its repeat may have taken the places.
        if request.uuid is not None:
            existing = await _existing_reservation(request, request.uuid, access, now, store)
            if existing is not None:
                return existing
        raise
    existing = await _existing_reservation(request, booking.uuid, access, now, store)
    if existing is None:
        raise RuntimeError("the reservation was neither stored nor found: a reference clash")
    return existing


async def _decide(
    request: ReservationRequest,
    access: Access,
    conditions: SaleConditions,
    now: datetime,
    store: BookingStore,
) -> Booking:
    limits = await store.hold_limits(access.partner_id)
    product = await catalog.get_product(request.product_code, access=access, store=store.catalog)
    option = product.option(request.option_code)
    departure = None
    if request.availability_id is not None:
        departure = await store.availability.lock_slot(
            option.id,
            request.availability_id,
            stock=stock_for(access),
            now=now,
        )
        if departure is None:
            raise AvailabilityNotFound(request.availability_id)
    elif product.availability_required:
        raise AvailabilityMissing
    held = hold(
        request,
        product=product,
        option=option,
        departure=departure,
        access=access,
        max_hold_minutes=limits.max_minutes,
        now=now,
        conditions=conditions,
    )
    await check_user(held, before=None, now=now, store=store)
    if not conditions.is_confirmed_at_once:
        await check_hold_share(None, held, limits=limits, now=now, store=store)
    return held


def hold(
    request: ReservationRequest,
    *,
    product: Product,
    option: Option,
    departure: Departure | None,
    access: Access,
    max_hold_minutes: int,
    now: datetime,
    conditions: SaleConditions = BY_API,
) -> Booking:
    """Return a new booking ON_HOLD with its price and its numbered tickets; nothing is stored.

    Raises:
        UnitItemsMissing, UnitNotFound, PartyRefused: no ticket, or a party against the rules.
        DepartureClosed, SoldOut: the slot cannot take them.
        CurrencyNotOffered, PriceMissing: it cannot be priced.
        InvalidDetails: a contact, note or reference is not what its field takes.
    """
    request = request.normalise()
    units = choose_units(option, request.unit_items)
    party = build_party_from_units(units)
    offer = Offer(product, option, party=party, currency=request.currency)
    day = travel_date(product, departure, now)
    is_late = departure is not None and now >= departure.booking_cutoff_at
    ignores_cutoff = is_late and conditions.ignores_cutoff
    judged_at = last_moment_of_sale(departure) if departure and ignores_cutoff else now
    raise_if_unavailable(offer.unavailable_reason(departure, day=day, now=judged_at))
    currency = offer.currency_on(day)
    reference = new_supplier_reference()
    items = build_unit_items(
        request.unit_items or (),
        units,
        product=product,
        currency=currency,
        day=day,
        supplier_reference=reference,
    )
    return Booking(
        id=None,
        uuid=request.uuid or uuid4(),
        partner_id=access.partner_id,
        test_mode=access.test_mode,
        status=BookingStatus.ON_HOLD,
        channel=conditions.channel,
        supplier_reference=reference,
        product=product,
        option=option,
        departure=departure,
        created_at=now,
        updated_at=now,
        hold_expires_at=initial_expiry(
            request.expiration_minutes,
            departure=None if ignores_cutoff else departure,
            max_minutes=max_hold_minutes,
            now=now,
        ),
        contact=NO_CONTACT.with_changes(request.contact),
        user_id=request.user_id,
        **{name: getattr(request, name) for name in PARTNER_TEXTS},
        email_receipt=request.email_receipt,
        places=0 if departure is None else party.places,
        price=total_price(product, option, items, currency=currency, day=day),
        unit_items=items,
    )


def last_moment_of_sale(departure: Departure) -> datetime:
    """Return the moment at which to judge a sale that may come after the booking cut-off."""
    return departure.booking_cutoff_at - timedelta.resolution


async def _existing_reservation(
    request: ReservationRequest,
    uuid: UUID,
    access: Access,
    now: datetime,
    store: BookingStore,
) -> Booking | None:
    """Return the booking that the same request made before, if any.

    Raises:
        UuidTaken: the uuid belongs to another request.
    """
    fingerprint = await store.earlier_reservation(uuid, access)
    if fingerprint is None:
        return None
    if not request.matches_fingerprint(fingerprint, access):
        raise UuidTaken(str(uuid))
    return await store.get(uuid, access, now=now)
