"""Staff type money in the currency's own units and shares in per cent; rows hold whole units."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from core_site.admin_kit.money_format import (
    AmountUnreadable,
    basis_points,
    minor_units,
    money,
    per_cent,
    typed_money,
)
from core_site.catalog.models import Option, PartnerTerms, Price, Product
from shared_domain.money import HIGHEST_PRICE_MINOR
from tests.admin.forms import errors_on, open_form, save
from tests.harness.data import Shop
from tests.harness.pages import not_rendered
from tests.harness.staff_sessions import sign_in


def path_of(row: Any) -> str:
    return f"/admin/catalog/{row._meta.model_name}/{row.pk}/change/"


@pytest.mark.parametrize(
    ("typed", "currency", "stored"),
    [
        ("45.50", "EUR", 4550),
        ("45", "EUR", 4500),
        ("45.5", "EUR", 4550),
        ("45,50", "EUR", 4550),
        ("45,5", "EUR", 4550),
        ("0", "EUR", 0),
        ("0.01", "EUR", 1),
        (" 45.50 ", "EUR", 4550),
        ("EUR 45.50", "EUR", 4550),
        ("45.50 EUR", "EUR", 4550),
        ("1,234.50", "EUR", 123_450),
        ("1.234,50", "EUR", 123_450),
        ("1 234,50", "EUR", 123_450),
        ("1\u00a0234.5", "EUR", 123_450),
        ("1\u202f234", "EUR", 123_400),
        ("1'234.50", "CHF", 123_450),
        ("25000000", "IDR", 2_500_000_000),
        ("25,000,000", "IDR", 2_500_000_000),
        ("25.000.000", "IDR", 2_500_000_000),
        ("25 000 000", "IDR", 2_500_000_000),
        ("4500", "JPY", 4500),
        ("4,500", "JPY", 4500),
        ("JPY 4,500", "JPY", 4500),
        ("4.505", "KWD", 4505),
        ("4.5", "KWD", 4500),
        ("4,5", "KWD", 4500),
        ("10000000000.00", "EUR", HIGHEST_PRICE_MINOR),
    ],
)
def test_an_amount_is_understood(typed: str, currency: str, stored: int) -> None:
    assert minor_units(typed, currency) == stored
    assert minor_units(typed_money(stored, currency), currency) == stored
    assert minor_units(money(stored, currency), currency) == stored


@pytest.mark.parametrize(
    ("typed", "currency", "message"),
    [
        ("45.505", "EUR", "EUR has 2 decimal places: write an amount such as 45.50"),
        ("45.500", "EUR", "EUR has 2 decimal places"),
        ("4.5", "JPY", "JPY has no decimals: write an amount such as 4500"),
        ("4,5", "JPY", "JPY has no decimals"),
        ("4.500", "JPY", "JPY has no decimals"),
        ("4.5055", "KWD", "KWD has 3 decimal places: write an amount such as 45.500"),
        ("1,234", "EUR", "1,234 may be 1.234 or 1234"),
        ("1,234", "KWD", "1,234 may be 1.234 or 1234"),
        ("-1", "EUR", "An amount is not below zero"),
        ("\u22121", "EUR", "An amount is not below zero"),
        ("10000000000.01", "EUR", "at most EUR 10,000,000,000.00"),
        ("9" * 40, "EUR", "at most EUR 10,000,000,000.00"),
        ("GBP 45", "EUR", "Write an amount such as 45.50"),
        ("45 euros", "EUR", "Write an amount such as 45.50"),
        ("1e3", "EUR", "Write an amount"),
        ("NaN", "EUR", "Write an amount"),
        ("Infinity", "EUR", "Write an amount"),
        ("45.", "EUR", "Write an amount"),
        (".50", "EUR", "Write an amount"),
        ("1,23,456", "EUR", "Write an amount"),
        ("12.34.56", "EUR", "Write an amount"),
        ("1_000", "EUR", "Write an amount"),
        ("\u0664\u0665", "EUR", "Write an amount"),
        ("", "EUR", "Write an amount"),
    ],
)
def test_what_is_not_an_amount_is_told_what_would_be(
    typed: str, currency: str, message: str
) -> None:
    with pytest.raises(AmountUnreadable, match=message):
        minor_units(typed, currency)


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (4500, "EUR", "EUR 45.00"),
        (-5, "EUR", "EUR -0.05"),
        (4500, "JPY", "JPY 4,500"),
        (4505, "KWD", "KWD 4.505"),
        (2_500_000_000, "IDR", "IDR 25,000,000.00"),
        (2**53 + 1, "EUR", "EUR 90,071,992,547,409.93"),
        (12_345, "UYW", "UYW 1.2345"),
        (None, "EUR", "–"),
    ],
)
def test_an_amount_is_shown_exactly(amount: int | None, currency: str, shown: str) -> None:
    assert money(amount, currency) == shown


@pytest.mark.parametrize(
    ("typed", "stored", "shown"),
    [
        ("20", 2000, "20"),
        ("12.5", 1250, "12.5"),
        ("12,5", 1250, "12.5"),
        ("12.50 %", 1250, "12.5"),
        ("0.01", 1, "0.01"),
        ("5.05", 505, "5.05"),
        ("0", 0, "0"),
        ("100", 10_000, "100"),
    ],
)
def test_a_share_is_typed_in_per_cent(typed: str, stored: int, shown: str) -> None:
    assert basis_points(typed) == stored
    assert per_cent(stored) == shown


@pytest.mark.parametrize("typed", ["12.505", "100.01", "2000", "-1", "a fifth", "1e1", "", "%"])
def test_what_is_no_share_is_refused(typed: str) -> None:
    with pytest.raises(AmountUnreadable, match="per cent"):
        basis_points(typed)


@pytest.fixture
def option(shop: Shop) -> Option:
    Product.objects.filter(pk=shop.kayak.pk).update(
        available_currencies=["EUR", "GBP", "JPY", "KWD", "IDR"]
    )
    return shop.kayak.options.get()


def a_price(option: Option, **columns: Any) -> dict[str, Any]:
    return {
        "option": option.pk, "unit": option.units.get(code="adult").pk, "currency": "EUR",
        "original_minor": "50", "retail_minor": "45.50", "season_start": "2030-06-01",
    } | columns  # fmt: skip


@pytest.mark.parametrize(
    ("currency", "typed", "stored", "listed"),
    [
        ("EUR", "45.50", 4550, "EUR 45.50"),
        ("JPY", "4500", 4500, "JPY 4,500"),
        ("KWD", "4.505", 4505, "KWD 4.505"),
        ("IDR", "25000000", 2_500_000_000, "IDR 25,000,000.00"),
    ],
)
def test_a_price_is_stored_shown_and_saved_again(
    rosa: Client, option: Option, currency: str, typed: str, stored: int, listed: str
) -> None:
    amounts = {"currency": currency, "original_minor": typed, "retail_minor": typed}
    added = rosa.post("/admin/catalog/price/add/", a_price(option, **amounts))
    assert added.status_code == 302, errors_on(added)

    price = Price.objects.get(season_start="2030-06-01")
    assert (price.original_minor, price.retail_minor) == (stored, stored)
    assert open_form(rosa, path_of(price))["retail_minor"] == typed_money(stored, currency)
    assert listed in rosa.get("/admin/catalog/price/").content.decode()
    assert save(rosa, path_of(price)).status_code == 302
    price.refresh_from_db()
    assert price.retail_minor == stored


BAD_PRICES: list[tuple[dict[str, str], str]] = [
    ({"retail_minor": "45.505"}, "EUR has 2 decimal places"),
    ({"currency": "JPY", "retail_minor": "4.5"}, "JPY has no decimals"),
    ({"retail_minor": "1,234"}, "may be 1.234 or 1234"),
    ({"retail_minor": "-1"}, "not below zero"),
    ({"retail_minor": ""}, "This field is required"),
    ({"currency": "ABC"}, "Use the ISO 4217 code of money"),
    ({"currency": "XXX", "retail_minor": "a lot"}, "Use the ISO 4217 code of money"),
    ({"currency": ""}, "This field is required"),
]


def test_a_bad_price_is_explained_and_what_was_typed_stays(
    rosa: Client, option: Option, subtests: pytest.Subtests
) -> None:
    for changes, message in BAD_PRICES:
        with subtests.test(message, **changes):
            with not_rendered():
                page = rosa.post("/admin/catalog/price/add/", a_price(option, **changes))

            assert page.status_code == 200
            assert message in errors_on(page)
            typed = a_price(option, **changes)["retail_minor"]
            assert page.context["adminform"].form["retail_minor"].value() == typed


def test_an_amount_follows_the_currency_that_is_chosen_with_it(
    rosa: Client, option: Option
) -> None:
    rosa.post("/admin/catalog/price/add/", a_price(option))
    price = Price.objects.get(season_start="2030-06-01")

    save(rosa, path_of(price), currency="JPY", original_minor="50", retail_minor="45")

    price.refresh_from_db()
    assert (price.currency, price.original_minor, price.retail_minor) == ("JPY", 50, 45)


def test_commission_and_tax_are_typed_in_per_cent(rosa: Client, shop: Shop) -> None:
    terms = PartnerTerms.objects.filter(partner=shop.alice).get()
    assert open_form(rosa, path_of(terms))["commission_basis_points"] == "20"
    assert open_form(rosa, path_of(shop.kayak))["tax_basis_points"] == "6"

    save(rosa, path_of(terms), commission_basis_points="12,5")
    save(rosa, path_of(shop.kayak), tax_basis_points="5.5", tax_name="VAT 5.5%")

    terms.refresh_from_db()
    shop.kayak.refresh_from_db()
    assert (terms.commission_basis_points, shop.kayak.tax_basis_points) == (1250, 550)
    assert "12.5 %" in rosa.get("/admin/catalog/partnerterms/").content.decode()
    page = save(rosa, path_of(terms), commission_basis_points="2000")
    assert "at most 100 per cent" in errors_on(page)


def test_readers_see_amounts_with_their_currency(client: Client, shop: Shop) -> None:
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.set(
        Permission.objects.filter(
            codename__in=["view_price", "view_option", "view_partnerterms", "view_product"]
        )
    )
    sign_in(client, reader)
    option = shop.kayak.options.get()
    price, terms = option.prices.filter(unit__code="adult").first(), PartnerTerms.objects.first()

    for row, shown in (
        (price, "EUR 45.00"), (option, "EUR 45.00"), (terms, "20 %"), (shop.kayak, "6 %"),
    ):  # fmt: skip
        assert row is not None
        page = client.get(path_of(row)).content.decode()
        assert shown in page
        assert "4500" not in page
