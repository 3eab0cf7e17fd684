"""A river paddle and a booking of it, as plain values: each test changes what it is about."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from shared_domain.availability import Departure, DepartureId, Offer, build_party
from shared_domain.bookings import NO_CONTACT, Booking, BookingId, BookingStatus, UnitItem
from shared_domain.catalog import (
    ALL_YEAR,
    AvailabilityType,
    DeliveryFormat,
    DeliveryMethod,
    DurationUnit,
    ListPrice,
    Option,
    OptionId,
    PricingPer,
    Product,
    ProductId,
    RedemptionMethod,
    Season,
    Unit,
    UnitId,
    UnitType,
)
from shared_domain.money import TaxRate, total
from shared_domain.partners import PartnerId

#: When the sample booking is made: two weeks before its departure.
NOW = datetime(2026, 7, 1, 10, 0, tzinfo=UTC)
STARTS_AT = datetime(2026, 7, 14, 8, 30, tzinfo=UTC)
ONE_SECOND = timedelta(seconds=1)

ALICE, BOB = PartnerId(1), PartnerId(2)


def eur(retail_minor: int, *, season: Season = ALL_YEAR) -> ListPrice:
    return ListPrice(
        currency="EUR", original_minor=retail_minor + 500, retail_minor=retail_minor, season=season
    )


def make_unit(**changes: Any) -> Unit:
    values: dict[str, Any] = {
        "id": UnitId(1),
        "code": "adult",
        "internal_name": "Adult",
        "reference": None,
        "type": UnitType.ADULT,
        "min_age": 0,
        "max_age": 99,
        "id_required": False,
        "min_quantity": None,
        "max_quantity": None,
        "pax_count": 1,
        "accompanied_by": (),
        "required_contact_fields": (),
        "prices": (eur(4500),),
    }
    return Unit(**values | changes)


ADULT = make_unit()
CHILD = make_unit(id=UnitId(2), code="child", accompanied_by=("adult",), prices=(eur(2500),))
FAMILY = make_unit(id=UnitId(3), code="family", pax_count=4, prices=(eur(12000),))


def make_option(**changes: Any) -> Option:
    values: dict[str, Any] = {
        "id": OptionId(1),
        "code": "DEFAULT",
        "internal_name": "Morning paddle",
        "reference": None,
        "is_default": True,
        "local_start_times": ("09:30",),
        "cancellation_cutoff_amount": 24,
        "cancellation_cutoff_unit": DurationUnit.HOUR,
        "allows_late_cancellation": False,
        "late_refund_percent": 0,
        "required_contact_fields": (),
        "min_units": 1,
        "max_units": None,
        "units": (ADULT, CHILD, FAMILY),
        "prices": (eur(30000),),
    }
    return Option(**values | changes)


def make_product(**changes: Any) -> Product:
    values: dict[str, Any] = {
        "id": ProductId(1),
        "revision": 1,
        "code": "river-kayak",
        "internal_name": "River kayak",
        "reference": None,
        "is_active": True,
        "locale": "en-GB",
        "time_zone": "Europe/Lisbon",
        "allow_freesale": False,
        "instant_confirmation": True,
        "instant_delivery": True,
        "availability_required": True,
        "availability_type": AvailabilityType.START_TIME,
        "delivery_formats": (DeliveryFormat.QRCODE,),
        "delivery_methods": (DeliveryMethod.TICKET, DeliveryMethod.VOUCHER),
        "redemption_method": RedemptionMethod.DIGITAL,
        "pricing_per": PricingPer.UNIT,
        "default_currency": "EUR",
        "available_currencies": ("EUR",),
        "tax_rates": (TaxRate("VAT 6%", 600),),
        "commission_basis_points": 2000,
        "options": (make_option(),),
    }
    return Product(**values | changes)


def make_departure(**changes: Any) -> Departure:
    values: dict[str, Any] = {
        "id": DepartureId(1),
        "availability_id": "2026-07-14T09:30:00+01:00",
        "local_date": date(2026, 7, 14),
        "starts_at": STARTS_AT,
        "ends_at": STARTS_AT + timedelta(hours=2),
        "cutoffs_count_from": STARTS_AT,
        "booking_cutoff_at": STARTS_AT - timedelta(hours=1),
        "opening_hours": (),
        "capacity": 10,
        "reserved": 2,
        "max_units": None,
        "is_open": True,
        "start_time": time(9, 30),
    }
    return Departure(**values | changes)


def offer_of(
    option: Option,
    quantities: Iterable[tuple[str, int]] | None = None,
    *,
    currency: str | None = None,
    **changes: Any,
) -> Offer:
    """Offer the option of a product (with these changes) to a party, or to any."""
    product = make_product(options=(option,), **changes)
    party = None if quantities is None else build_party(option, quantities)
    return Offer(product, option, party=party, currency=currency)


def build_unit_items(*units: Unit) -> tuple[UnitItem, ...]:
    return tuple(
        UnitItem(
            uuid=UUID(int=number),
            unit=unit,
            supplier_reference=f"PT-SAMPLE-{number}",
            price=make_product().price_on(unit, currency="EUR", travel_date=date(2026, 7, 14)),
        )
        for number, unit in enumerate(units, start=1)
    )


def make_booking(**changes: Any) -> Booking:
    """Two adults ON_HOLD for half an hour, unless told otherwise."""
    items = changes.pop("unit_items", build_unit_items(ADULT, ADULT))
    product = changes.pop("product", make_product())
    values: dict[str, Any] = {
        "id": BookingId(1),
        "uuid": UUID("0b6f2a54-8c1e-4d37-9a60-5e2f7c3b9d18"),
        "partner_id": ALICE,
        "test_mode": False,
        "status": BookingStatus.ON_HOLD,
        "supplier_reference": "PT-SAMPLE",
        "reseller_reference": None,
        "product": product,
        "option": product.options[0],
        "departure": make_departure(),
        "created_at": NOW,
        "updated_at": NOW,
        "hold_expires_at": NOW + timedelta(minutes=30),
        "contact": NO_CONTACT,
        "notes": None,
        "email_receipt": False,
        "places": sum(item.unit.pax_count for item in items),
        "price": total((item.price for item in items if item.price), currency="EUR"),
        "unit_items": items,
    }
    return Booking(**values | changes)


def make_confirmed(**changes: Any) -> Booking:
    held = make_booking(**changes)
    return replace(
        held, status=BookingStatus.CONFIRMED, hold_expires_at=None, confirmed_at=NOW
    ).with_tickets()


def make_pending(**changes: Any) -> Booking:
    return make_booking(**changes | {"status": BookingStatus.PENDING, "hold_expires_at": None})
