"""A group of hundreds is confirmed and cut down in the forms that a couple has."""

from django.test import Client

from core_site.catalog.models import Departure, Unit
from tests.admin.staff import Desk, page_of, text_of
from tests.harness.pages import not_rendered

#: More than the 1000 fields that Django takes of its own: two of each guest.
GUESTS = 510


def test_each_guest_has_fields_of_their_own(rosa: Client, desk: Desk) -> None:
    Departure.objects.update(capacity=GUESTS)
    held = desk.held(*["adult"] * GUESTS)
    Unit.objects.update(required_contact_fields=["firstName", "lastName"])
    with not_rendered():
        asked = rosa.get(page_of(held, "confirm")).context["form"].fields

    confirmed = rosa.post(page_of(held, "confirm"), dict.fromkeys(asked, "Rui"))

    assert len(asked) == 2 * GUESTS
    assert confirmed.status_code == 302
    held.refresh_from_db()
    assert held.status == "CONFIRMED"


def test_its_page_is_as_light_as_any(rosa: Client, desk: Desk) -> None:
    Departure.objects.update(capacity=GUESTS)
    booking = desk.confirmed(*["adult"] * GUESTS)
    last = f"{booking}-{GUESTS}"

    page = rosa.get(page_of(booking))

    assert "The first 200 of 510 tickets." in text_of(page)
    assert last not in text_of(page)
    assert page.content.count(b"</") < 3000
    assert last in text_of(rosa.get(page_of(booking), {"tickets": "all"}))
