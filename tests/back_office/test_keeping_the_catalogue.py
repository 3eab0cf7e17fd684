"""Who keeps the catalogue raises a price and takes a product off sale; bookings stay."""

import pytest
from playwright.sync_api import expect

from core_site.catalog.models import Product
from core_site.demo.staff import RESERVATIONS
from tests.back_office.sign_in import SignIn, client_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

KEEP = tuple(
    f"catalog.{may}_{what}"
    for may in ("view", "change")
    for what in ("product", "option", "unit", "price", "schedule")
)


def test_a_price_is_raised_and_a_product_closed(signed_in: SignIn) -> None:
    from tests.admin.staff import Desk, open_shop
    from tests.harness.data import add_supplier

    add_supplier()
    desk = Desk(open_shop())
    before = desk.confirmed("adult")
    price = desk.shop.kayak.options.get().prices.get(unit__code="adult", currency="EUR")
    page = signed_in(*KEEP, username="nuno", opens_today=False)

    page.goto(f"/admin/catalog/price/{price.pk}/change/")
    page.get_by_label("Retail price").fill("50.00")
    page.get_by_label("List price").fill("50.00")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    after = desk.confirmed("adult")
    before.refresh_from_db()
    assert (before.retail_minor, after.retail_minor) == (4500, 5000)

    page.get_by_role("link", name="Products", exact=True).first.click()
    page.get_by_role("link", name="kayak", exact=True).click()
    # A field stands beside its label, also where its neighbour has a help text below.
    names = ("label[for=id_internal_name]", "#id_internal_name")
    label, field = (page.locator(name).bounding_box() or {} for name in names)
    assert abs(label["y"] + label["height"] / 2 - field["y"] - field["height"] / 2) < 3
    # The switch is drawn by the label around it.
    page.get_by_label("On sale").uncheck(force=True)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    assert not Product.objects.get().is_active
    after.refresh_from_db()
    assert after.status == "CONFIRMED"

    # The desk no longer offers it, and its staff read the catalogue without a button to save.
    seller = client_of(RESERVATIONS, username="duarte")
    assert seller.get("/admin/desk/").context["products"] == []
    product = seller.get(f"/admin/catalog/product/{desk.shop.kayak.pk}/change/")
    assert product.status_code == 200
    assert 'name="_save"' not in product.content.decode()
