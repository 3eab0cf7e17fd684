"""An invented booking for previews of letters, so that they show no guest's data."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from shared_domain.availability import Departure, DepartureId, DepartureTimes, to_departure_times
from shared_domain.bookings import (
    Booking,
    BookingStatus,
    Contact,
    Initiator,
    RefundChoice,
    UnitItem,
)
from shared_domain.catalog import (
    AvailabilityType,
    DeliveryFormat,
    DeliveryMethod,
    DurationUnit,
    Option,
    OptionId,
    PricingPer,
    Product,
    ProductId,
    RedemptionMethod,
    Unit,
    UnitId,
    UnitType,
)
from shared_domain.messages import MessageKind
from shared_domain.money import Price, total
from shared_domain.partners import PartnerId
from shared_domain.time_zones import zone

#: The names of the sample's product and option, where no product was chosen.
_NAMES = ("Sample tour", "Morning")

_MADE_AT = datetime(2026, 1, 5, 10, tzinfo=UTC)


def sample_booking(
    kind: MessageKind, *, name: str = "", time_zone: str = "Europe/Lisbon"
) -> Booking:
    """Return a confirmed booking of two adults and a child; a cancelled one for a cancellation."""
    adult, child = _unit("adult", "Adult", UnitType.ADULT), _unit("child", "Child", UnitType.CHILD)
    items = tuple(
        UnitItem(
            uuid=UUID(int=number),
            unit=unit,
            supplier_reference=f"PT-SAMPLE-{number}",
            price=_price(minor),
            ticket_code=f"SAMPLE{number}",
        )
        for number, (unit, minor) in enumerate(((adult, 4500), (adult, 4500), (child, 2500)), 1)
    )
    option = _option(name, (adult, child))
    booking = Booking(
        id=None,
        uuid=UUID(int=0),
        partner_id=PartnerId(0),
        test_mode=False,
        status=BookingStatus.CONFIRMED,
        supplier_reference="PT-SAMPLE",
        reseller_reference=None,
        product=_product(name, time_zone, option),
        option=option,
        departure=_departure(time_zone),
        created_at=_MADE_AT,
        updated_at=_MADE_AT,
        hold_expires_at=None,
        confirmed_at=_MADE_AT,
        sale_date=_MADE_AT.date(),
        contact=Contact(full_name="Clara Duarte", email_address="clara.duarte@example.com"),
        notes=None,
        email_receipt=True,
        places=3,
        price=total((item.price for item in items if item.price), currency="EUR"),
        unit_items=items,
    )
    if kind is MessageKind.CANCELLATION:
        return booking.cancel(
            reason=None,
            force=True,
            by_staff=True,
            refund=RefundChoice.FULL,
            initiator=Initiator.SUPPLIER,
            now=_MADE_AT,
        )
    return booking


def earlier_times(booking: Booking) -> DepartureTimes | None:
    """Return times an hour before a booking's own, for the preview of a move."""
    departure = booking.departure
    if departure is None or departure.start_time is None:
        return None
    hour = timedelta(hours=1)
    wall_clock = datetime.combine(departure.local_date, departure.start_time) - hour
    earlier = replace(
        departure,
        local_date=wall_clock.date(),
        start_time=wall_clock.time(),
        starts_at=departure.starts_at - hour,
        ends_at=departure.ends_at - hour,
    )
    return to_departure_times(earlier)


def _departure(time_zone: str) -> Departure:
    day = datetime(2026, 7, 14, 9, 30, tzinfo=zone(time_zone))
    starts_at = day.astimezone(UTC)
    return Departure(
        id=DepartureId(0),
        availability_id="sample",
        local_date=day.date(),
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=2),
        cutoffs_count_from=starts_at,
        booking_cutoff_at=starts_at,
        opening_hours=(),
        capacity=10,
        reserved=3,
        max_units=None,
        is_open=True,
        start_time=time(9, 30),
    )


def _price(minor: int) -> Price:
    return Price(
        currency="EUR", original_minor=minor, retail_minor=minor, net_minor=minor, taxes=()
    )


def _unit(code: str, name: str, kind: UnitType) -> Unit:
    return Unit(
        id=UnitId(0),
        code=code,
        internal_name=name,
        reference=None,
        type=kind,
        min_age=0,
        max_age=99,
        id_required=False,
        min_quantity=None,
        max_quantity=None,
        pax_count=1,
        accompanied_by=(),
        required_contact_fields=(),
        prices=(),
    )


def _option(name: str, units: tuple[Unit, ...]) -> Option:
    return Option(
        id=OptionId(0),
        code="DEFAULT",
        internal_name=name or _NAMES[1],
        reference=None,
        is_default=True,
        local_start_times=("09:30",),
        cancellation_cutoff_amount=24,
        cancellation_cutoff_unit=DurationUnit.HOUR,
        allows_late_cancellation=False,
        late_refund_percent=0,
        required_contact_fields=(),
        min_units=1,
        max_units=None,
        units=units,
        prices=(),
    )


def _product(name: str, time_zone: str, option: Option) -> Product:
    return Product(
        id=ProductId(0),
        revision=0,
        code="sample",
        internal_name=name or _NAMES[0],
        reference=None,
        is_active=True,
        locale="en-GB",
        time_zone=time_zone,
        allow_freesale=False,
        instant_confirmation=True,
        instant_delivery=True,
        availability_required=True,
        availability_type=AvailabilityType.START_TIME,
        delivery_formats=(DeliveryFormat.QRCODE,),
        delivery_methods=(DeliveryMethod.TICKET,),
        redemption_method=RedemptionMethod.DIGITAL,
        pricing_per=PricingPer.UNIT,
        default_currency="EUR",
        available_currencies=("EUR",),
        tax_rates=(),
        commission_basis_points=0,
        options=(option,),
    )
