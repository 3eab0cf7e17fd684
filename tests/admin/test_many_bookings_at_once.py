"""Bulk actions take a transaction for each booking, and say which were refused and why."""

from unittest.mock import ANY

from django.contrib.admin.models import LogEntry
from django.test import Client

from core_site.bookings import admin as pages
from core_site.bookings.models import Booking
from tests.admin.staff import Desk, logged_in, text_of

LIST = "/admin/bookings/booking/"


def chosen(bookings: list[Booking], action: str, **form: object) -> dict[str, object]:
    return {"action": action, "_selected_action": [it.pk for it in bookings], **form}


def test_pending_bookings_are_accepted_and_the_others_named(rosa: Client, desk: Desk) -> None:
    confirmed = desk.confirmed()
    pending = [desk.pending(), desk.pending()]
    choice = [*pending, confirmed]

    question = rosa.post(LIST, chosen(choice, "accept_many"))
    assert confirmed.supplier_reference in text_of(question)
    assert Booking.objects.filter(status="PENDING").count() == 2

    said = text_of(rosa.post(LIST, chosen(choice, "accept_many", answered="1"), follow=True))
    assert "2 accepted." in said
    assert f"1 refused: {confirmed.supplier_reference}: This booking is CONFIRMED;" in said
    assert Booking.objects.filter(status="CONFIRMED").count() == 3
    assert set(LogEntry.objects.values_list("object_id", "change_message")) == {
        (str(it.pk), "Accepted.") for it in pending
    }


def test_tickets_are_resent(rosa: Client, desk: Desk) -> None:
    choice = [desk.confirmed(), desk.confirmed(contact={})]

    said = text_of(rosa.post(LIST, chosen(choice, "resend_many", answered="1"), follow=True))

    assert "1 resent." in said
    assert "This booking has no e-mail address" in said
    assert list(Booking.objects.order_by("pk").values_list("tickets_due_at", flat=True)) == [
        ANY,
        None,
    ]


def test_too_many_at_once_are_refused(rosa: Client, desk: Desk, monkeypatch: object) -> None:
    monkeypatch.setattr(pages, "MOST_AT_ONCE", 1)
    choice = [desk.pending(), desk.pending()]

    said = text_of(rosa.post(LIST, chosen(choice, "accept_many", answered="1"), follow=True))

    assert "Choose at most 1 bookings at once." in said
    assert Booking.objects.filter(status="PENDING").count() == 2


def test_who_may_only_look_sees_no_bulk_actions_and_can_run_none(desk: Desk) -> None:
    viewer = logged_in("bookings.view_booking")
    pending = desk.pending()

    viewer.post(LIST, chosen([pending], "accept_many", answered="1"))

    pending.refresh_from_db()
    assert pending.status == "PENDING"
    assert "accept_many" not in viewer.get(LIST).content.decode()
