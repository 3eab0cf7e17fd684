"""Law 7: no form changes a booking, a ticket, a departure, an event or a stage; services do."""

import ast
from pathlib import Path

import pytest
from django.contrib import admin
from django.test import Client

import core_site
from core_site.bookings.models import Booking, UnitItem
from core_site.catalog.models import Departure
from core_site.events.models import Event
from tests.admin.staff import Desk

GUARDED = [Booking, Departure, Event]

#: No code of ``core_site`` writes these; the pages of endpoints have their own tests.
WRITTEN_BY_SERVICES = {
    "Booking", "UnitItem", "Departure", "Event", "Endpoint", "StageChange", "Pin",
}  # fmt: skip

SITE = Path(core_site.__file__).parent

#: Django's ways of writing a row.
WRITING = {
    "save", "create", "bulk_create", "bulk_update", "update", "delete", "get_or_create",
    "update_or_create",
}  # fmt: skip


def everything() -> list[object]:
    return [list(model.objects.order_by("pk").values()) for model in (*GUARDED, UnitItem)]


def forged(desk: Desk) -> dict[type, tuple[int, dict[str, str]]]:
    """Return, for each guarded table, a row and a form that would change it."""
    booking = desk.confirmed()
    tickets = {
        "unit_items-TOTAL_FORMS": "1",
        "unit_items-INITIAL_FORMS": "1",
        "unit_items-0-id": str(booking.unit_items.get().pk),
        "unit_items-0-booking": str(booking.pk),
        "unit_items-0-ticket_code": "FORGED",
        "unit_items-0-DELETE": "on",
    }
    return {
        Booking: (booking.pk, {"status": "REDEEMED", "places": "0", "notes": "x"} | tickets),
        Departure: (desk.shop.departure.pk, {"reserved": "0", "capacity": "1", "is_open": ""}),
        Event: (Event.objects.first().pk, {"type": "booking.forged", "data": "{}"}),
    }


@pytest.mark.parametrize("model", GUARDED)
def test_a_forged_form_changes_nothing(rosa: Client, desk: Desk, model: type) -> None:
    pk, form = forged(desk)[model]
    before = everything()
    app = f"/admin/{model._meta.app_label}/{model._meta.model_name}"

    for page in (f"{app}/{pk}/change/", f"{app}/add/", f"{app}/{pk}/delete/"):
        assert rosa.post(page, form | {"post": "yes"}).status_code == 403
    rosa.post(f"{app}/", {"action": "delete_selected", "_selected_action": pk, "post": "yes"})

    assert everything() == before


@pytest.mark.parametrize("model", GUARDED)
def test_its_page_has_no_field_to_fill_in(rosa: Client, desk: Desk, model: type) -> None:
    pk, _ = forged(desk)[model]
    page = rosa.get(f"/admin/{model._meta.app_label}/{model._meta.model_name}/{pk}/change/")

    assert not page.context["adminform"].form.fields
    assert admin.site.get_model_admin(model).list_editable == ()


def test_no_code_of_the_site_writes_a_guarded_row_itself() -> None:
    writing = [
        f"{path.relative_to(SITE)}:{call.lineno}"
        for path in SITE.rglob("*.py")
        # The demo fills an empty database, and says in history that it was the one.
        if not {"migrations", "demo"} & set(path.parts)
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in WRITING
        and any(
            isinstance(name, ast.Name) and name.id in WRITTEN_BY_SERVICES
            for name in ast.walk(call.func)
        )
    ]

    assert writing == []
