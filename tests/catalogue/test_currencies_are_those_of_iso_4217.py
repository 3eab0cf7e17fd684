"""Portico sells in the money of ISO 4217, each with its own number of decimal places."""

import pytest
from django.core.exceptions import ValidationError

from core_site.catalog import validation
from shared_domain.money import CURRENCIES, HIGHEST_PRICE_MINOR, currency_precision


@pytest.mark.parametrize(
    ("currency", "decimals"),
    [
        ("EUR", 2),
        ("IDR", 2),
        ("MGA", 2),
        ("JPY", 0),
        ("KRW", 0),
        ("ISK", 0),
        ("KWD", 3),
        ("TND", 3),
    ],
)
def test_a_currency_has_the_decimals_of_its_minor_unit(currency: str, decimals: int) -> None:
    validation.currency(currency)

    assert currency_precision(currency) == decimals


@pytest.mark.parametrize(
    "code", ["ABC", "XXX", "XTS", "XAU", "XDR", "CLF", "UYW", "BGN", "DEM", "eur", "EU", "€", ""]
)
def test_what_no_ticket_is_paid_in_is_refused_with_what_would_be_right(code: str) -> None:
    with pytest.raises(ValidationError, match=r"Use the ISO 4217 code of money .* as in EUR"):
        validation.currency(code)


@pytest.mark.parametrize(("fund", "decimals"), [("CLF", 4), ("UYW", 4), ("UYI", 0)])
def test_amounts_of_funds_that_are_stored_are_still_read_right(fund: str, decimals: int) -> None:
    assert currency_precision(fund) == decimals


def test_every_code_is_three_capitals() -> None:
    assert len(CURRENCIES) == 155
    assert all(len(code) == 3 and code.isupper() and code.isascii() for code in CURRENCIES)


def test_a_whole_booking_at_the_highest_price_fits_json_and_64_bits() -> None:
    highest = 1000 * HIGHEST_PRICE_MINOR

    assert highest < 2**53
    assert highest * 100 * 2 + 100 < 2**63
