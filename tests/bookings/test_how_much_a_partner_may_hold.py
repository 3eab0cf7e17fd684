"""A partner's running holds on a departure take no more than its share of the capacity."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from core_site.bookings.models import Booking as BookingRow
from core_site.catalog.models import Departure, Product
from core_site.partners.models import Partner
from shared_domain import bookings
from shared_domain.bookings import (
    Booking,
    BookingChange,
    HoldLimitReached,
    SoldOut,
    UnitItemRequest,
)
from shared_domain.bookings.holds import check_places_held, might_exceed_share
from shared_domain.partners import Access, PartnerId
from shared_domain.run_now import run_now
from tests.domain.samples import make_booking, make_confirmed, make_departure
from tests.harness.data import NOW, Shop, add_departure, bookings_on_django, live, open_shop

#: The shop's departure has 10 places, and partners may hold 80 % of them.
SHARE = 8


@pytest.fixture
def shop(db: None) -> Shop:
    return open_shop()


@pytest.fixture
def later(shop: Shop) -> Departure:
    return add_departure(shop.kayak, starts_at=datetime(2026, 7, 20, 8, 30, tzinfo=UTC))


def hold(
    shop: Shop,
    tickets: int,
    *,
    partner: PartnerId | None = None,
    test_mode: bool = False,
    now: datetime = NOW,
    **wish: Any,
) -> Booking:
    access = Access(partner_id=partner or shop.alice, test_mode=test_mode)
    reservation = shop.reservation(*["adult"] * tickets, uuid=uuid4(), **wish)
    return run_now(
        bookings.reserve_booking(reservation, access=access, now=now, store=bookings_on_django())
    )


def act(service: Any, booking: Booking, *arguments: Any, now: datetime = NOW, **named: Any) -> Any:
    return run_now(
        service(
            booking.uuid,
            *arguments,
            access=booking.access,
            now=now,
            store=bookings_on_django(),
            **named,
        )
    )


def tickets(booking: Booking, more: int) -> tuple[UnitItemRequest, ...]:
    kept = [
        UnitItemRequest(unit_code=item.unit.code, uuid=item.uuid) for item in booking.unit_items
    ]
    return (*kept, *[UnitItemRequest(unit_code="adult")] * more)


def test_up_to_its_share(shop: Shop) -> None:
    hold(shop, 5)
    hold(shop, SHARE - 5)

    with pytest.raises(HoldLimitReached) as refused:
        hold(shop, 1)

    facts = refused.value
    assert (facts.held, facts.capacity, facts.max_percent) == (8, 10, 80)
    assert BookingRow.objects.count() == 2


def test_the_first_hold_may_take_the_whole_boat(shop: Shop) -> None:
    hold(shop, 10)

    with pytest.raises(SoldOut):
        hold(shop, 1)


def test_after_a_first_hold_beyond_the_share_nothing_more(shop: Shop) -> None:
    hold(shop, 9)

    with pytest.raises(HoldLimitReached):
        hold(shop, 1)


def test_other_partners_are_not_concerned(shop: Shop) -> None:
    hold(shop, 4)
    hold(shop, 4)

    assert hold(shop, 2, partner=shop.bob).places == 2


@pytest.mark.parametrize("percent", [1, 50, 100])
def test_staff_set_the_share(shop: Shop, percent: int) -> None:
    Partner.objects.update(max_held_percent=percent)
    hold(shop, 1)

    for _ in range(1, percent // 10):
        hold(shop, 1)
    with pytest.raises(SoldOut if percent == 100 else HoldLimitReached):
        hold(shop, 1)


def test_what_is_confirmed_cancelled_or_over_does_not_count(shop: Shop) -> None:
    confirmed, cancelled = hold(shop, 2), hold(shop, 3)
    hold(shop, 3, expiration_minutes=5)
    act(bookings.confirm_booking, confirmed, BookingChange())
    act(bookings.cancel_booking, cancelled, reason=None)

    assert hold(shop, 8, now=NOW + timedelta(minutes=5)).places == 8


def test_what_waits_for_staff_does_not_count(shop: Shop) -> None:
    Product.objects.update(instant_confirmation=False)
    act(bookings.confirm_booking, hold(shop, 2), BookingChange())
    hold(shop, 4)

    assert hold(shop, 4).places == 4


def test_freesale_has_no_bound(shop: Shop) -> None:
    Departure.objects.update(capacity=None)

    for _ in range(4):
        assert hold(shop, 20).places == 20


def test_without_a_date_there_is_nothing_to_share(shop: Shop) -> None:
    Product.objects.update(availability_required=False)

    for _ in range(4):
        assert hold(shop, 20, availability_id=None).departure is None


def test_more_tickets_count_too(shop: Shop) -> None:
    hold(shop, 6)
    held = hold(shop, 1)

    assert (
        act(bookings.update_booking, held, BookingChange(unit_items=tickets(held, 1))).places == 2
    )
    with pytest.raises(HoldLimitReached):
        act(bookings.update_booking, held, BookingChange(unit_items=tickets(held, 2)))


def test_the_only_hold_may_grow_beyond_it(shop: Shop) -> None:
    held = hold(shop, 1)

    assert (
        act(bookings.update_booking, held, BookingChange(unit_items=tickets(held, 9))).places == 10
    )


def test_fewer_tickets_and_longer_holds_are_always_fine(shop: Shop) -> None:
    held, _ = hold(shop, 4), hold(shop, 4)
    Partner.objects.update(max_held_percent=10)

    act(bookings.extend_booking, held, 10)
    fewer = BookingChange(unit_items=tickets(held, 0)[:3], expiration_minutes=10)

    assert act(bookings.update_booking, held, fewer).places == 3


def test_moving_to_another_departure_counts_there(shop: Shop, later: Departure) -> None:
    held = hold(shop, 5)
    hold(shop, 4, availability_id=later.availability_id)

    with pytest.raises(HoldLimitReached):
        act(bookings.update_booking, held, BookingChange(availability_id=later.availability_id))


def test_moving_a_confirmed_booking_holds_nothing(shop: Shop, later: Departure) -> None:
    booking = act(bookings.confirm_booking, hold(shop, 5), BookingChange())
    hold(shop, 4, availability_id=later.availability_id)

    moved = act(
        bookings.update_booking, booking, BookingChange(availability_id=later.availability_id)
    )

    assert moved.places == 5


def test_confirming_with_more_tickets_holds_nothing(shop: Shop) -> None:
    hold(shop, 6)
    held = hold(shop, 2)

    confirmed = act(bookings.confirm_booking, held, BookingChange(unit_items=tickets(held, 2)))

    assert confirmed.places == 4


def test_tests_are_counted_apart(shop: Shop) -> None:
    hold(shop, 4)
    hold(shop, 4)

    hold(shop, 4, test_mode=True)
    hold(shop, 4, test_mode=True)
    with pytest.raises(HoldLimitReached):
        hold(shop, 1, test_mode=True)
    assert hold(shop, 2, partner=shop.bob).places == 2


def test_a_repeated_reservation_is_the_first_one(shop: Shop) -> None:
    hold(shop, 5)
    reservation = shop.reservation("adult", "adult", "adult", uuid=uuid4())
    arguments = {"access": live(shop.alice), "now": NOW, "store": bookings_on_django()}
    held = run_now(bookings.reserve_booking(reservation, **arguments))

    assert run_now(bookings.reserve_booking(reservation, **arguments)).id == held.id


@pytest.mark.parametrize(("besides", "is_refused"), [(0, False), (6, False), (7, True), (10, True)])
def test_the_share_itself_is_allowed(besides: int, is_refused: bool) -> None:
    held = make_booking(departure=make_departure(capacity=10, reserved=10))

    if is_refused:
        with pytest.raises(HoldLimitReached):
            check_places_held(held, other_places_held=besides, max_percent=80)
    else:
        check_places_held(held, other_places_held=besides, max_percent=80)


@pytest.mark.parametrize(("reserved", "might"), [(6, False), (7, True)])
def test_holds_are_only_counted_where_it_matters(reserved: int, might: bool) -> None:
    held = make_booking(departure=make_departure(capacity=10, reserved=reserved))

    assert might_exceed_share(None, held, max_percent=80) is might
    assert not might_exceed_share(held, held, max_percent=1)
    assert not might_exceed_share(None, replace(held, departure=None), max_percent=1)
    assert not might_exceed_share(None, make_confirmed(), max_percent=1)
