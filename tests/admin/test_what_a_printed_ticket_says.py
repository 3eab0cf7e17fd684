"""A printed ticket says who comes, when, and where the guests are picked up."""

import pytest
from django.test import Client
from django.utils import timezone

from core_site import stores
from core_site.bookings.models import Booking
from core_site.bookings.printing.tickets import describe_visit
from shared_domain import bookings
from shared_domain.run_now import run_now
from tests.admin.staff import Desk, page_of


def load(row: Booking) -> bookings.Booking:
    return run_now(
        bookings.get_booking(
            row.uuid, access=row.access, now=timezone.now(), store=stores.bookings()
        )
    )


def test_a_pick_up_stands_on_it_for_those_who_may_see_guests(desk: Desk) -> None:
    booking = load(desk.confirmed(pickup_hotel="Hotel do Chiado", pickup_time="08:05"))

    facts = dict(describe_visit(booking, "Clara", shows_guest=True))
    hidden = dict(describe_visit(booking, "Clara", shows_guest=False))

    assert (facts["Guest"], facts["Pick-up"]) == ("Clara", "08:05 Hotel do Chiado")
    assert hidden == {"When": facts["When"]}


@pytest.mark.parametrize(
    ("locale", "labels", "zone"),
    [
        ("de-AT", ["Gast", "Wann", "Abholung"], "(Ortszeit Lissabon)"),
        ("pt", ["Nome", "Quando", "Recolha"], "(hora local de Lisboa)"),
        ("fr", ["Guest", "When", "Pick-up"], "(local time in Lisbon)"),
    ],
)
def test_it_is_in_the_language_of_the_guests_mails(
    desk: Desk, locale: str, labels: list[str], zone: str
) -> None:
    contact = {"full_name": "Clara", "locales": [locale]}
    booking = load(desk.confirmed(contact=contact, pickup_hotel="Hotel do Chiado"))

    facts = describe_visit(booking, "Clara", shows_guest=True)

    assert [label for label, _ in facts] == labels
    assert str(facts[1][1]).endswith(zone)


def test_it_is_printed_whatever_the_guest_is_called(rosa: Client, desk: Desk) -> None:
    for name in ("李", "👨‍👩‍👧", "محمد علي", "Jose\u0301", "W" * 250, "**B** <b>"):
        booking = desk.confirmed(contact={"full_name": name}, pickup_hotel=name)
        for action in ("print_tickets", "print_voucher"):
            assert rosa.get(page_of(booking, action)).content.startswith(b"%PDF-"), name
