"""The price is that of the travel date's season; of two seasons the one that began later counts."""

from datetime import date

import pytest

from shared_domain.catalog import CurrencyNotOffered, ListPrice, PriceMissing, Product
from tests.domain.samples import eur, make_option, make_product, make_unit

SUMMER = (date(2026, 6, 1), date(2026, 8, 31))
FESTIVAL = (date(2026, 7, 10), date(2026, 7, 12))


def retail_on(day: date, *prices: ListPrice) -> int:
    unit = make_unit(prices=prices)
    return make_product().price_on(unit, currency="EUR", travel_date=day).retail_minor


@pytest.mark.parametrize(
    ("day", "retail"),
    [
        (date(2026, 5, 31), 4000),
        (date(2026, 6, 1), 5000),
        (date(2026, 7, 9), 5000),
        (date(2026, 7, 10), 7000),
        (date(2026, 7, 12), 7000),
        (date(2026, 7, 13), 5000),
        (date(2026, 8, 31), 5000),
        (date(2026, 9, 1), 4000),
        (date(2027, 7, 10), 4000),
    ],
)
def test_a_season_includes_its_first_and_last_day(day: date, retail: int) -> None:
    prices = (eur(7000, season=FESTIVAL), eur(4000), eur(5000, season=SUMMER))

    assert retail_on(day, *prices) == retail
    assert retail_on(day, *reversed(prices)) == retail


def test_outside_every_season_there_is_no_price() -> None:
    with pytest.raises(PriceMissing) as refused:
        retail_on(date(2026, 12, 24), eur(5000, season=SUMMER))

    assert "adult has no price in EUR" in str(refused.value)


def test_another_currencys_price_is_no_price() -> None:
    yen = ListPrice(currency="JPY", original_minor=800, retail_minor=800)

    with pytest.raises(PriceMissing):
        retail_on(date(2026, 7, 1), yen)


def two_currencies(**changes: object) -> Product:
    return make_product(available_currencies=("GBP", "EUR"), **changes)


def test_the_lowest_price_of_any_season_in_each_currency() -> None:
    prices = (
        eur(4000),
        eur(3000, season=SUMMER),
        ListPrice(currency="GBP", original_minor=2500, retail_minor=2400),
        ListPrice(currency="JPY", original_minor=1, retail_minor=1),
    )

    lowest = two_currencies().lowest_prices(make_unit(prices=prices))

    assert [(it.currency, it.retail_minor, it.net_minor) for it in lowest] == [
        ("GBP", 2400, 1920),
        ("EUR", 3000, 2400),
    ]


def test_a_currency_without_prices_has_no_lowest_one() -> None:
    lowest = two_currencies().lowest_prices(make_unit(prices=(eur(4000),)))

    assert [it.currency for it in lowest] == ["EUR"]


def test_an_option_may_have_the_price() -> None:
    price = make_product().price_on(make_option(), currency="EUR", travel_date=date(2026, 7, 14))

    assert (price.original_minor, price.retail_minor, price.net_minor) == (30500, 30000, 24000)


def test_the_default_currency_is_used_unless_asked() -> None:
    product = two_currencies()

    assert product.currency(None) == "EUR"
    assert product.currency("GBP") == "GBP"
    with pytest.raises(CurrencyNotOffered, match="GBP, EUR"):
        product.currency("eur")
