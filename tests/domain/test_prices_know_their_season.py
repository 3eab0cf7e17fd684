"""The price is that of the travel date's season; of several the last to begin, the first to end."""

from datetime import date

import pytest

from shared_domain.catalog import (
    ALL_YEAR,
    CurrencyNotOffered,
    ListPrice,
    PriceMissing,
    Product,
    Season,
)
from tests.domain.samples import eur, make_option, make_product, make_unit

LAST_SUMMER_DAY = date(2026, 8, 31)
SUMMER = Season(date(2026, 6, 1), LAST_SUMMER_DAY)
FESTIVAL = Season(date(2026, 7, 10), date(2026, 7, 12))


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


FROM_JUNE = Season(date(2026, 6, 1), None)
UNTIL_MAY = Season(None, date(2026, 5, 31))
#: Each is a season of the one price that it stands for; those that win come first.
BY_PRECEDENCE = (
    FESTIVAL,
    Season(date(2026, 7, 10), None),
    SUMMER,
    FROM_JUNE,
    Season(None, date(2026, 7, 1)),
    Season(None, date(2026, 8, 1)),
    ALL_YEAR,
)


@pytest.mark.parametrize(
    ("day", "retail"),
    [
        (date.min, 4000),
        (date(2026, 5, 31), 4000),
        (date(2026, 6, 1), 5000),
        (date(2999, 1, 1), 5000),
        (date.max, 5000),
    ],
)
def test_a_season_may_be_open_at_either_end(day: date, retail: int) -> None:
    assert retail_on(day, eur(4000, season=UNTIL_MAY), eur(5000, season=FROM_JUNE)) == retail


def test_beyond_an_open_season_there_is_no_price() -> None:
    for season, day in ((FROM_JUNE, date(2026, 5, 31)), (UNTIL_MAY, date(2026, 6, 1))):
        with pytest.raises(PriceMissing):
            retail_on(day, eur(5000, season=season))


@pytest.mark.parametrize("day", [date(2026, 7, 1), date(2026, 7, 11), date(2026, 7, 30)])
def test_overlapping_seasons_have_one_winner_in_whatever_order(day: date) -> None:
    prices = [eur(number, season=season) for number, season in enumerate(BY_PRECEDENCE, 1)]
    winner = next(number for number, season in enumerate(BY_PRECEDENCE, 1) if season.holds(day))

    for turn in range(len(prices)):
        assert retail_on(day, *prices[turn:], *prices[:turn]) == winner
        assert retail_on(day, *reversed(prices[turn:] + prices[:turn])) == winner


def test_outside_every_season_there_is_no_price() -> None:
    with pytest.raises(PriceMissing) as refused:
        retail_on(date(2026, 12, 24), eur(5000, season=SUMMER))

    assert (refused.value.code, refused.value.currency) == ("adult", "EUR")


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

    lowest = two_currencies().lowest_prices(make_unit(prices=prices), today=LAST_SUMMER_DAY)

    assert [(price.currency, price.retail_minor, price.net_minor) for price in lowest] == [
        ("GBP", 2400, 1920),
        ("EUR", 3000, 2400),
    ]


def test_the_price_of_a_season_that_is_over_is_no_lowest_one() -> None:
    prices, day_after = (eur(4000), eur(3000, season=SUMMER)), date(2026, 9, 1)

    (lowest,) = two_currencies().lowest_prices(make_unit(prices=prices), today=day_after)
    (former,) = two_currencies().lowest_prices(make_unit(prices=prices[1:]), today=day_after)

    assert (lowest.retail_minor, former.retail_minor) == (4000, 3000)


def test_a_currency_without_prices_has_no_lowest_one() -> None:
    lowest = two_currencies().lowest_prices(make_unit(prices=(eur(4000),)), today=LAST_SUMMER_DAY)

    assert [price.currency for price in lowest] == ["EUR"]


def test_an_option_may_have_the_price() -> None:
    price = make_product().price_on(make_option(), currency="EUR", travel_date=date(2026, 7, 14))

    assert (price.original_minor, price.retail_minor, price.net_minor) == (30500, 30000, 24000)


def test_the_default_currency_is_used_unless_asked() -> None:
    product = two_currencies()

    assert product.currency(None) == "EUR"
    assert product.currency("GBP") == "GBP"
    with pytest.raises(CurrencyNotOffered, match="'GBP', 'EUR'"):
        product.currency("eur")
