"""What the FastAPI peer asks of SQLAlchemy, as its guide "Relationship loading techniques" says."""

import secrets
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Select, case, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from tests.bench.peers import rules
from tests.bench.peers.rules import Refused
from tests.bench.peers.sqlalchemy_peer.tables import (
    ApiKey,
    Booking,
    Departure,
    Event,
    IdempotencyRecord,
    Option,
    PartnerTerms,
    Product,
    UnitItem,
)

PARTS_OF_OPTION = (
    selectinload(Option.unit_list),
    selectinload(Option.price_list),
    selectinload(Option.schedule_list),
)


async def find_key(session: AsyncSession, digest: bytes) -> ApiKey | None:
    return await session.scalar(
        select(ApiKey).where(ApiKey.digest == digest).options(joinedload(ApiKey.partner))
    )


async def find_product(session: AsyncSession, key: ApiKey, code: str) -> Product:
    """Return a product that the partner may see, with what it keeps of its prices."""
    found = (
        await session.execute(
            select(Product, PartnerTerms.commission_basis_points)
            .join(PartnerTerms, PartnerTerms.product_id == Product.id)
            .where(
                PartnerTerms.partner_id == key.partner_id,
                Product.code == code,
                Product.is_active,
            )
            .options(selectinload(Product.option_list).options(*PARTS_OF_OPTION))
        )
    ).one_or_none()
    if found is None:
        raise Refused("productId is not one of your products")
    product, product.commission_basis_points = found
    return product


async def find_bookings(
    session: AsyncSession, key: ApiKey, now: datetime, *conditions: ColumnElement[bool]
) -> list[Booking]:
    """Return a partner's bookings with all that an answer shows, newest first."""
    commission = (
        select(PartnerTerms.commission_basis_points)
        .where(
            PartnerTerms.partner_id == Booking.partner_id,
            PartnerTerms.product_id == Booking.product_id,
        )
        .scalar_subquery()
    )
    statement: Select[Any] = (
        select(Booking, func.coalesce(commission, 0), _not_counted(now))
        .join(Booking.product)
        .outerjoin(Booking.departure)
        .where(Booking.partner_id == key.partner_id, *conditions)
        .order_by(Booking.id.desc())
        .options(
            contains_eager(Booking.product)
            .selectinload(Product.option_list)
            .options(*PARTS_OF_OPTION),
            contains_eager(Booking.departure),
            selectinload(Booking.item_list),
        )
    )
    statement = statement.where(Booking.test_mode == key.is_test)
    bookings, prepared = [], set()
    for booking, of_terms, lapsed_places in await session.execute(statement):
        product = booking.product
        # One object stands for a product however many bookings share it.
        if product.id not in prepared:
            product.commission_basis_points = of_terms
            rules.prepare(product)
            prepared.add(product.id)
        if booking.departure is not None:
            booking.departure.lapsed_places = lapsed_places
        _name_parts(booking)
        bookings.append(booking)
    return bookings


async def find_departures(
    session: AsyncSession, option: Option, first: date, last: date, now: datetime
) -> list[Departure]:
    found = await session.execute(
        select(Departure, _lapsed_places(Departure.id, now))
        .where(Departure.option_id == option.id, Departure.local_date.between(first, last))
        .order_by(Departure.starts_at, Departure.id)
    )
    departures = []
    for departure, lapsed_places in found:
        departure.lapsed_places = lapsed_places
        departures.append(departure)
    return departures


async def reserve(
    session: AsyncSession,
    key: ApiKey,
    wish: Mapping[str, Any],
    fingerprint: bytes,
    *,
    now: datetime,
) -> Booking:
    """Hold places, in the session's transaction."""
    product = await find_product(session, key, wish["product_code"])
    option = rules.find_option(product, wish["option_code"])
    departure = await session.scalar(
        select(Departure)
        .where(
            Departure.option_id == option.id,
            Departure.availability_id == wish["availability_id"],
        )
        .with_for_update(key_share=True)
    )
    if departure is None:
        raise Refused("availabilityId is not an availability of this option")
    await _release_lapsed_holds(session, departure, now)
    units = rules.choose_units(option, wish["unit_codes"])
    rules.check_slot(departure, option, units, now=now)
    booking = _new_booking(key, wish, product, option, departure, units, now)
    booking.reservation_fingerprint = fingerprint
    departure.reserved += booking.places
    session.add(booking)
    session.add(
        Event(
            partner_id=key.partner_id,
            test_mode=booking.test_mode,
            type="booking.reserved",
            booking_uuid=booking.uuid,
            data={"status": booking.status},
        )
    )
    session.add(IdempotencyRecord(id=uuid4()))
    await session.flush()
    rules.prepare(product)
    _name_parts(booking)
    return booking


def _lapsed(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return Booking.status == "ON_HOLD", Booking.hold_expires_at <= now


def _lapsed_places(departure_id: Any, now: datetime) -> ColumnElement[int]:
    hold = Booking.__table__.alias("hold")
    lapsed = (
        select(func.sum(hold.c.places))
        .where(
            hold.c.departure_id == departure_id,
            hold.c.test_mode.is_(False),
            ((hold.c.status == "ON_HOLD") & (hold.c.hold_expires_at <= now))
            | (hold.c.status.in_(["ON_HOLD", "PENDING"]) & (Departure.booking_cutoff_at <= now)),
        )
        .scalar_subquery()
    )
    return func.coalesce(lapsed, 0)


def _not_counted(now: datetime) -> ColumnElement[int]:
    """What does not count of a booked departure's reserved places.

    A test sees the stock of its partner's tests, and live sales not at all.
    """
    test = Booking.__table__.alias("test")
    taken = (
        select(func.sum(test.c.places))
        .where(
            test.c.departure_id == Booking.departure_id,
            test.c.partner_id == Booking.partner_id,
            test.c.test_mode,
            test.c.status.in_(["CONFIRMED", "REDEEMED"])
            | (
                (Departure.booking_cutoff_at > now)
                & (
                    (test.c.status == "PENDING")
                    | ((test.c.status == "ON_HOLD") & (test.c.hold_expires_at > now))
                )
            ),
        )
        .scalar_subquery()
    )
    return case(
        (Booking.test_mode, Departure.reserved - func.coalesce(taken, 0)),
        else_=_lapsed_places(Booking.departure_id, now),
    )


def _name_parts(booking: Booking) -> None:
    booking.option = rules.by_id(booking.product.option_list, booking.option_id)
    for item in booking.item_list:
        item.unit = rules.by_id(booking.option.unit_list, item.unit_id)


async def _release_lapsed_holds(session: AsyncSession, departure: Departure, now: datetime) -> None:
    departure.lapsed_places = 0
    lapsed = (
        await session.execute(
            select(Booking.id, Booking.uuid, Booking.partner_id, Booking.places, Booking.test_mode)
            .where(*_lapsed(now), Booking.departure_id == departure.id)
            .with_for_update(key_share=True, skip_locked=True)
        )
    ).all()
    if not lapsed:
        return
    await session.execute(
        update(Booking)
        .where(Booking.id.in_([booking.id for booking in lapsed]))
        .values(status="EXPIRED", updated_at=now)
    )
    session.add_all(
        Event(
            partner_id=booking.partner_id,
            test_mode=booking.test_mode,
            type="booking.expired",
            booking_uuid=booking.uuid,
            data={"status": "EXPIRED"},
        )
        for booking in lapsed
    )
    departure.reserved -= sum(hold.places for hold in lapsed if not hold.test_mode)


def _new_booking(
    key: ApiKey,
    wish: Mapping[str, Any],
    product: Product,
    option: Option,
    departure: Departure,
    units: list[Any],
    now: datetime,
) -> Booking:
    day, currency = departure.local_date, product.default_currency
    minutes = min(wish["expiration_minutes"] or 30, key.partner.max_hold_minutes)
    reference = f"PT-{secrets.token_hex(5).upper()}"
    prices = rules.item_prices(option, product, units, currency=currency, day=day)
    columns = (
        rules.minor_columns(rules.whole_price(option, product, currency=currency, day=day))
        if product.pricing_per == "BOOKING"
        else rules.summed_columns(prices)
    )
    return Booking(
        uuid=uuid4(),
        partner_id=key.partner_id,
        product=product,
        option_id=option.id,
        departure=departure,
        test_mode=key.is_test,
        status="ON_HOLD",
        supplier_reference=reference,
        reseller_reference=wish["reseller_reference"],
        created_at=now,
        updated_at=now,
        hold_expires_at=min(now + timedelta(minutes=minutes), departure.booking_cutoff_at),
        confirmed_at=None,
        redeemed_at=None,
        cancelled_at=None,
        contact=wish["contact"],
        notes=wish["notes"],
        email_receipt=wish["email_receipt"],
        voucher_code=None,
        places=0 if key.is_test else rules.places_of(units),
        currency=currency,
        item_list=[
            UnitItem(
                uuid=uuid4(),
                position=position,
                unit_id=unit.id,
                supplier_reference=f"{reference}-{position + 1}",
                redeemed_at=None,
                contact={},
                **rules.minor_columns(price),
            )
            for position, (unit, price) in enumerate(zip(units, prices, strict=True))
        ],
        **columns,
    )
