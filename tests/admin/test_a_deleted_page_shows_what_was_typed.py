"""The page of a row that others deleted meanwhile is not saved, and what was typed comes back."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Model
from django.test import Client

from core_site.bookings.models import Booking
from core_site.catalog.models import Departure, Option, PartnerTerms, Price
from core_site.partners.models import Partner
from tests.admin.forms import open_form
from tests.admin.staff import logged_in, text_of
from tests.admin.test_a_stale_page_is_not_saved import EDITED, path_of, row_of, sent
from tests.harness.data import Shop


@pytest.fixture
def vera(shop: Shop) -> Client:
    """Another member of staff, who deletes the row."""
    return logged_in(username="vera")


def delete(row: Model) -> None:
    """Delete a row and all below it, without the checks of the admin; its object keeps the id."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    for model in (Booking, Departure):
        model.objects.all().delete()
    type(row).objects.get(pk=row.pk).delete()


@pytest.mark.parametrize("model", EDITED, ids=lambda model: model.__name__)
def test_every_page_shows_what_was_typed_into_it(
    rosa: Client, shop: Shop, model: type[Model]
) -> None:
    row = User.objects.create_user("gone") if model is User else row_of(model, shop)
    path, (name, _, mine) = path_of(row), EDITED[model]
    shown = mine
    if model is PartnerTerms:
        mine = str(Partner.objects.get(code=shown).pk)
    form = open_form(rosa, path)
    delete(row)

    page = sent(rosa, path, form, **{name: mine})

    assert page.status_code == 410
    said = text_of(page)
    assert "Nothing was saved: it was deleted after you opened the page" in said
    assert f"→ {shown}" in said
    assert not model.objects.filter(pk=row.pk).exists()


def test_it_says_who_deleted_it(rosa: Client, vera: Client, shop: Shop) -> None:
    price = Price.objects.get(unit__code="adult", currency="EUR")
    form = open_form(rosa, path_of(price))
    vera.post(f"/admin/catalog/price/{price.pk}/delete/", {"post": "yes"})

    page = sent(rosa, path_of(price), form, retail_minor="44.50")

    assert "after you opened the page (Staff: vera, 20" in text_of(page)
    assert "45.00 → 44.50" in text_of(page)


def test_rows_that_were_typed_into_the_page_are_shown_too(rosa: Client, shop: Shop) -> None:
    option = Option.objects.get()
    form = open_form(rosa, path_of(option))
    (unit,) = [name for name in form if name.endswith("internal_name") and form[name] == "adult"]
    delete(option)

    said = text_of(sent(rosa, path_of(option), form, **{unit: "Grown-up"}))

    assert "adult → Grown-up" in said
    assert "Schedule" in said


def test_passwords_and_the_pages_own_fields_are_left_out(rosa: Client, shop: Shop) -> None:
    user = User.objects.create_user("gone", password="open sesame")
    form = open_form(rosa, path_of(user))
    delete(user)

    page = sent(rosa, path_of(user), form, password="typed secret", first_name="Vera")

    assert "Vera" in text_of(page)
    for hidden in ("typed secret", "pbkdf2", form["page_version"]):
        assert hidden not in page.content.decode()


def test_a_page_that_shows_what_was_typed_runs_none_of_it(rosa: Client, shop: Shop) -> None:
    partner = Partner.objects.create(code="gone", name="Gone", email="it@gone.example")
    form = open_form(rosa, path_of(partner))
    delete(partner)

    page = sent(rosa, path_of(partner), form, name="<script>alert(1)</script>")

    assert b"<script>alert(1)" not in page.content


@pytest.mark.parametrize("version", ["nonsense", ""])
def test_a_damaged_version_loses_nothing_either(rosa: Client, shop: Shop, version: str) -> None:
    partner = Partner.objects.create(code="gone", name="Gone", email="it@gone.example")
    form = open_form(rosa, path_of(partner))
    delete(partner)

    page = sent(rosa, path_of(partner), form, name="Typed", page_version=version)

    assert "Typed" in text_of(page)


def test_a_row_that_never_was_is_answered_as_before(rosa: Client, shop: Shop) -> None:
    page = rosa.post("/admin/partners/partner/not-a-number/change/", {"page_version": "x"})

    assert page.status_code == 302
