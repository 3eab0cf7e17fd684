"""A small shop in the database for tests that need rows: two partners and one product of each kind.

Every product has one option with adults, children (only beside an adult) and families of four.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from core_site.catalog.models import (
    Departure,
    Option,
    PartnerTerms,
    Price,
    Product,
    Schedule,
    Supplier,
    Unit,
)
from core_site.database import DjangoDatabase
from core_site.partners.models import Partner
from shared_domain.availability.sql_store import SqlAvailabilityStore
from shared_domain.bookings import ReservationRequest, UnitItemRequest
from shared_domain.bookings.sql_store import SqlBookingStore
from shared_domain.catalog.sql_store import SqlCatalogStore
from shared_domain.database import Database
from shared_domain.partners import Access, PartnerId
from shared_domain.time_zones import zone

#: The shop's own clock: no test looks at the machine's.
NOW = datetime(2026, 7, 1, 10, 0, tzinfo=UTC)
TRAVEL_DATE = date(2026, 7, 14)

UNITS: dict[str, dict[str, Any]] = {
    "adult": {},
    "child": {"type": "CHILD", "accompanied_by": ["adult"]},
    "family": {"type": "FAMILY", "pax_count": 4},
}
#: What each unit costs, and what a booking of a product does that is priced as a whole.
PRICES_MINOR = (4500, 2333, 12001, 30007)

OPENING_HOURS = [{"from": "10:00", "to": "13:00"}, {"from": "14:00", "to": "18:00"}]


def live(partner_id: PartnerId) -> Access:
    """Return a partner's access to what it sells, as a live key has it."""
    return Access(partner_id=partner_id, test_mode=False)


def in_test_mode(partner_id: PartnerId) -> Access:
    """Return a partner's access to its tests, as a test key has it."""
    return Access(partner_id=partner_id, test_mode=True)


def bookings_on(database: Database) -> SqlBookingStore:
    """Return the stores of one connection; catalogue and availability hang on the bookings."""
    return SqlBookingStore(database, SqlAvailabilityStore(database, SqlCatalogStore(database)))


def bookings_on_django() -> SqlBookingStore:
    return bookings_on(DjangoDatabase())


def add_supplier() -> Supplier:
    return Supplier.objects.create(code="rio", name="Rio Tours", email="hello@rio.example")


def add_partner(code: str, **values: Any) -> PartnerId:
    partner = Partner.objects.create(code=code, name=code, email=f"it@{code}.example", **values)
    return PartnerId(partner.pk)


def add_product(
    code: str,
    *,
    partners: tuple[PartnerId, ...],
    option_values: dict[str, Any] | None = None,
    schedule_values: dict[str, Any] | None = None,
    commission: int = 2000,
    **values: Any,
) -> Product:
    """Add a product that these partners sell for 80 % of its price, with one option.

    ``commission`` in basis points makes it another share.

    It has a schedule, and no departures until some are added or generated.
    """
    product = Product.objects.create(
        **{
            "code": code,
            "internal_name": code,
            "available_currencies": ["EUR", "GBP"],
            "tax_name": "VAT 6%",
            "tax_basis_points": 600,
            "delivery_methods": ["TICKET", "VOUCHER"],
        }
        | values
    )
    option = Option.objects.create(
        product=product, internal_name=code, is_default=True, **option_values or {}
    )
    units = Unit.objects.bulk_create(
        Unit(option=option, code=unit_code, internal_name=unit_code, **unit_values)
        for unit_code, unit_values in UNITS.items()
    )
    Price.objects.bulk_create(
        Price(
            option=option,
            unit=unit,
            currency=currency,
            original_minor=minor + 500,
            retail_minor=minor,
        )
        for unit, minor in zip((*units, None), PRICES_MINOR, strict=True)
        for currency in ("EUR", "GBP")
    )
    PartnerTerms.objects.bulk_create(
        PartnerTerms(partner_id=partner_id, product=product, commission_basis_points=commission)
        for partner_id in partners
    )
    _add_schedule(option, **schedule_values or {})
    return product


def _add_schedule(option: Option, **values: Any) -> None:
    if option.product.availability_type == "OPENING_HOURS":
        values = {"opening_hours": OPENING_HOURS} | values
    else:
        values = {"start_times": [time(9, 30)]} | values
    Schedule.objects.create(option=option, **{"capacity": 10} | values)


def days_ahead(days: int = 10) -> datetime:
    """Return 12:40 in Lisbon, so many days ahead of the machine's clock.

    It is the same time of day at whatever hour a test runs, so that what a test adds stays on its
    date, and it is no time at which a schedule of the tests starts.
    """
    lisbon = zone("Europe/Lisbon")
    day = datetime.now(lisbon).date() + timedelta(days=days)
    return datetime.combine(day, time(12, 40), lisbon).astimezone(UTC)


def add_departure(
    product: Product, *, starts_at: datetime | None = None, **values: Any
) -> Departure:
    """Add a slot of the product, by default at 09:30 in Lisbon on ``TRAVEL_DATE``.

    A product of opening hours gets a slot with a start time as well, unless ``start_time`` is None.
    """
    starts_at = starts_at or datetime(2026, 7, 14, 8, 30, tzinfo=UTC)
    local_start = starts_at.astimezone(zone(product.time_zone))
    return Departure.objects.create(
        **{
            "option": product.options.get(),
            "availability_id": local_start.isoformat(timespec="seconds"),
            "local_date": local_start.date(),
            "start_time": local_start.time(),
            "fold": local_start.fold,
            "starts_at": starts_at,
            "ends_at": starts_at + timedelta(hours=2),
            "cutoffs_count_from": starts_at,
            "booking_cutoff_at": starts_at - timedelta(hours=1),
            "capacity": 10,
        }
        | values
    )


@dataclass(frozen=True)
class Shop:
    """Alice and Bob are partners; both sell the kayak, which has one departure."""

    alice: PartnerId
    bob: PartnerId
    kayak: Product
    departure: Departure

    def reservation(self, *unit_codes: str, **values: Any) -> ReservationRequest:
        """Return a wish for these tickets (one adult when none is named) on the departure."""
        wish: dict[str, Any] = {
            "product_code": self.kayak.code,
            "option_code": "DEFAULT",
            "availability_id": self.departure.availability_id,
            "unit_items": tuple(
                UnitItemRequest(unit_code=code) for code in unit_codes or ("adult",)
            ),
        }
        return ReservationRequest(**wish | values)


def open_shop() -> Shop:
    alice, bob = add_partner("alice"), add_partner("bob")
    kayak = add_product("kayak", partners=(alice, bob))
    return Shop(alice, bob, kayak, add_departure(kayak))
