"""Money is whole minor units: each amount is rounded once, half up, and totals are sums."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_domain.money import (
    Price,
    Tax,
    TaxRate,
    currency_precision,
    price_for_partner,
    total,
)

VAT_6 = TaxRate("VAT 6%", 600)


@pytest.mark.parametrize(
    ("basis_points", "amount", "tax"),
    [
        # The examples of OCTO's reference.
        (600, 5000, 283),
        (600, 4500, 255),
        (600, 3600, 204),
        # 1 of 11 is exactly one eleventh; 0.5 is rounded up.
        (1000, 11, 1),
        (10_000, 1, 1),
        (10_000, 3, 2),
        (2300, 0, 0),
        (0, 999, 0),
    ],
)
def test_the_tax_inside_an_amount(basis_points: int, amount: int, tax: int) -> None:
    assert TaxRate("tax", basis_points).included_in(amount) == tax


@pytest.mark.parametrize(
    ("retail", "commission", "net"),
    [
        (4500, 2000, 3600),
        (5, 5000, 3),
        (1, 5000, 1),
        (333, 3333, 222),
        (99, 0, 99),
        (99, 10_000, 0),
    ],
)
def test_what_the_partner_owes(retail: int, commission: int, net: int) -> None:
    price = price_for_partner(
        currency="EUR",
        original_minor=retail,
        retail_minor=retail,
        commission_basis_points=commission,
        tax_rates=[],
    )

    assert price.net_minor == net


def test_each_tax_is_part_of_the_rounded_amount() -> None:
    price = price_for_partner(
        currency="EUR",
        original_minor=5000,
        retail_minor=4500,
        commission_basis_points=2000,
        tax_rates=[VAT_6],
    )

    assert price == Price("EUR", 5000, 4500, 3600, (Tax("VAT 6%", 283, 255, 204),))


@given(
    retail=st.integers(0, 10**12),
    discount=st.integers(0, 10**6),
    commission=st.integers(0, 10_000),
    tax=st.integers(0, 10_000),
)
def test_amounts_keep_their_order(retail: int, discount: int, commission: int, tax: int) -> None:
    price = price_for_partner(
        currency="JPY",
        original_minor=retail + discount,
        retail_minor=retail,
        commission_basis_points=commission,
        tax_rates=[TaxRate("tax", tax)],
    )

    (included,) = price.taxes
    assert price.original_minor >= price.retail_minor >= price.net_minor >= 0
    assert included.original_minor >= included.retail_minor >= included.net_minor >= 0
    assert included.retail_minor <= price.retail_minor


@given(amounts=st.lists(st.integers(0, 10**9), max_size=8))
def test_a_total_is_the_sum_of_its_items(amounts: list[int]) -> None:
    prices = [
        price_for_partner(
            currency="EUR",
            original_minor=amount,
            retail_minor=amount,
            commission_basis_points=1500,
            tax_rates=[VAT_6],
        )
        for amount in amounts
    ]

    added = total(prices, currency="EUR")

    assert added.retail_minor == sum(amounts)
    assert added.net_minor == sum(price.net_minor for price in prices)
    assert [tax.net_minor for tax in added.taxes] == (
        [sum(price.taxes[0].net_minor for price in prices)] if prices else []
    )


def test_different_taxes_are_added_up_apart() -> None:
    prices = [
        Price("EUR", 10, 10, 10, (Tax("VAT", 1, 1, 1),)),
        Price("EUR", 10, 10, 10, (Tax("City tax", 2, 2, 2), Tax("VAT", 3, 3, 3))),
    ]

    assert total(prices, currency="EUR").taxes == (Tax("VAT", 4, 4, 4), Tax("City tax", 2, 2, 2))


def test_different_currencies_are_never_added_up() -> None:
    with pytest.raises(ValueError, match="GBP to a total in EUR"):
        total([Price("EUR", 1, 1, 1), Price("GBP", 1, 1, 1)], currency="EUR")


@given(quantity=st.integers(0, 50))
def test_many_at_once_cost_as_much_as_one_by_one(quantity: int) -> None:
    price = Price("EUR", 5000, 4500, 3601, (Tax("VAT 6%", 283, 255, 204),))

    one_by_one = total([price] * quantity, currency="EUR")
    at_once = price.times(quantity)

    assert (at_once.retail_minor, at_once.net_minor) == (
        one_by_one.retail_minor,
        one_by_one.net_minor,
    )
    if quantity:
        assert at_once == one_by_one


@pytest.mark.parametrize(
    ("currency", "digits"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("XOF", 0), ("TND", 3)]
)
def test_currencies_have_their_own_precision(currency: str, digits: int) -> None:
    assert currency_precision(currency) == digits
