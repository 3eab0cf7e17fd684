"""Who travels is shown only with the permission for it, and is written down nowhere else."""

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client

from core_site.bookings.models import Booking
from tests.admin.staff import ACTIONS, Desk, logged_in, page_of, text_of
from tests.harness.pages import context_of

LIST = "/admin/bookings/booking/"

GUEST = {
    "first_name": "Zuleika",
    "last_name": "Quackenbush",
    "email_address": "zuleika@quack.example",
    "phone_number": "+15550100",
    "notes": "allergic to walnuts",
}

TELLTALES = ["Zuleika", "Quackenbush", "quack.example", "15550100", "walnuts", "lost her keys"]


@pytest.fixture
def booking(desk: Desk) -> Booking:
    booking = desk.confirmed(contact=GUEST, notes="Zuleika comes with walnuts")
    booking.unit_items.update(contact={"firstName": "Zuleika"})
    desk.change(booking, cancellation_reason="lost her keys")
    return booking


def told_on(client: Client, booking: Booking) -> set[str]:
    pages = [LIST, f"{LIST}?q={booking.supplier_reference}", page_of(booking), "/admin/"]
    pages += [page_of(booking, "history"), *(page_of(booking, action) for action in ACTIONS)]
    text = " ".join(text_of(client.get(path)) for path in pages)
    return {telltale for telltale in TELLTALES if telltale in text}


def test_it_is_shown_with_the_permission(booking: Booking) -> None:
    trusted = logged_in(
        "bookings.view_booking", "bookings.change_booking", "bookings.view_personal_data"
    )

    assert told_on(trusted, booking) == set(TELLTALES)


def test_it_is_hidden_without(booking: Booking) -> None:
    other = logged_in("bookings.view_booking", "bookings.change_booking")

    assert told_on(other, booking) == set()
    assert "••••••" in text_of(other.get(LIST))


@pytest.mark.parametrize("searched", ["quackenbush", "zuleika@quack", "QUACK"])
def test_searching_does_not_reveal_it(booking: Booking, searched: str) -> None:
    trusted = logged_in("bookings.view_booking", "bookings.view_personal_data")
    other = logged_in("bookings.view_booking", username="finance")

    assert context_of(trusted, LIST, {"q": searched})["cl"].result_count == 1
    assert context_of(other, LIST, {"q": searched})["cl"].result_count == 0


@pytest.mark.parametrize("name", ["contact__icontains", "contact__lastName", "notes__icontains"])
def test_an_address_does_not_reveal_it(booking: Booking, name: str) -> None:
    other = logged_in("bookings.view_booking")

    answer = other.get(LIST, {name: "Zuleika"})

    assert answer.status_code in (302, 400)


def test_no_message_log_or_history_holds_any(rosa: Client, booking: Booking) -> None:
    rosa.post(page_of(booking, "resend"))
    rosa.post(page_of(booking, "cancel"), {"reason": "she lost her keys and the walnuts"})

    assert LogEntry.objects.count() == 2
    assert not found_in(
        "django_admin_log", "django_session", "bookings_bookingevent", "bookings_unititemevent",
        "events_event", "pghistory_context",
    )  # fmt: skip


def found_in(*tables: str) -> list[str]:
    """Return the telltales in these tables, sessions decoded."""
    from django.contrib.sessions.models import Session

    text = " ".join(str(session.get_decoded()) for session in Session.objects.all())
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f'SELECT row::text FROM "{table}" AS row')
            text += " ".join(row for (row,) in cursor.fetchall())
    return [telltale for telltale in TELLTALES if telltale in text]
