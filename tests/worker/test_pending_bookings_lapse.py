"""What was left PENDING until its cut-off is turned down for every reader, noted or not."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from core_site import stores
from core_site.bookings.jobs import release_lapsed_holds
from core_site.bookings.models import Booking
from core_site.catalog.models import Departure, Product
from core_site.catalog.time_format import format_moment
from core_site.events.models import Event
from shared_domain import availability, bookings
from shared_domain.run_now import run_now
from tests.admin.staff import Desk, logged_in, text_of
from tests.harness.data import live
from tests.harness.pages import context_of

PAGE_OF_BOOKINGS = "/admin/bookings/booking/"


@pytest.fixture
def undecided(desk: Desk) -> Booking:
    """Two adults PENDING, whose cut-off is a moment ago."""
    pending = desk.pending("adult", "adult")
    Departure.objects.update(booking_cutoff_at=timezone.now() - timedelta(seconds=1))
    return pending


def listed(browser: Client, status: str) -> int:
    return context_of(browser, f"{PAGE_OF_BOOKINGS}?status={status}")["cl"].result_count


def places_left(desk: Desk) -> int | None:
    departure = desk.shop.departure
    question = availability.AvailabilityQuery(
        product_code="kayak",
        option_code="DEFAULT",
        availability_ids=(departure.availability_id,),
    )
    answer = run_now(
        availability.find_slots(
            question,
            access=live(desk.shop.alice),
            now=timezone.now(),
            store=stores.availability(),
        )
    )
    return answer.found[0].vacancies


@pytest.mark.parametrize("is_noted", [False, True])
def test_every_reader_agrees(desk: Desk, undecided: Booking, is_noted: bool) -> None:
    if is_noted:
        release_lapsed_holds()

    seen = run_now(
        bookings.get_booking(
            undecided.uuid,
            access=live(desk.shop.alice),
            now=timezone.now(),
            store=stores.bookings(),
        )
    )
    rosa = logged_in()
    assert seen.status_at(timezone.now()) == "REJECTED"
    assert places_left(desk) == 10
    assert (listed(rosa, "PENDING"), listed(rosa, "REJECTED")) == (0, 1)
    assert "0 of 10" in text_of(rosa.get("/admin/catalog/departure/?time=all"))
    assert "none is pending" in text_of(rosa.get("/admin/"))


def test_the_worker_notes_it_once_with_an_event(undecided: Booking) -> None:
    release_lapsed_holds()
    release_lapsed_holds()

    undecided.refresh_from_db()
    assert (undecided.status, undecided.hold_expires_at) == ("REJECTED", None)
    assert Departure.objects.get().reserved == 0
    (event,) = Event.objects.filter(type="booking.rejected")
    assert event.booking_uuid == undecided.uuid
    assert event.data == {"status": "REJECTED", "cause": "cutoff"}


def test_a_hold_ends_with_the_cut_off_as_well(desk: Desk) -> None:
    held = desk.held()
    cutoff = timezone.now() - timedelta(seconds=1)
    Departure.objects.update(booking_cutoff_at=cutoff)
    assert (listed(rosa := logged_in(), "ON_HOLD"), listed(rosa, "EXPIRED")) == (0, 1)

    release_lapsed_holds()

    held.refresh_from_db()
    assert (held.status, held.hold_expires_at) == ("EXPIRED", cutoff)
    assert Event.objects.get(type="booking.expired").data == {"status": "EXPIRED"}


def test_without_a_date_it_goes_on_waiting(desk: Desk) -> None:
    Product.objects.update(availability_required=False)
    pending = desk.pending(availability_id=None)

    release_lapsed_holds()

    pending.refresh_from_db()
    assert pending.status == "PENDING"
    assert listed(logged_in(), "PENDING") == 1


def test_staff_are_told_why_it_is_too_late(undecided: Booking) -> None:
    page = logged_in().post(f"{PAGE_OF_BOOKINGS}{undecided.pk}/accept/")

    assert page.status_code == 400
    assert "This booking was not decided before its cut-off" in text_of(page)


def test_staff_are_told_that_its_departure_is_closed(desk: Desk) -> None:
    pending = desk.pending()
    Departure.objects.update(is_open=False)

    page = logged_in().post(f"{PAGE_OF_BOOKINGS}{pending.pk}/accept/")

    assert page.status_code == 400
    assert "This booking cannot be accepted: its departure is closed; reopen it" in text_of(page)


def test_staff_see_until_when_they_may_decide(desk: Desk) -> None:
    pending = desk.pending()
    product = Product.objects.get()
    deadline = format_moment(Departure.objects.get().booking_cutoff_at, product.time_zone)
    rosa = logged_in()

    for page in (
        f"{PAGE_OF_BOOKINGS}{pending.pk}/change/",
        f"{PAGE_OF_BOOKINGS}{pending.pk}/accept/",
        f"{PAGE_OF_BOOKINGS}?status=PENDING",
    ):
        assert deadline in text_of(rosa.get(page)), page
