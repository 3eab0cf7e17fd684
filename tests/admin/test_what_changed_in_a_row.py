"""The history page tells of every change what it was and what it became, who did it and where."""

from datetime import UTC, date, datetime
from typing import Any

import pghistory
import pytest
from django.test import Client

from core_site.catalog.models import Departure, Option, Price, Unit
from core_site.row_history import load_changes
from tests.admin.staff import Desk, logged_in, open_shop, page_of, text_of
from tests.harness.data import Shop
from tests.harness.responses import ClientResponse

REQUEST_ID = "0b6f2a54-8c1e-4d37-9a60-5e2f7c3b9d18"


@pytest.fixture
def rosa(db: None) -> Client:
    return logged_in()


@pytest.fixture
def shop(db: None) -> Shop:
    return open_shop()


@pytest.fixture
def price(shop: Shop) -> Price:
    return Price.objects.filter(unit__isnull=False).order_by("pk").first()


def history_of(client: Client, model: str, row: Any) -> ClientResponse:
    return client.get(f"/admin/catalog/{model}/{row.pk}/history/")


def test_a_price_shows_its_old_and_its_new_amount(rosa: Client, price: Price) -> None:
    price.original_minor, price.retail_minor = 5_000, 4_500
    price.save()
    with pghistory.context(user=None, job="price_import", request_id=REQUEST_ID):
        price.retail_minor = 3_950
        price.save()

    shown = text_of(history_of(rosa, "price", price))

    assert f"{price.currency} 45.00 → {price.currency} 39.50" in shown
    assert "Job: price_import" in shown
    assert REQUEST_ID in shown
    assert "When" in shown


def test_a_page_whose_timeline_tells_all_leads_to_no_empty_history(
    rosa: Client, shop: Shop
) -> None:
    """Django's history has what forms saved, so a booking that was sold and moved had none."""
    desk = Desk(shop)
    booking = desk.confirmed()
    page = page_of(booking)

    assert f"{page.removesuffix('change/')}history/" not in rosa.get(page).text
    assert rosa.get(f"{page.removesuffix('change/')}history/").url == page


def test_staff_who_saved_the_page_are_named(rosa: Client, price: Price) -> None:
    with pghistory.context(user=int(rosa.session["_auth_user_id"])):
        Price.objects.filter(pk=price.pk).update(season_start=date(2026, 6, 1))

    shown = text_of(history_of(rosa, "price", price))

    assert "empty → 2026-06-01 Staff: rosa" in shown


def test_an_option_tells_what_happened_to_its_prices_and_units(
    rosa: Client, shop: Shop, price: Price
) -> None:
    option = Option.objects.get(pk=price.option_id)
    Unit.objects.filter(pk=price.unit_id).update(max_age=64)
    name = str(price)
    price.delete()

    shown = text_of(history_of(rosa, "option", option))

    assert "→ 64" in shown
    assert f"Deleted: {name}" in shown


def test_a_price_whose_unit_is_gone_still_has_a_name(
    rosa: Client, shop: Shop, price: Price
) -> None:
    option, unit_id = Option.objects.get(pk=price.option_id), price.unit_id
    Unit.objects.filter(pk=unit_id).delete()

    page = history_of(rosa, "option", option)

    assert page.status_code == 200
    assert "Deleted" in text_of(page)


def test_prices_are_hidden_from_a_role_that_may_not_see_them(shop: Shop, price: Price) -> None:
    option = Option.objects.get(pk=price.option_id)
    Price.objects.filter(pk=price.pk).update(retail_minor=1)

    shown = text_of(history_of(logged_in("catalog.view_option"), "option", option))

    assert "0.01" not in shown


def test_a_change_is_held_against_the_version_before_it_however_old(price: Price) -> None:
    for retail_minor in range(10, 0, -1):
        Price.objects.filter(pk=price.pk).update(retail_minor=retail_minor)

    (newest,) = load_changes(Price, pgh_obj_id=price.pk, limit=1)

    (field,) = newest.fields
    assert field.before.endswith("0.02")
    assert field.after.endswith("0.01")


def test_every_kind_of_value_can_be_read(shop: Shop) -> None:
    departure = Departure.objects.get(pk=shop.departure.pk)
    later = datetime(2027, 3, 4, 5, 6, 7, tzinfo=UTC)
    Departure.objects.filter(pk=departure.pk).update(max_units=3)
    Departure.objects.filter(pk=departure.pk).update(
        is_open=False,
        booking_cutoff_at=later,
        capacity=None,
        opening_hours=[{"from": "10:00", "to": "18:00"}],
    )

    newest, _ = load_changes(Departure, pgh_obj_id=departure.pk)

    after = {field.name: field.after for field in newest.fields}
    assert after == {
        "is_open": "no",
        "booking_cutoff_at": "2027-03-04 05:06 UTC",
        "capacity": "empty",
        "opening_hours": "10:00–18:00",
    }
