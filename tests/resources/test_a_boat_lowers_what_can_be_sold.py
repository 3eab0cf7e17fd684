"""What is taken on one departure of a boat is shown, and refused, on the other at the same time."""

from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from core_site import stores
from core_site.catalog.models import Departure
from core_site.events.models import Event
from core_site.resources.models import Resource
from shared_domain import availability, bookings, resources
from shared_domain.availability import AvailabilityQuery, DepartureId, Slot
from shared_domain.bookings import Booking
from shared_domain.resources import ResourceId
from shared_domain.run_now import run_now
from shared_domain.time_zones import zone
from tests.admin.forms import save
from tests.admin.staff import logged_in
from tests.harness.data import (
    NOW,
    Shop,
    add_departure,
    add_product,
    bookings_on_django,
    in_test_mode,
    live,
    open_shop,
)

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def shop(db: None) -> Shop:
    return open_shop()


def another(shop: Shop, *, after: timedelta = HOUR, code: str = "sail") -> Departure:
    product = add_product(code, partners=(shop.alice, shop.bob))
    return add_departure(product, starts_at=shop.departure.starts_at + after)


def give(places: int | None, *departures: Departure) -> Resource:
    number = Resource.objects.count()
    resource = Resource.objects.create(kind="BOAT", name=f"Boat {number}", capacity=places)
    run_now(
        resources.assign_resources(
            [ResourceId(resource.pk)],
            [DepartureId(departure.pk) for departure in departures],
            store=stores.resources(),
        )
    )
    return resource


def book(
    shop: Shop, departure: Departure, tickets: int, *, is_test: bool = False, now: datetime = NOW
) -> Booking:
    access = in_test_mode(shop.alice) if is_test else live(shop.alice)
    wish = shop.reservation(
        *["adult"] * tickets,
        product_code=departure.option.product.code,
        availability_id=departure.availability_id,
    )
    return run_now(
        bookings.reserve_booking(wish, access=access, now=now, store=bookings_on_django())
    )


def slot(shop: Shop, departure: Departure, *, is_test: bool = False) -> Slot:
    query = AvailabilityQuery(
        product_code=departure.option.product.code,
        option_code="DEFAULT",
        availability_ids=(departure.availability_id,),
    )
    access = in_test_mode(shop.bob) if is_test else live(shop.bob)
    found = run_now(
        availability.find_slots(query, access=access, now=NOW, store=stores.availability())
    )
    (only,) = found.found
    return only


def test_the_boat_limits_its_only_departure(shop: Shop) -> None:
    give(6, shop.departure)

    assert slot(shop, shop.departure).vacancies == 6
    with pytest.raises(bookings.SoldOut):
        book(shop, shop.departure, 7)
    book(shop, shop.departure, 6)


def test_the_departures_own_limit_counts_beside_it(shop: Shop) -> None:
    give(60, shop.departure)

    assert slot(shop, shop.departure).vacancies == 10


def test_a_departure_without_limit_gets_that_of_its_boat(shop: Shop) -> None:
    Departure.objects.update(capacity=None)
    give(6, shop.departure)

    assert slot(shop, shop.departure).vacancies == 6


def test_a_booking_shows_its_slot_as_availability_does(shop: Shop) -> None:
    Departure.objects.update(capacity=None)
    sail = another(shop)
    give(8, shop.departure, sail)
    booking, test = book(shop, shop.departure, 2), book(shop, shop.departure, 1, is_test=True)
    book(shop, sail, 3)

    store = bookings_on_django()
    for made, left in ((booking, 3), (test, 7)):
        seen = run_now(bookings.get_booking(made.uuid, access=made.access, now=NOW, store=store))
        assert seen.departure is not None
        assert seen.departure.vacancies == left


def test_what_one_departure_takes_is_no_longer_there_for_the_other(shop: Shop) -> None:
    sail = another(shop)
    give(8, shop.departure, sail)

    book(shop, shop.departure, 5)

    assert slot(shop, sail).vacancies == 3
    with pytest.raises(bookings.SoldOut) as refused:
        book(shop, sail, 4)
    assert refused.value.vacancies == 3
    book(shop, sail, 3)
    assert slot(shop, shop.departure).vacancies == 0


def test_what_is_given_back_is_there_again(shop: Shop) -> None:
    sail = another(shop)
    give(8, shop.departure, sail)
    booking = book(shop, shop.departure, 8)

    run_now(
        bookings.cancel_booking(
            booking.uuid,
            reason=None,
            access=live(shop.alice),
            now=NOW,
            store=bookings_on_django(),
        )
    )

    assert slot(shop, sail).vacancies == 8


def test_a_hold_that_ran_out_on_the_other_counts_no_more(shop: Shop) -> None:
    sail = another(shop)
    give(8, shop.departure, sail)
    book(shop, sail, 8)
    later = NOW + timedelta(hours=1)
    wish = shop.reservation(*["adult"] * 8)

    query = AvailabilityQuery(
        product_code="kayak", option_code="DEFAULT",
        availability_ids=(shop.departure.availability_id,),
    )  # fmt: skip
    found = run_now(
        availability.find_slots(
            query, access=live(shop.bob), now=later, store=stores.availability()
        )
    )
    assert found.found[0].vacancies == 8
    run_now(
        bookings.reserve_booking(
            wish, access=live(shop.alice), now=later, store=bookings_on_django()
        )
    )


def test_one_after_the_other_each_has_the_whole_boat(shop: Shop) -> None:
    sail = another(shop, after=timedelta(hours=2))
    give(8, shop.departure, sail)

    book(shop, shop.departure, 8)

    assert slot(shop, sail).vacancies == 8


@pytest.mark.parametrize(
    ("starts", "left"), [("08:30", 3), ("12:00", 8), ("14:30", 3), ("18:00", 8), ("23:00", 3)]
)
def test_a_day_of_opening_hours_has_the_boat_while_it_is_open(
    shop: Shop, starts: str, left: int
) -> None:
    """From 8 to 12, 14 to 18 and 22 to 1 in the night; a departure lasts two hours."""
    day = shop.departure.local_date
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone("Europe/Lisbon"))
    hours = [("08:00", "12:00"), ("14:00", "18:00"), ("22:00", "01:00")]
    open_day = add_departure(
        add_product("museum", partners=(shop.alice, shop.bob)),
        starts_at=midnight,
        start_time=None,
        ends_at=midnight + timedelta(hours=25),
        cutoffs_count_from=midnight + timedelta(hours=25),
        booking_cutoff_at=midnight + timedelta(hours=24),
        opening_hours=[{"from": opens, "to": closes} for opens, closes in hours],
    )
    at = datetime.combine(day, time.fromisoformat(starts), midnight.tzinfo)
    sail = another(shop, after=at - shop.departure.starts_at)
    give(8, open_day, sail)

    book(shop, open_day, 5)

    assert slot(shop, sail).vacancies == left


def test_two_boats_hold_as_many_as_both(shop: Shop) -> None:
    Departure.objects.update(capacity=None)
    sail = another(shop)
    give(8, shop.departure, sail)
    give(4, shop.departure)

    assert slot(shop, shop.departure).vacancies == 12
    book(shop, sail, 6)
    assert slot(shop, shop.departure).vacancies == 6


def test_a_guide_limits_nothing(shop: Shop) -> None:
    give(None, shop.departure)

    assert slot(shop, shop.departure).vacancies == 10


def test_tests_have_the_boat_to_themselves(shop: Shop) -> None:
    sail = another(shop)
    give(8, shop.departure, sail)
    book(shop, shop.departure, 8)

    assert slot(shop, sail, is_test=True).vacancies == 8
    book(shop, sail, 8, is_test=True)
    assert slot(shop, shop.departure).vacancies == 0


def test_without_the_boat_its_limit_is_gone(shop: Shop) -> None:
    boat = give(6, shop.departure)

    run_now(
        resources.unassign_resources(
            [ResourceId(boat.pk)], [DepartureId(shop.departure.pk)], store=stores.resources()
        )
    )

    shop.departure.refresh_from_db()
    assert not shop.departure.has_resources
    assert slot(shop, shop.departure).vacancies == 10


def test_a_change_of_a_booking_keeps_to_it_as_well(shop: Shop) -> None:
    sail = another(shop)
    give(8, shop.departure, sail)
    booking = book(shop, shop.departure, 5)
    book(shop, sail, 3)
    own = tuple(
        bookings.UnitItemRequest(unit_code="adult", uuid=item.uuid) for item in booking.unit_items
    )
    more = bookings.BookingChange(
        unit_items=(*own, replace(own[0], uuid=None)),
    )

    with pytest.raises(bookings.SoldOut):
        run_now(
            bookings.update_booking(
                booking.uuid, more, access=live(shop.alice), now=NOW, store=bookings_on_django()
            )
        )


def test_every_departure_that_runs_out_of_places_is_told_of(shop: Shop) -> None:
    sail, other_day = another(shop), another(shop, after=timedelta(days=1), code="walk")
    give(8, shop.departure, sail, other_day)
    # The database goes by its own clock.
    now, ahead = timezone.now(), timedelta(days=3650)
    Departure.objects.update(
        **{
            name: F(name) + ahead
            for name in ("starts_at", "ends_at", "cutoffs_count_from", "booking_cutoff_at")
        }
    )
    both = {shop.departure.pk, sail.pk}

    book(shop, shop.departure, 5, now=now)
    assert told("departure.sold_out") == set()
    last = book(shop, sail, 3, now=now)
    assert told("departure.sold_out") == both
    run_now(
        bookings.cancel_booking(
            last.uuid, reason=None, access=live(shop.alice), now=now, store=bookings_on_django()
        )
    )

    assert told("departure.available_again") == both


def test_partners_are_told_when_a_boat_fills_a_departure_or_makes_room(shop: Shop) -> None:
    sail = another(shop)
    now, ahead = timezone.now(), timedelta(days=3650)
    Departure.objects.update(
        **{
            name: F(name) + ahead
            for name in ("starts_at", "ends_at", "cutoffs_count_from", "booking_cutoff_at")
        }
    )
    book(shop, shop.departure, 3, now=now)
    book(shop, sail, 3, now=now)
    both = {shop.departure.pk, sail.pk}

    boat = give(6, shop.departure)
    assert told("departure.sold_out") == set()
    run_now(
        resources.assign_resources(
            [ResourceId(boat.pk)], [DepartureId(sail.pk)], store=stores.resources()
        )
    )
    assert told("departure.sold_out") == both

    office = logged_in()
    save(office, f"/admin/resources/resource/{boat.pk}/change/", capacity=7)
    assert told("departure.available_again") == both
    save(office, f"/admin/resources/resource/{boat.pk}/change/", capacity=6)
    run_now(
        resources.unassign_resources(
            [ResourceId(boat.pk)], [DepartureId(sail.pk)], store=stores.resources()
        )
    )
    assert Event.objects.filter(type="departure.sold_out").count() == 4
    assert Event.objects.filter(type="departure.available_again").count() == 4


def told(kind: str) -> set[int | None]:
    return set(Event.objects.filter(type=kind).values_list("departure_id", flat=True))
