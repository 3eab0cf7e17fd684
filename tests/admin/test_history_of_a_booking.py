"""A booking's page tells what happened to it, in order, and who did it: staff, key or job."""

from datetime import timedelta

import pghistory
import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from core_site import stores
from core_site.bookings.jobs import release_lapsed_holds
from core_site.bookings.models import Booking
from core_site.bookings.page import timeline
from core_site.bookings.page.timeline import load_steps
from core_site.events.models import Event
from shared_domain import bookings, partners
from shared_domain.bookings import UnitItemRequest
from shared_domain.partners import PartnerId
from shared_domain.run_now import run_now
from tests.admin.staff import Desk, logged_in, open_shop, page_of, text_of
from tests.harness.data import add_departure

# Each step is a transaction of its own, as it is in life.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk() -> Desk:
    return Desk(open_shop())


@pytest.fixture
def rosa() -> Client:
    return logged_in()


def steps(booking: Booking) -> list[tuple[str, str, str]]:
    return [(step.what, step.status, step.who) for step in load_steps(booking)]


@pytest.mark.parametrize(("most_shown", "is_cut"), [(3, False), (2, True)])
def test_the_page_says_when_older_steps_are_left_out(
    rosa: Client, desk: Desk, monkeypatch: pytest.MonkeyPatch, most_shown: int, is_cut: bool
) -> None:
    monkeypatch.setattr(timeline, "STEPS_SHOWN", most_shown)
    confirmed = desk.confirmed()

    shown = text_of(rosa.get(page_of(confirmed)))

    assert ("Only the newest steps are shown." in shown) is is_cut


def test_staff_are_named(rosa: Client, desk: Desk) -> None:
    held = desk.held()

    rosa.post(page_of(held, "confirm"))
    rosa.post(page_of(held, "cancel"), {"reason": "rain"})

    assert steps(held) == [
        ("Cancelled", "Cancelled", "Staff: rosa"),
        ("Confirmed", "Confirmed", "Staff: rosa"),
        ("Reserved", "On hold", "–"),
    ]
    shown = text_of(rosa.get(page_of(held)))
    assert "Timeline" in shown
    assert "Status: Confirmed → Cancelled" in shown
    # In the words of the panel of money, beside it.
    assert "Refund: empty → In full" in shown
    assert "Cancelled by: empty → The partner or its guest" in shown
    assert "· Staff: rosa" in shown
    assert "Europe/Lisbon · Staff: rosa" in shown


def test_staff_who_have_left_leave_their_steps(rosa: Client, desk: Desk) -> None:
    held = desk.held()
    rosa.post(page_of(held, "confirm"))

    User.objects.filter(username="rosa").update(username="someone else")
    assert steps(held)[0][2] == "Staff: someone else"

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_admin_log; DELETE FROM auth_user")
    assert steps(held)[0][2] == "Staff, since removed"


def test_a_key_is_named_by_its_label(desk: Desk) -> None:
    issued = run_now(
        partners.issue_key(
            PartnerId(desk.shop.alice),
            label="web shop",
            is_test=False,
            scopes=["bookings:write"],
            expires_at=None,
            now=timezone.now(),
            store=stores.keys(),
        )
    )
    with pghistory.context(api_key=issued.id), transaction.atomic():
        held = desk.held()

    ((_, _, who),) = steps(held)
    assert who.startswith("API key: web shop (pk_live_")


def test_a_job_is_named(desk: Desk) -> None:
    lapsed = desk.lapsed()

    release_lapsed_holds()

    assert steps(lapsed)[0] == ("Expired", "Expired", "Job: release_lapsed_holds")


def test_moving_the_date_and_giving_back_a_ticket_are_told_apart(desk: Desk) -> None:
    confirmed = desk.confirmed("adult", "adult")
    kept, returned = confirmed.unit_items.order_by("position")
    later = add_departure(
        desk.shop.kayak, starts_at=desk.shop.departure.starts_at + timedelta(days=1)
    )

    desk.update(confirmed, availability_id=later.availability_id)
    desk.update(confirmed, unit_items=(UnitItemRequest(unit_code="adult", uuid=kept.uuid),))

    dropped, moved, *_ = load_steps(confirmed)
    assert [(field.label, field.before, field.after) for field in moved.fields] == [
        (
            "Departure",
            f"{desk.shop.departure.local_start} Europe/Lisbon",
            f"{later.local_start} Europe/Lisbon",
        )
    ]
    assert (f"Ticket {returned}", "adult", "given back") in [
        (field.label, field.before, field.after) for field in dropped.fields
    ]
    assert "Departure" not in [field.label for field in dropped.fields]


def test_money_has_its_currency_and_times_their_zone(rosa: Client, desk: Desk) -> None:
    held = desk.held()
    desk._do(bookings.extend_booking, held.uuid, 30)
    rosa.post(page_of(held, "confirm"))
    rosa.post(page_of(held, "cancel"), {"reason": "rain", "refund": "FULL"})

    (item,) = held.unit_items.all()
    cancelled, _, extended, _ = load_steps(held)
    shown = {field.label: (field.before, field.after) for field in cancelled.fields}
    assert shown["Refund to the guest"] == ("empty", "EUR 45.00")
    assert shown[f"Ticket {item}, refund to the guest"] == ("empty", "EUR 45.00")
    (until,) = [field for field in extended.fields if field.label == "Held until"]
    assert until.before.endswith("Europe/Lisbon")
    assert until.after.endswith("Europe/Lisbon")
    assert "UTC" not in text_of(rosa.get(page_of(held))).partition("Timeline")[2]


def test_a_mark_of_the_manifest_is_told_with_its_end(rosa: Client, desk: Desk) -> None:
    booking = desk.admissible()
    (item,) = booking.unit_items.all()
    booking.unit_items.update(
        attendance="NO_SHOW", attendance_at=timezone.now(), attendance_by="rosa"
    )
    rosa.post(page_of(booking, "redeem"))

    redeemed, marked, *_ = load_steps(booking)
    assert (marked.what, redeemed.what) == ("Marked as no-show", "Redeemed")
    lifted = (f"Ticket {item}, on the manifest", "No-show", "empty")
    assert lifted in [(field.label, field.before, field.after) for field in redeemed.fields]


def test_who_travels_is_said_to_have_changed_and_never_shown(rosa: Client, desk: Desk) -> None:
    confirmed = desk.confirmed()
    (item,) = confirmed.unit_items.all()

    desk.update(
        confirmed,
        contact={"first_name": "Zacharias"},
        notes="allergic to Zwetschgen",
        unit_items=(
            UnitItemRequest(unit_code="adult", uuid=item.uuid, contact={"last_name": "Zimmermann"}),
        ),
    )

    assert load_steps(confirmed)[0].unrecorded == ("contact", "notes", "ticket holders")
    told = "".join(f"{event.data}" for event in Event.objects.filter(booking_uuid=confirmed.uuid))
    assert "Z" not in told


def test_steps_of_one_transaction_are_all_there(desk: Desk) -> None:
    with transaction.atomic(), pghistory.context(job="load_demo"):
        confirmed = desk.confirmed()

    assert steps(confirmed) == [
        ("Confirmed", "Confirmed", "Job: load_demo"),
        ("Reserved", "On hold", "Job: load_demo"),
    ]


def test_an_event_without_a_change_of_the_row_is_a_step_of_its_own(desk: Desk) -> None:
    held = desk.held()
    Event.objects.create(
        partner_id=held.partner_id, test_mode=False, type="booking.extended", booking_uuid=held.uuid
    )

    assert steps(held)[0] == ("Extended", "On hold", "–")


def test_a_departure_that_moved_says_from_when_to_when(desk: Desk) -> None:
    held = desk.held()
    Event.objects.create(
        partner_id=held.partner_id,
        test_mode=False,
        type="booking.moved",
        booking_uuid=held.uuid,
        data={
            "status": "ON_HOLD",
            "timeZone": "Europe/Lisbon",
            "oldLocalStart": "2026-12-05T15:30:00+00:00",
            "newLocalStart": "2026-12-05T16:00:00+00:00",
        },
    )

    moved = load_steps(held)[0]

    assert moved.what == "Moved"
    assert [(field.before, field.after) for field in moved.fields] == [
        ("2026-12-05 15:30 Europe/Lisbon", "2026-12-05 16:00 Europe/Lisbon")
    ]


def test_the_request_is_named(rosa: Client, desk: Desk) -> None:
    request_id = "0b6f2a54-8c1e-4d37-9a60-5e2f7c3b9d18"
    held = desk.held()

    rosa.post(page_of(held, "confirm"), headers={"X-Request-Id": request_id})

    assert load_steps(held)[0].request_id == request_id
    assert request_id in text_of(rosa.get(page_of(held)))
