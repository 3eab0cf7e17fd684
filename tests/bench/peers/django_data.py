"""What the Django peers ask of Django's own mapper: everything in as few queries as it can."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import (
    BigIntegerField,
    Case,
    ExpressionWrapper,
    F,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Sum,
    When,
)
from django.db.models.functions import Coalesce

from core_site.bookings.models import Booking, UnitItem
from core_site.catalog.models import Departure, Option, PartnerTerms, Price, Product, Unit
from core_site.events.models import Event
from core_site.idempotency.models import IdempotencyRecord
from core_site.partners.models import ApiKey
from tests.bench.peers import rules
from tests.bench.peers.rules import Refused


def keys() -> QuerySet[ApiKey]:
    return ApiKey.objects.select_related("partner")


def options() -> QuerySet[Option]:
    return Option.objects.order_by("position", "id").prefetch_related(
        Prefetch("units", Unit.objects.order_by("position", "id"), to_attr="unit_list"),
        Prefetch("prices", Price.objects.order_by("id"), to_attr="price_list"),
        Prefetch("schedules", to_attr="schedule_list"),
    )


def products_of(key: ApiKey) -> QuerySet[Product]:
    """The products that a partner may see, with what it keeps of their prices."""
    return (
        Product.objects.filter(is_active=True, terms__partner_id=key.partner_id)
        .annotate(commission_basis_points=F("terms__commission_basis_points"))
        .prefetch_related(Prefetch("options", options(), to_attr="option_list"))
    )


def bookings_of(key: ApiKey, now: datetime) -> QuerySet[Booking]:
    """A partner's bookings with all that an answer shows; ``completed`` must follow."""
    terms = PartnerTerms.objects.filter(
        partner_id=OuterRef("partner_id"), product_id=OuterRef("product_id")
    )
    found = (
        Booking.objects.filter(partner_id=key.partner_id)
        .select_related("product", "departure")
        .annotate(
            commission=Coalesce(Subquery(terms.values("commission_basis_points")), 0),
            # A test sees the stock of its partner's tests, and live sales not at all.
            lapsed_places=Case(
                When(
                    test_mode=True,
                    then=ExpressionWrapper(
                        F("departure__reserved") - _tests_taken(now), BigIntegerField()
                    ),
                ),
                default=_lapsed_places(OuterRef("departure_id"), now),
                output_field=BigIntegerField(),
            ),
        )
        .prefetch_related(
            Prefetch("unit_items", UnitItem.objects.order_by("position"), to_attr="item_list"),
            Prefetch("product__options", options(), to_attr="option_list"),
        )
    )
    return found.filter(test_mode=key.is_test)


def completed(bookings: Sequence[Booking]) -> Sequence[Booking]:
    """Put what was selected beside the bookings where the rules look for it."""
    for booking in bookings:
        product = booking.product
        product.commission_basis_points = booking.commission
        rules.prepare(product)
        _name_parts(booking)
        if booking.departure is not None:
            booking.departure.lapsed_places = booking.lapsed_places
    return bookings


def _name_parts(booking: Booking) -> None:
    """Point the booking and its tickets to the parts of its product, which are loaded already."""
    booking.option = rules.by_id(booking.product.option_list, booking.option_id)
    for item in booking.item_list:
        item.unit = rules.by_id(booking.option.unit_list, item.unit_id)


def departures_of(option: Option, first: date, last: date, now: datetime) -> QuerySet[Departure]:
    return (
        Departure.objects.filter(option_id=option.id, local_date__range=(first, last))
        .annotate(lapsed_places=_lapsed_places(OuterRef("pk"), now))
        .order_by("starts_at", "id")
    )


def _lapsed_places(departure_id: OuterRef, now: datetime) -> Coalesce:
    is_over = Q(status="ON_HOLD", hold_expires_at__lte=now) | Q(
        status__in=["ON_HOLD", "PENDING"], departure__booking_cutoff_at__lte=now
    )
    live = Booking.objects.filter(is_over, departure_id=departure_id, test_mode=False)
    lapsed = live.order_by().values("departure_id")
    return Coalesce(Subquery(lapsed.annotate(total=Sum("places")).values("total")), 0)


def _tests_taken(now: datetime) -> Coalesce:
    is_undecided = Q(status="PENDING") | Q(status="ON_HOLD", hold_expires_at__gt=now)
    running = Q(status__in=["CONFIRMED", "REDEEMED"]) | is_undecided & Q(
        departure__booking_cutoff_at__gt=now
    )
    tests = Booking.objects.filter(
        running,
        test_mode=True,
        partner_id=OuterRef("partner_id"),
        departure_id=OuterRef("departure_id"),
    )
    taken = tests.order_by().values("departure_id").annotate(total=Sum("places"))
    return Coalesce(Subquery(taken.values("total")), 0)


def _lapsed(now: datetime) -> QuerySet[Booking]:
    return Booking.objects.filter(status="ON_HOLD", hold_expires_at__lte=now)


@transaction.atomic
def reserve(key: ApiKey, wish: Mapping[str, Any], fingerprint: bytes, *, now: datetime) -> Booking:
    """Hold places; ``wish`` is the request, checked, by the names of the columns."""
    product = products_of(key).filter(code=wish["product_code"]).first()
    if product is None:
        raise Refused("productId is not one of your products")
    option = rules.find_option(product, wish["option_code"])
    departure = (
        Departure.objects.select_for_update(no_key=True)
        .filter(option_id=option.id, availability_id=wish["availability_id"])
        .first()
    )
    if departure is None:
        raise Refused("availabilityId is not an availability of this option")
    _release_lapsed_holds(departure, now)
    units = rules.choose_units(option, wish["unit_codes"])
    rules.check_slot(departure, option, units, now=now)
    booking, items = _new_booking(key, wish, product, option, departure, units, now)
    booking.reservation_fingerprint = fingerprint
    booking.save(force_insert=True)
    booking.item_list = UnitItem.objects.bulk_create(items)
    if booking.places:
        Departure.objects.filter(pk=departure.pk).update(reserved=F("reserved") + booking.places)
        departure.reserved += booking.places
    Event.objects.create(
        partner_id=key.partner_id,
        test_mode=booking.test_mode,
        type="booking.reserved",
        booking_uuid=booking.uuid,
        data={"status": booking.status},
    )
    IdempotencyRecord.objects.create(id=uuid4())
    rules.prepare(product)
    _name_parts(booking)
    return booking


def _release_lapsed_holds(departure: Departure, now: datetime) -> None:
    departure.lapsed_places = 0
    lapsed = list(
        _lapsed(now)
        .filter(departure_id=departure.pk)
        .select_for_update(no_key=True, skip_locked=True)
        .only("uuid", "partner_id", "places", "test_mode")
    )
    if not lapsed:
        return
    Booking.objects.filter(pk__in=[booking.pk for booking in lapsed]).update(
        status="EXPIRED", updated_at=now
    )
    Event.objects.bulk_create(
        Event(
            partner_id=booking.partner_id,
            test_mode=booking.test_mode,
            type="booking.expired",
            booking_uuid=booking.uuid,
            data={"status": "EXPIRED"},
        )
        for booking in lapsed
    )
    places = sum(hold.places for hold in lapsed if not hold.test_mode)
    Departure.objects.filter(pk=departure.pk).update(reserved=F("reserved") - places)
    departure.reserved -= places


def _new_booking(
    key: ApiKey,
    wish: Mapping[str, Any],
    product: Product,
    option: Option,
    departure: Departure,
    units: Sequence[Unit],
    now: datetime,
) -> tuple[Booking, list[UnitItem]]:
    day, currency = departure.local_date, product.default_currency
    minutes = min(wish["expiration_minutes"] or 30, key.partner.max_hold_minutes)
    reference = f"PT-{secrets.token_hex(5).upper()}"
    prices = rules.item_prices(option, product, units, currency=currency, day=day)
    columns = (
        rules.minor_columns(rules.whole_price(option, product, currency=currency, day=day))
        if product.pricing_per == "BOOKING"
        else rules.summed_columns(prices)
    )
    booking = Booking(
        uuid=uuid4(),
        partner_id=key.partner_id,
        product=product,
        option_id=option.pk,
        departure=departure,
        test_mode=key.is_test,
        status="ON_HOLD",
        supplier_reference=reference,
        reseller_reference=wish["reseller_reference"],
        created_at=now,
        updated_at=now,
        hold_expires_at=min(now + timedelta(minutes=minutes), departure.booking_cutoff_at),
        contact=wish["contact"],
        notes=wish["notes"],
        email_receipt=wish["email_receipt"],
        places=0 if key.is_test else rules.places_of(units),
        currency=currency,
        **columns,
    )
    items = [
        UnitItem(
            booking=booking,
            uuid=uuid4(),
            position=position,
            unit_id=unit.pk,
            supplier_reference=f"{reference}-{position + 1}",
            **rules.minor_columns(price),
        )
        for position, (unit, price) in enumerate(zip(units, prices, strict=True))
    ]
    return booking, items
