"""Holds that have run out are released once, whole, and whatever else goes wrong."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event as Signal

import psycopg
import pytest
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from core_site.bookings import jobs
from core_site.bookings.jobs import release_lapsed_holds
from core_site.bookings.models import Booking
from core_site.catalog.models import Departure, Product
from core_site.events.models import Event
from tests.admin.staff import Desk
from tests.harness.data import add_departure
from tests.harness.services import url_of_this_test
from tests.harness.waiting import EVENTUALLY_SECONDS
from tests.worker.at_once import AtOnce


def everything() -> list[object]:
    return [list(model.objects.order_by("pk").values()) for model in (Booking, Departure, Event)]


def expired() -> int:
    return Event.objects.filter(type="booking.expired").count()


def lapse(desk: Desk, *holds: Booking) -> None:
    """Let holds run out all at once: a later reservation would release an earlier one."""
    for hold in holds:
        desk.change(hold, hold_expires_at=timezone.now() - timedelta(minutes=1))


@contextmanager
def locked_by_another_session(statement: str, pk: int) -> Iterator[None]:
    """Lock a row on another connection for as long as the block lasts."""
    with psycopg.connect(url_of_this_test()) as other:
        other.execute(statement, [pk])
        yield


LOCK_BOOKING = "SELECT FROM bookings_booking WHERE id = %s FOR NO KEY UPDATE"
LOCK_DEPARTURE = "SELECT FROM catalog_departure WHERE id = %s FOR NO KEY UPDATE"


def test_only_holds_that_have_run_out_are_released(desk: Desk) -> None:
    held, confirmed, lapsed = desk.held(), desk.confirmed(), desk.lapsed("adult", "adult")

    release_lapsed_holds()

    statuses = dict(Booking.objects.values_list("pk", "status"))
    assert statuses == {lapsed.pk: "EXPIRED", held.pk: "ON_HOLD", confirmed.pk: "CONFIRMED"}
    assert Departure.objects.get().reserved == 2
    assert expired() == 1


def test_a_second_run_changes_nothing(desk: Desk) -> None:
    desk.lapsed()
    release_lapsed_holds()
    before = everything()

    release_lapsed_holds()

    assert everything() == before


def test_two_at_once_release_each_hold_once(desk: Desk, at_once: AtOnce) -> None:
    lapse(desk, *[desk.held() for _ in range(8)])

    at_once(*[release_lapsed_holds] * 4)

    assert expired() == 8
    assert Departure.objects.get().reserved == 0
    assert set(Booking.objects.values_list("status", flat=True)) == {"EXPIRED"}


def test_holds_without_a_date_are_released_as_well(desk: Desk) -> None:
    Product.objects.update(availability_required=False)
    lapsed = desk.held(availability_id=None)
    lapse(desk, lapsed)

    release_lapsed_holds()

    lapsed.refresh_from_db()
    assert lapsed.status == "EXPIRED"


def test_a_hold_that_another_session_changes_is_left_to_the_next_run(desk: Desk) -> None:
    busy, other = desk.held(), desk.held()
    lapse(desk, busy, other)

    with locked_by_another_session(LOCK_BOOKING, busy.pk):
        release_lapsed_holds()

    assert dict(Booking.objects.values_list("pk", "status")) == {
        busy.pk: "ON_HOLD",
        other.pk: "EXPIRED",
    }
    release_lapsed_holds()
    busy.refresh_from_db()
    assert busy.status == "EXPIRED"


def test_a_departure_that_cannot_be_had_stops_no_other(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("core_site.transactions.LONGEST_WAIT", "200ms")
    stuck = desk.held()
    elsewhere = add_departure(
        desk.shop.kayak, starts_at=desk.shop.departure.starts_at + timedelta(days=1)
    )
    fine = desk.held(availability_id=elsewhere.availability_id)
    lapse(desk, stuck, fine)

    with (
        locked_by_another_session(LOCK_DEPARTURE, stuck.departure_id),
        caplog.at_level(logging.ERROR),
    ):
        release_lapsed_holds()

    assert dict(Booking.objects.values_list("pk", "status")) == {
        stuck.pk: "ON_HOLD",
        fine.pk: "EXPIRED",
    }
    assert f"the lapsed holds of departure {stuck.departure_id} were not released" in caplog.text


def test_more_departures_than_a_batch_are_all_released(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "BATCH", 1)
    for day in (1, 2, 3):
        starts_at = desk.shop.departure.starts_at + timedelta(days=day)
        slot = add_departure(desk.shop.kayak, starts_at=starts_at)
        lapse(desk, desk.held(availability_id=slot.availability_id))

    release_lapsed_holds()

    assert expired() == 3


def test_a_crash_in_the_middle_leaves_whole_bookings(desk: Desk, at_once: AtOnce) -> None:
    desk.lapsed("adult", "adult")
    before = everything()
    released, killed = Signal(), Signal()

    def job() -> None:
        """Do what the job does, and lose the connection before it commits."""
        with transaction.atomic():
            release_lapsed_holds()
            assert expired() == 1
            released.set()
            killed.wait(EVENTUALLY_SECONDS)
            expired()

    def crash() -> None:
        with pytest.raises((OperationalError, InterfaceError)):
            job()

    def kill() -> None:
        assert released.wait(EVENTUALLY_SECONDS)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE state = 'idle in transaction' AND datname = current_database()"
            )
        killed.set()

    at_once(crash, kill)

    assert everything() == before
    release_lapsed_holds()
    assert (expired(), Departure.objects.get().reserved) == (1, 0)
