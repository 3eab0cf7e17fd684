"""Staff correct what is known of the guest of one ticket, and see it before it is stored."""

from typing import Any

import pytest
from django.test import Client

from core_site.bookings.models import Booking
from core_site.events.models import Event
from shared_domain.bookings import UnitItemRequest
from tests.admin.staff import Desk, logged_in, page_of, text_of
from tests.admin.test_changing_a_booking import effects, filled_in, reviewed, unit_field
from tests.harness.pages import context_of

RUI = {"first_name": "Rui", "last_name": "Dias", "email_address": "rui@example.com"}


@pytest.fixture
def booking(desk: Desk) -> Booking:
    tickets = (
        UnitItemRequest(unit_code="adult"),
        UnitItemRequest(unit_code="adult", contact=RUI),
        UnitItemRequest(unit_code="adult", contact={"full_name": "李小明"}),
    )
    return desk.confirmed(unit_items=tickets)


def field(booking: Booking, number: int, attribute: str) -> str:
    ticket = booking.unit_items.get(supplier_reference=f"{booking.supplier_reference}-{number}")
    return f"holder.{ticket.uuid}.{attribute}"


def correct(rosa: Client, booking: Booking, **typed: Any) -> dict[str, tuple[str, str]]:
    """Type into the dialog, send both of its steps, and return what the first one showed."""
    path = page_of(booking, "edit")
    page = rosa.post(path, filled_in(rosa.get(path), **typed))
    done = rosa.post(path, reviewed(page))
    assert done.status_code == 302, text_of(done)
    return effects(page)


def test_a_name_and_an_address_are_corrected(rosa: Client, booking: Booking) -> None:
    codes = set(booking.unit_items.values_list("ticket_code", "retail_minor"))

    shown = correct(
        rosa, booking,
        **{
            field(booking, 2, "last_name"): " Díaz ",
            field(booking, 2, "email_address"): "rui.diaz@example.com",
            field(booking, 3, "full_name"): "李 小明",
        },
    )  # fmt: skip

    assert shown == {
        "Guests on tickets": (
            "Rui Dias, rui@example.com; 李小明",
            "Rui Díaz, rui.diaz@example.com; 李 小明",
        )
    }
    contacts = list(booking.unit_items.order_by("position").values_list("contact", flat=True))
    assert contacts[1:] == [
        {"firstName": "Rui", "lastName": "Díaz", "emailAddress": "rui.diaz@example.com"},
        {"fullName": "李 小明"},
    ]
    assert set(booking.unit_items.values_list("ticket_code", "retail_minor")) == codes
    told = Event.objects.filter(type="booking.updated").get()
    assert "ticket_holders" in told.data["changed"]


def test_a_correction_follows_its_ticket_into_another_party(rosa: Client, booking: Booking) -> None:
    correct(
        rosa, booking,
        **{
            unit_field("adult"): 2,
            unit_field("child"): 1,
            field(booking, 2, "first_name"): "Ruy",
        },
    )  # fmt: skip

    assert booking.unit_items.get(contact__lastName="Dias").contact["firstName"] == "Ruy"


def test_others_corrections_are_not_overwritten_unseen(
    rosa: Client, booking: Booking, desk: Desk
) -> None:
    path = page_of(booking, "edit")
    form = filled_in(rosa.get(path), notes="by the window")
    items = tuple(
        UnitItemRequest(
            unit_code="adult", uuid=item.uuid,
            contact={"last_name": "Duque"} if item.contact.get("lastName") else {},
        )
        for item in booking.unit_items.all()
    )  # fmt: skip
    desk.update(booking, unit_items=items)

    page = rosa.post(path, form)

    assert f"{booking}-2: last name: Dias → Duque" in text_of(page)
    assert booking.unit_items.filter(contact__lastName="Duque").exists()


def test_who_may_not_see_guests_is_asked_for_none(booking: Booking) -> None:
    other = logged_in("bookings.view_booking", "bookings.change_booking", username="bruno")

    fields = context_of(other, page_of(booking, "edit"))["form"].fields

    assert not [name for name in fields if name.startswith("holder.")]


def test_what_was_stored_under_older_rules_stops_no_other_change(
    rosa: Client, booking: Booking, desk: Desk
) -> None:
    desk.change(booking, contact={"lastName": "Dias", "emailAddress": "rui@office.local"})
    path = page_of(booking, "edit")

    assert correct(rosa, booking, notes="by the window") == {"Notes": ("–", "by the window")}

    typed = filled_in(rosa.get(path), **{"contact.email_address": "eva@office.local"})
    assert list(rosa.post(path, typed).context["form"].errors) == ["contact.email_address"]
