"""When a zone's rules or a product's zone change, departures follow by themselves and stay one."""

from datetime import date, datetime, time, timedelta

import pytest
from django.core import mail
from django.db.models import F
from django.utils import timezone

from api_edge.octo import render_availability
from core_site import stores
from core_site.bookings.models import Booking
from core_site.catalog.jobs import generate_departures, top_up_departures
from core_site.catalog.models import Departure, Option, Product, Schedule
from core_site.events.models import Event
from core_site.messages.jobs import send_move_notices
from core_site.messages.letters.formats import LetterFormats
from shared_domain import bookings
from shared_domain.availability import AvailabilityStatus, Slot
from shared_domain.messages import LanguageChoice
from shared_domain.run_now import run_now
from shared_domain.time_zones import zone
from tests.admin.staff import Desk

ENGLISH = LetterFormats(LanguageChoice.with_default_locale("en"))


@pytest.fixture
def winter_day() -> date:
    """A day of winter time ahead: noon in Lisbon is noon in UTC."""
    first = timezone.now().date() + timedelta(days=20)
    days = (first + timedelta(days=number) for number in range(300))
    lisbon = zone("Europe/Lisbon")
    return next(
        day for day in days if not datetime.combine(day, time(12), lisbon).utcoffset()
    )  # fmt: skip


@pytest.fixture
def slot(desk: Desk, winter_day: date) -> Departure:
    desk.shop.departure.delete()
    Schedule.objects.update(season_start=winter_day, season_end=winter_day)
    generate_departures()
    return Departure.objects.get()


def made_by_old_rules(slot: Departure) -> None:
    """Bring the row into the state in which other rules of the zone had left it."""
    hour = timedelta(hours=1)
    Departure.objects.filter(pk=slot.pk).update(
        availability_id=slot.availability_id.replace("+00:00", "-01:00"),
        **{
            name: F(name) + hour
            for name in ("starts_at", "ends_at", "cutoffs_count_from", "booking_cutoff_at")
        },
    )


def of(booking: Booking) -> bookings.Booking:
    return run_now(
        bookings.get_booking(
            booking.uuid,
            access=booking.access,
            now=timezone.now(),
            store=stores.bookings(),
        )
    )


def test_api_ticket_and_staff_read_one_time_before_and_after(desk: Desk, slot: Departure) -> None:
    booking = desk.confirmed(availability_id=slot.availability_id)
    made_by_old_rules(slot)

    def times_of_day() -> set[str]:
        known, row = of(booking), Departure.objects.get()
        assert known.departure
        shown = Slot(known.departure, AvailabilityStatus.AVAILABLE, None)
        return {
            render_availability.slot(shown, known.product).local_date_time_start[11:16],
            ENGLISH.start(known.departure, known.product).split(", ")[2][:5],
            row.local_start[11:],
        }

    assert times_of_day() == {"09:30"}
    generate_departures()
    assert times_of_day() == {"09:30"}
    Product.objects.update(time_zone="America/Los_Angeles")
    assert times_of_day() == {"09:30"}


def test_new_rules_correct_the_sold_departure_and_open_no_twin(desk: Desk, slot: Departure) -> None:
    booking = desk.confirmed(availability_id=slot.availability_id)
    made_by_old_rules(slot)
    kept_id = Departure.objects.get().availability_id

    generate_departures()
    send_move_notices()

    (row,) = Departure.objects.all()
    assert (row.pk, row.starts_at, row.is_open, row.reserved) == (slot.pk, slot.starts_at, True, 1)
    assert row.availability_id == kept_id
    (event,) = Event.objects.filter(type="booking.moved")
    assert event.booking_uuid == booking.uuid
    assert len(mail.outbox) == 1


def test_the_top_up_at_the_start_of_a_worker_notices_new_rules(desk: Desk, slot: Departure) -> None:
    Option.objects.update(followed_zone_rules="Europe/Lisbon of an earlier tzdata")
    made_by_old_rules(slot)

    top_up_departures()

    assert Departure.objects.get().starts_at == slot.starts_at


def test_a_zone_that_was_corrected_elsewhere_is_noticed_too(desk: Desk, slot: Departure) -> None:
    desk.confirmed(availability_id=slot.availability_id)
    Product.objects.update(time_zone="America/Los_Angeles")

    top_up_departures()

    (row,) = Departure.objects.all()
    assert (row.pk, row.local_date, row.start_time) == (slot.pk, slot.local_date, time(9, 30))
    # The two places do not change their clocks on the same day.
    assert row.starts_at == datetime.combine(
        slot.local_date, time(9, 30), zone("America/Los_Angeles")
    )


@pytest.mark.parametrize("is_booked", [False, True])
def test_what_staff_edited_is_there_once_after_a_correction(
    desk: Desk, slot: Departure, is_booked: bool
) -> None:
    if is_booked:
        desk.confirmed(availability_id=slot.availability_id)
    Departure.objects.update(capacity=3, is_edited=True)
    Product.objects.update(time_zone="Asia/Tokyo")

    generate_departures()

    (row,) = Departure.objects.all()
    assert (row.capacity, row.is_open, row.start_time) == (3, True, time(9, 30))


def test_departures_without_a_schedule_follow_their_zone(desk: Desk, slot: Departure) -> None:
    desk.confirmed(availability_id=slot.availability_id)
    Schedule.objects.all().delete()
    generate_departures()
    Product.objects.update(time_zone="Asia/Tokyo")

    top_up_departures()

    (row,) = Departure.objects.all()
    assert row.starts_at == slot.starts_at - timedelta(hours=9)
    assert not row.is_open


def test_past_departures_are_corrected_without_a_word(desk: Desk, slot: Departure) -> None:
    booking = desk.confirmed(availability_id=slot.availability_id)
    past = timezone.now().date() - timedelta(days=90)
    Departure.objects.update(local_date=past, starts_at=F("starts_at") - timedelta(days=400),
                             ends_at=F("ends_at") - timedelta(days=400))  # fmt: skip
    Product.objects.update(time_zone="Asia/Tokyo")

    top_up_departures()

    row = Departure.objects.get(bookings=booking)
    assert row.starts_at == datetime.combine(past, time(9, 30), zone("Asia/Tokyo"))
    assert not Event.objects.filter(type="booking.moved").exists()


@pytest.mark.parametrize("stored", ["localtime", "posixrules", "Mars/Base"])
def test_a_zone_without_rules_breaks_nothing(desk: Desk, slot: Departure, stored: str) -> None:
    booking = desk.confirmed(availability_id=slot.availability_id)
    Product.objects.update(time_zone=stored)

    generate_departures()
    top_up_departures()

    known = of(booking)
    assert known.departure
    assert ", 09:30 (" in ENGLISH.start(known.departure, known.product)
    assert Departure.objects.get().local_start.endswith("09:30")


def test_a_second_run_writes_nothing(desk: Desk, slot: Departure) -> None:
    before = list(Departure.objects.values()), list(Option.objects.values())

    generate_departures()
    top_up_departures()

    assert (list(Departure.objects.values()), list(Option.objects.values())) == before
