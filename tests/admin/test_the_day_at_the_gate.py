"""At the gate another day's ticket needs staff who insist, and a mistake can be undone."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.utils import timezone

from core_site.bookings.models import Booking, UnitItem
from core_site.events.models import Event
from tests.admin.staff import Desk, open_shop, page_of, text_of
from tests.harness.pages import context_of

# Each step is a transaction of its own, so that the history has steps.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk() -> Desk:
    return Desk(open_shop())


@pytest.fixture
def early(desk: Desk) -> Booking:
    """A booking for a departure in ten days."""
    return desk.confirmed("adult", "adult")


def test_another_days_ticket_is_refused_and_the_page_says_which_day(
    rosa: Client, early: Booking
) -> None:
    page = rosa.post(page_of(early, "redeem"), {"admit": "all"})

    assert page.status_code == 400
    day = early.departure.local_date
    assert f"These tickets are for {day}; there, by the clock of Europe/Lisbon, it is" in text_of(
        page
    )
    assert "Admit them all the same" in text_of(page)
    early.refresh_from_db()
    assert early.status == "CONFIRMED"


def test_the_box_is_there_only_when_it_is_needed(rosa: Client, desk: Desk, early: Booking) -> None:
    assert 'name="on_any_day"' in rosa.get(page_of(early, "redeem")).content.decode()

    today = desk.admissible()

    assert 'name="on_any_day"' not in rosa.get(page_of(today, "redeem")).content.decode()


def test_staff_who_insist_are_on_record(rosa: Client, early: Booking) -> None:
    page = rosa.post(page_of(early, "redeem"), {"admit": "all", "on_any_day": "on"}, follow=True)

    early.refresh_from_db()
    assert early.status == "REDEEMED"
    assert Event.objects.get(type="booking.redeemed").data["on_another_day"] is True
    said = f"Redeemed, though for {early.departure.local_date}."
    assert LogEntry.objects.latest("pk").change_message == said
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT metadata->'redeemed_on_another_day', metadata ? 'user' FROM pghistory_context"
            " ORDER BY created_at DESC LIMIT 1"
        )
        assert cursor.fetchone() == ("true", True)
    assert "Redeemed, for another day" in text_of(page)


def test_a_redemption_on_the_day_says_nothing_of_it(rosa: Client, desk: Desk) -> None:
    rosa.post(page_of(desk.admissible(), "redeem"), {"admit": "all", "on_any_day": "on"})

    assert "on_another_day" not in Event.objects.get(type="booking.redeemed").data
    assert LogEntry.objects.latest("pk").change_message == "Redeemed."


def test_a_mistake_is_undone_ticket_by_ticket(rosa: Client, desk: Desk) -> None:
    redeemed = desk.redeemed("adult", "adult")
    first, second = redeemed.unit_items.all()

    page = rosa.post(
        page_of(redeemed, "undo_redemption"), {"tickets": [str(second.uuid)]}, follow=True
    )

    redeemed.refresh_from_db()
    assert (redeemed.status, redeemed.redeemed_at) == ("CONFIRMED", None)
    used = UnitItem.objects.filter(redeemed_at__isnull=False)
    assert list(used) == [first]
    told = Event.objects.get(type="booking.redemption_undone").data
    assert (told["status"], told["tickets"]) == ("CONFIRMED", [second.supplier_reference])
    assert LogEntry.objects.latest("pk").change_message == "Redemption undone."
    assert "Redemption undone" in text_of(page)


def test_all_that_was_used_is_chosen_beforehand(rosa: Client, desk: Desk) -> None:
    redeemed = desk.redeemed("adult", "adult")

    form = context_of(rosa, page_of(redeemed, "undo_redemption"))["form"]

    assert form.initial["tickets"] == [str(item.uuid) for item in redeemed.unit_items.all()]


def test_after_a_day_it_is_final(rosa: Client, desk: Desk) -> None:
    redeemed = desk.redeemed()
    a_day_ago = timezone.now() - timedelta(days=1)
    redeemed.unit_items.update(redeemed_at=a_day_ago)
    ticket = redeemed.unit_items.get()

    question = rosa.get(page_of(redeemed, "undo_redemption"))
    page = rosa.post(page_of(redeemed, "undo_redemption"), {"tickets": [str(ticket.uuid)]})

    assert "was used more than a day ago, which can no longer be undone" in text_of(question)
    assert page.status_code == 400
    redeemed.refresh_from_db()
    assert redeemed.status == "REDEEMED"


def test_choosing_no_ticket_is_explained(rosa: Client, desk: Desk) -> None:
    page = rosa.post(page_of(desk.redeemed(), "undo_redemption"), {})

    assert page.status_code == 400
    assert "Choose at least one ticket" in text_of(page)
