"""A blackout closes days that exist and days that come; lifting it opens these and no others."""

from datetime import time, timedelta

import pytest
from django.utils import timezone

from core_site.catalog.models import Departure, Schedule
from shared_domain import bookings
from shared_domain.availability import BlackoutLifted
from tests.blackouts.days import Days

pytestmark = pytest.mark.django_db


def test_lifting_opens_what_it_closed() -> None:
    days = Days.generate()

    blackout = days.black_out(10, 12)

    assert days.open_days(8, 14) == [8, 9, 13, 14]
    assert days.lift(blackout) == 3
    assert days.open_days(8, 14) == list(range(8, 15))
    assert not Departure.objects.filter(is_edited=True).exists()


def test_nothing_of_it_can_be_booked_and_its_bookings_stay() -> None:
    days = Days.generate()
    slot = days.on(10).availability_id
    booking = days.desk.confirmed(availability_id=slot)

    days.black_out(10, 12)

    with pytest.raises(bookings.DepartureClosed):
        days.desk.held(availability_id=slot)
    booking.refresh_from_db()
    assert booking.status == "CONFIRMED"


def test_what_staff_closed_before_stays_closed() -> None:
    days = Days.generate()
    days.set_open(11, is_open=False)
    blackout = days.black_out(10, 12)

    days.lift(blackout)

    assert days.open_days(10, 12) == [10, 12]


def test_what_staff_close_in_it_stays_closed() -> None:
    days = Days.generate()
    blackout = days.black_out(10, 12)
    days.set_open(11, is_open=False)

    days.lift(blackout)

    assert days.open_days(10, 12) == [10, 12]


def test_what_staff_open_in_spite_of_it_stays_open() -> None:
    days = Days.generate()
    days.black_out(10, 12)

    days.set_open(11, is_open=True)
    days.follow()
    assert days.open_days(10, 12) == [11]

    Schedule.objects.update(start_times=[time(16)])
    days.follow()
    assert days.open_days(10, 12) == [11]


def test_what_is_generated_later_is_closed_too() -> None:
    days = Days.generate()
    days.black_out(398, 403)

    days.follow(timezone.now() + timedelta(days=2))

    assert days.open_days(396, 402) == [396, 397]


def test_a_new_start_time_is_closed_too_and_opens_with_it() -> None:
    days = Days.generate()
    blackout = days.black_out(10, 12)

    Schedule.objects.update(start_times=[time(16)])
    days.follow()

    assert days.on(11).start_time == time(16)
    assert days.open_days(9, 13) == [9, 13]
    days.lift(blackout)
    assert days.open_days(9, 13) == [9, 10, 11, 12, 13]


def test_what_its_schedule_gives_up_meanwhile_does_not_open_with_it() -> None:
    days = Days.generate()
    days.desk.confirmed(availability_id=days.on(11).availability_id)
    blackout = days.black_out(10, 12)

    Schedule.objects.update(season_end=days.day(9))
    days.follow()
    days.lift(blackout)

    assert [departure.is_open for departure in Departure.objects.filter(
        local_date__range=(days.day(10), days.day(12))
    )] == [False]  # fmt: skip


def test_where_two_overlap_both_must_be_lifted() -> None:
    days = Days.generate()
    first = days.black_out(10, 12)
    second = days.black_out(12, 13, place="", product_id=days.desk.shop.kayak.pk)

    assert days.lift(first) == 2
    assert days.open_days(10, 14) == [10, 11, 14]
    assert days.lift(second) == 2


def test_it_is_lifted_once() -> None:
    days = Days.generate()
    blackout = days.black_out(10, 12)
    days.lift(blackout)
    days.black_out(10, 12)

    with pytest.raises(BlackoutLifted):
        days.lift(blackout)

    assert days.open_days(10, 12) == []


def test_another_place_is_not_touched() -> None:
    days = Days.generate()

    days.black_out(10, 12, place="Porto")

    assert days.open_days(10, 12) == [10, 11, 12]
