"""Two people at once: one of them waits a little, and then reads a sentence, never a 500."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection
from django.test import Client

from core_site.bookings.models import Booking
from core_site.catalog.models import Departure, Schedule
from core_site.events.models import Event
from tests.admin.effect import save_seen
from tests.admin.staff import Desk, logged_in, open_shop, page_of, page_of_departure, text_of
from tests.harness.services import url_of_this_test

pytestmark = pytest.mark.django_db(transaction=True)

WAITED = "Another user is changing this at the moment; try again"


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr("core_site.transactions.LONGEST_WAIT", "200ms")
    return Desk(open_shop())


@pytest.fixture
def rosa() -> Client:
    return logged_in()


@contextmanager
def locked_by_another_session(statement: str, pk: int) -> Iterator[None]:
    """Hold a row on another connection for as long as the block lasts."""
    with psycopg.connect(url_of_this_test()) as other:
        other.execute(statement, [pk])
        yield


LOCK_BOOKING = "SELECT FROM bookings_booking WHERE id = %s FOR NO KEY UPDATE"
LOCK_DEPARTURE = "SELECT FROM catalog_departure WHERE id = %s FOR NO KEY UPDATE"


def test_a_booking_that_is_being_changed(rosa: Client, desk: Desk) -> None:
    confirmed = desk.confirmed()

    with locked_by_another_session(LOCK_BOOKING, confirmed.pk):
        page = rosa.post(page_of(confirmed, "cancel"), {"reason": "rain"})

    assert page.status_code == 400
    assert WAITED in text_of(page)
    confirmed.refresh_from_db()
    assert confirmed.status == "CONFIRMED"


def test_a_departure_that_is_being_changed(rosa: Client, desk: Desk) -> None:
    departure = desk.shop.departure

    with locked_by_another_session(LOCK_DEPARTURE, departure.pk):
        page = rosa.post(page_of_departure(departure, "close"))

    assert WAITED in text_of(page)
    assert Departure.objects.get().is_open


def test_a_schedule_whose_departures_are_being_booked(rosa: Client, desk: Desk) -> None:
    schedule = Schedule.objects.get()
    path = f"/admin/catalog/schedule/{schedule.pk}/change/"

    with locked_by_another_session(LOCK_DEPARTURE, desk.shop.departure.pk):
        page = save_seen(rosa, path, capacity="7")

    assert "Nothing was saved: another user is changing this" in text_of(page)
    assert page.context["adminform"].form["capacity"].value() == "7"
    schedule.refresh_from_db()
    assert schedule.capacity == 10


def test_two_gates_redeem_a_voucher_once(desk: Desk) -> None:
    confirmed = desk.admissible("adult", "adult")
    gates = [logged_in(username=name) for name in ("north", "south", "east")]

    def redeem(gate: Client) -> int:
        try:
            return gate.post(page_of(confirmed, "redeem"), {"admit": "all"}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(gates)) as threads:
        answers = sorted(threads.map(redeem, gates))

    assert answers == [302, 400, 400]
    assert Booking.objects.get().status == "REDEEMED"
    assert Event.objects.filter(type="booking.redeemed").count() == 1
