"""Staff who close a departure see the holds that run on it, and may release them."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from core_site.bookings.models import Booking
from core_site.bookings.running_holds import RunningHolds
from core_site.catalog.models import Departure
from core_site.catalog.time_format import format_moment
from core_site.events.models import Event
from tests.admin.staff import Desk, logged_in, page_of, page_of_departure, text_of
from tests.harness.data import add_departure

LIST = "/admin/catalog/departure/"
ASKED = "Release holds"


@pytest.fixture
def departure(desk: Desk) -> Departure:
    return desk.shop.departure


def statuses() -> list[str]:
    return list(Booking.objects.order_by("pk").values_list("status", flat=True))


def test_the_page_says_how_many_run_and_until_when(
    rosa: Client, desk: Desk, departure: Departure
) -> None:
    desk.held("adult", "adult")
    last = desk.held("adult", "adult", "adult", expiration_minutes=60)
    desk.confirmed()
    desk.held(test_mode=True)
    desk.change(desk.held(), hold_expires_at=timezone.now() - timedelta(minutes=1))
    last.refresh_from_db()

    page = text_of(rosa.get(page_of_departure(departure, "close")))

    until = format_moment(last.hold_expires_at, "Europe/Lisbon")
    assert f"Running holds 2 holds of 5 places, the last until {until}" in page
    assert "may still be confirmed until it ends" in page
    assert ASKED in page


def test_without_any_there_is_nothing_to_ask(
    rosa: Client, desk: Desk, departure: Departure
) -> None:
    desk.confirmed()

    page = text_of(rosa.get(page_of_departure(departure, "close")))

    assert "Running holds none" in page
    assert ASKED not in page


def test_unless_staff_say_so_holds_stay_and_can_be_confirmed(
    rosa: Client, desk: Desk, departure: Departure
) -> None:
    held = desk.held()

    rosa.post(page_of_departure(departure, "close"))

    assert not Departure.objects.get().is_open
    assert statuses() == ["ON_HOLD"]
    rosa.post(f"/admin/bookings/booking/{held.pk}/confirm/")
    assert statuses() == ["CONFIRMED"]


def test_released_holds_give_their_places_back_and_say_why(
    rosa: Client, desk: Desk, departure: Departure
) -> None:
    held = desk.held("adult", "adult")
    desk.held(test_mode=True)
    desk.confirmed()

    page = rosa.post(page_of_departure(departure, "close"), {"release_holds": "on"}, follow=True)

    held.refresh_from_db()
    assert statuses() == ["CANCELLED", "ON_HOLD", "CONFIRMED"]
    assert (held.cancellation_reason, held.cancellation_refund) == (
        "The departure was closed.",
        "FULL",
    )
    departure.refresh_from_db()
    assert (departure.is_open, departure.reserved) == (False, 1)
    assert "1 of the running holds released." in text_of(page)
    assert Event.objects.filter(type="booking.cancelled", booking_uuid=held.uuid).count() == 1
    assert LogEntry.objects.filter(change_message__contains="Released").count() == 1


def test_many_at_once(rosa: Client, desk: Desk, departure: Departure) -> None:
    other = add_departure(desk.shop.kayak, starts_at=departure.starts_at + timedelta(days=1))
    desk.held()
    desk.held(availability_id=other.availability_id)
    form = {"action": "close_many", "_selected_action": [departure.pk, other.pk]}

    assert "Running holds 2 holds of 2 places" in text_of(rosa.post(LIST, form))
    rosa.post(LIST, {**form, "answered": "1", "release_holds": "on"})

    assert statuses() == ["CANCELLED", "CANCELLED"]
    assert not Departure.objects.filter(is_open=True).exists()


def test_a_hold_that_is_confirmed_meanwhile_stays(
    rosa: Client, desk: Desk, departure: Departure
) -> None:
    held = desk.held()
    seen = RunningHolds.on([departure], now=timezone.now())
    rosa.post(page_of(held, "confirm"))

    tally = seen.release(noting=print)

    assert statuses() == ["CONFIRMED"]
    assert "This booking is confirmed; only one that is on hold can be released" in tally.refused[0]


def test_who_may_not_change_bookings_sees_them_and_is_not_asked(
    desk: Desk, departure: Departure
) -> None:
    closer = logged_in("catalog.view_departure", "catalog.change_departure")
    desk.held()

    page = text_of(closer.get(page_of_departure(departure, "close")))
    closer.post(page_of_departure(departure, "close"), {"release_holds": "on"})

    assert "Running holds 1 hold of 1 place," in page
    assert ASKED not in page
    assert statuses() == ["ON_HOLD"]
