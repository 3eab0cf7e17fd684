"""Test bookings from before tests had a stock get the places that they take of it."""

from importlib import import_module
from uuid import uuid4

import pytest
from django.db import connection

from core_site.bookings.models import Booking
from core_site.row_history import find_event_model
from shared_domain import bookings
from shared_domain.run_now import run_now
from tests.harness.data import NOW, Shop, bookings_on_django, in_test_mode, live, open_shop

MIGRATION = import_module("core_site.bookings.migrations.0009_places_of_earlier_tests")


@pytest.mark.django_db(transaction=True)
def test_they_take_the_places_of_their_tickets() -> None:
    shop = open_shop()
    reserve(shop, "adult", "family", test_mode=True)
    reserve(shop, "adult", "adult", test_mode=False)
    Booking.objects.filter(test_mode=True).update(places=0)
    remembered = find_event_model(Booking).objects.count()

    with connection.cursor() as cursor:
        cursor.execute(MIGRATION.FILL_IN)

    assert dict(Booking.objects.values_list("test_mode", "places")) == {True: 5, False: 2}
    assert find_event_model(Booking).objects.count() == remembered
    shop.departure.refresh_from_db()
    assert shop.departure.reserved == 2


def reserve(shop: Shop, *unit_codes: str, test_mode: bool) -> None:
    wish = shop.reservation(*unit_codes, uuid=uuid4())
    access = in_test_mode(shop.alice) if test_mode else live(shop.alice)
    run_now(bookings.reserve_booking(wish, access=access, now=NOW, store=bookings_on_django()))
