"""A process that is killed in the middle of its work leaves nothing half done and no lock."""

import os
import signal
import subprocess
import sys
import time
from uuid import UUID, uuid4

import psycopg
import pytest

from core_site.bookings.models import Booking, UnitItem
from core_site.events.models import Event
from shared_domain.bookings import Booking as Reserved
from shared_domain.bookings import reserve_booking
from shared_domain.run_now import run_now
from tests.concurrency import doomed
from tests.harness.data import NOW, Shop, bookings_on_django, live
from tests.harness.databases import ROOT
from tests.harness.waiting import eventually


def start(shop: Shop, url: str, *, goes_on: bool = False) -> "subprocess.Popen[str]":
    arguments = [url, "on" if goes_on else "", shop.departure.availability_id]
    return subprocess.Popen(
        [sys.executable, "-m", doomed.__name__, *arguments, str(shop.alice), NOW.isoformat()],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def first_reservation(process: "subprocess.Popen[str]") -> UUID:
    """Wait until the process has reserved, and return the booking's uuid."""
    assert process.stdout is not None
    return UUID(process.stdout.readline().strip())


def kill(process: "subprocess.Popen[str]") -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()


def count_sessions(url: str) -> int:
    """Return how many sessions the processes have left."""
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = 'portico-edge'"
        ).fetchone()
    assert found is not None
    return int(found[0])


def reserve_all_ten_places(shop: Shop) -> Reserved:
    wish = shop.reservation(*["adult"] * 10, uuid=uuid4())
    return run_now(
        reserve_booking(wish, access=live(shop.bob), now=NOW, store=bookings_on_django())
    )


def test_before_its_commit(shop: Shop, url: str) -> None:
    process = start(shop, url)
    uuid = first_reservation(process)

    kill(process)

    # PostgreSQL notices the broken connection, and lets the departure go.
    assert reserve_all_ten_places(shop).places == 10
    assert not Booking.objects.filter(uuid=uuid).exists()
    assert not Event.objects.filter(booking_uuid=uuid).exists()


@pytest.mark.parametrize("working_seconds", [pytest.param(0.05, marks=pytest.mark.long), 0.2])
def test_at_any_moment(shop: Shop, url: str, working_seconds: float) -> None:
    processes = [start(shop, url, goes_on=True) for _ in range(3)]
    for process in processes:
        first_reservation(process)
    time.sleep(working_seconds)

    for process in processes:
        kill(process)

    # A commit that was sent is still carried out; then nothing more comes of them.
    assert eventually(lambda: count_sessions(url) == 0)
    assert UnitItem.objects.count() == 2 * Booking.objects.count()
    told = Event.objects.filter(type="booking.reserved").count()
    cancelled = Booking.objects.filter(status="CANCELLED").count()
    assert (told, Event.objects.filter(type="booking.cancelled").count()) == (
        Booking.objects.count(),
        cancelled,
    )
