"""Departures from before local starts were stored keep their ids; of twins, the sold one stays."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from importlib import import_module
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import connection

from core_site import stores
from core_site.catalog.models import Departure, Product
from shared_domain import bookings
from shared_domain.run_now import run_now
from tests.harness.data import NOW, OPENING_HOURS, Shop, add_departure, live, open_shop

migration = import_module("core_site.catalog.migrations.0007_local_starts_of_departures")

Fill = Callable[[], None]


@pytest.fixture
def shop(db: None) -> Shop:
    return open_shop()


@pytest.fixture
def fill_in(shop: Shop) -> Fill:
    """Forget all local starts, and return what the migration does then."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "ALTER TABLE catalog_departure"
            " DROP CONSTRAINT departure_by_its_local_start,"
            " DROP CONSTRAINT departure_has_a_start_or_opening_hours"
        )

    def run() -> None:
        Departure.objects.update(start_time=None, fold=0)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with connection.schema_editor() as editor:
            migration.fill_in(apps, editor)

    return run


def named(product: Product, availability_id: str, **values: object) -> Departure:
    moment = datetime.fromisoformat(availability_id)
    return add_departure(
        product,
        starts_at=moment.astimezone(UTC),
        availability_id=availability_id,
        local_date=moment.date(),
        **values,
    )


def book(shop: Shop, departure: Departure) -> None:
    wish = shop.reservation(availability_id=departure.availability_id, uuid=uuid4())
    run_now(
        bookings.reserve_booking(wish, access=live(shop.alice), now=NOW, store=stores.bookings())
    )


def wall_clock(departure: Departure) -> tuple[date, time | None, int]:
    departure.refresh_from_db()
    return departure.local_date, departure.start_time, departure.fold


@pytest.mark.parametrize(
    ("availability_id", "start_time", "fold"),
    [
        ("2026-08-01T09:30:00+01:00", time(9, 30), 0),
        ("2026-10-25T01:30:00+01:00", time(1, 30), 0),
        ("2026-10-25T01:30:00+00:00", time(1, 30), 1),
        # The offset of other rules: the clock on the wall is what was sold.
        ("2026-08-01T15:30:00+03:00", time(15, 30), 0),
    ],
)
def test_it_is_the_one_that_the_id_names(
    shop: Shop, fill_in: Fill, availability_id: str, start_time: time, fold: int
) -> None:
    departure = named(shop.kayak, availability_id)

    fill_in()

    assert wall_clock(departure) == (departure.local_date, start_time, fold)
    assert departure.availability_id == availability_id


def test_a_start_that_the_clocks_skipped_is_the_one_its_schedule_asks_for(
    shop: Shop, fill_in: Fill
) -> None:
    schedule = shop.kayak.options.get().schedules.get()
    schedule.start_times = [time(1, 30)]
    schedule.save()
    departure = named(shop.kayak, "2027-03-28T02:30:00+01:00", schedule=schedule)

    fill_in()

    assert wall_clock(departure) == (date(2027, 3, 28), time(1, 30), 0)


def test_a_day_of_opening_hours_has_none(shop: Shop, fill_in: Fill) -> None:
    day = named(shop.kayak, "2026-08-01T00:00:00+01:00", opening_hours=OPENING_HOURS)

    fill_in()

    assert wall_clock(day) == (date(2026, 8, 1), None, 0)


def test_the_empty_twin_of_a_sold_departure_goes(shop: Shop, fill_in: Fill) -> None:
    sold = named(shop.kayak, "2026-08-01T09:30:00+01:00")
    book(shop, sold)
    Departure.objects.filter(pk=sold.pk).update(is_open=False)
    twin = named(shop.kayak, "2026-08-01T09:30:00+02:00", start_time=time(9, 30))

    fill_in()

    assert Departure.objects.filter(pk=sold.pk).exists()
    assert not Departure.objects.filter(pk=twin.pk).exists()


def test_twins_that_were_both_sold_stay_two(shop: Shop, fill_in: Fill) -> None:
    first = named(shop.kayak, "2026-08-01T09:30:00+01:00")
    second = named(shop.kayak, "2026-08-01T09:30:00+02:00", start_time=time(9, 30))
    for departure in (first, second):
        book(shop, departure)

    fill_in()

    assert wall_clock(first) == (date(2026, 8, 1), time(9, 30), 0)
    assert wall_clock(second) == (date(2026, 8, 1), time(9, 30), 1)


def test_what_staff_closed_by_hand_is_told_from_what_a_schedule_gave_up(
    shop: Shop, fill_in: Fill
) -> None:
    by_hand = named(shop.kayak, "2026-08-01T09:30:00+01:00", is_open=False, is_edited=True)
    given_up = named(shop.kayak, "2026-08-02T09:30:00+01:00", is_open=False)

    fill_in()

    by_hand.refresh_from_db()
    given_up.refresh_from_db()
    assert (by_hand.closed_by_staff, given_up.closed_by_staff) == (True, False)
