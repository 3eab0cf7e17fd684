"""Departures follow the schedules every day, and are topped up when the day's run was missed."""

import logging
from datetime import date, datetime, timedelta

import pytest
from django.db.models import QuerySet

from core_site.catalog import departure_generation
from core_site.catalog.jobs import generate_departures, top_up_departures
from core_site.catalog.models import Departure, Option, Schedule
from core_site.events.models import Event
from shared_domain.availability import DAYS_AHEAD
from shared_domain.time_zones import zone
from tests.admin.staff import Desk
from tests.harness.data import add_product
from tests.worker.at_once import AtOnce


def today() -> date:
    """Return the date where the products are."""
    return datetime.now(zone("Europe/Lisbon")).date()


def planned() -> QuerySet[Departure]:
    return Departure.objects.filter(schedule__isnull=False)


def everything() -> list[object]:
    return list(Departure.objects.order_by("pk").values())


def test_every_schedule_gets_its_departures(desk: Desk) -> None:
    generate_departures()

    last = planned().order_by("-local_date")[0].local_date
    assert last >= today() + timedelta(days=DAYS_AHEAD - 1)
    assert planned().count() in (DAYS_AHEAD, DAYS_AHEAD + 1)


def test_a_second_run_changes_nothing(desk: Desk) -> None:
    generate_departures()
    before = everything()

    generate_departures()
    top_up_departures()

    assert everything() == before


def test_two_at_once_make_each_departure_once(desk: Desk, at_once: AtOnce) -> None:
    at_once(generate_departures, generate_departures, top_up_departures)

    starts = list(planned().values_list("availability_id", flat=True))
    assert len(starts) == len(set(starts)) >= DAYS_AHEAD


def test_bookings_are_made_while_departures_are_generated(desk: Desk, at_once: AtOnce) -> None:
    Schedule.objects.update(capacity=50)
    generate_departures()
    Schedule.objects.update(capacity=60)
    slot = planned().order_by("starts_at")[20]

    def book() -> None:
        for _ in range(5):
            desk.held(availability_id=slot.availability_id)

    at_once(generate_departures, book, generate_departures, book)

    slot.refresh_from_db()
    assert (slot.capacity, slot.reserved) == (60, 10)
    assert Event.objects.filter(type="booking.reserved").count() == 10


def test_one_option_that_fails_stops_no_other(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken = desk.shop.kayak.options.get()
    fine = add_product("walk", partners=()).options.get()
    real = departure_generation.generate_departures

    def fail_for_one(option: Option, *, now: datetime) -> int:
        changed = real(option, now=now)
        if option.pk == broken.pk:
            raise ConnectionError("lost in the middle")
        return changed

    monkeypatch.setattr(departure_generation, "generate_departures", fail_for_one)
    with caplog.at_level(logging.ERROR):
        generate_departures()

    assert set(planned().values_list("option", flat=True)) == {fine.pk}
    assert f"the departures of option {broken.pk} were not generated" in caplog.text


def test_what_runs_short_is_topped_up(desk: Desk) -> None:
    generate_departures()
    far = today() + timedelta(days=DAYS_AHEAD - 5)
    everything_there = planned().count()
    planned().filter(local_date__gt=far).delete()

    top_up_departures()

    assert planned().count() == everything_there


@pytest.mark.parametrize("days", [0, 1])
def test_a_day_more_or_less_is_no_shortage(desk: Desk, days: int) -> None:
    generate_departures()
    last = today() + timedelta(days=DAYS_AHEAD - days)
    planned().filter(local_date__gt=last).delete()
    before = everything()

    top_up_departures()

    assert everything() == before


def test_a_season_that_is_over_is_no_shortage(desk: Desk) -> None:
    summer_ends = today() + timedelta(days=30)
    Schedule.objects.update(season_end=summer_ends)
    generate_departures()
    planned().filter(local_date=today() + timedelta(days=5)).delete()
    before = everything()

    top_up_departures()

    assert everything() == before


def test_what_staff_changed_by_hand_stays(desk: Desk) -> None:
    generate_departures()
    slot = planned().order_by("starts_at")[9]
    Departure.objects.filter(pk=slot.pk).update(capacity=3, is_edited=True)
    Schedule.objects.update(capacity=99)

    generate_departures()

    slot.refresh_from_db()
    assert slot.capacity == 3
    assert planned().exclude(pk=slot.pk).filter(capacity=99).exists()
