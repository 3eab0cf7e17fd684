"""What must be true of every amount in the books: worked out again, by other means."""

import json
from fractions import Fraction
from math import floor

from tests.lifecycle.books import MONEY, rows

#: Terms and tax of every product in town: the partner keeps 20 %, prices include 6 % VAT.
PARTNERS_SHARE = Fraction(20, 100)
VAT = Fraction(6, 100)


def check_money() -> None:
    for uuid, pricing_per, original, retail, net, taxes, items in rows(MONEY):
        whole = (original, retail, net)
        item_prices = [(amounts, item_taxes) for *amounts, item_taxes in json.loads(items)]
        if pricing_per == "BOOKING":
            assert all(amounts == [None] * 3 for amounts, _ in item_prices), uuid
            _check_price(whole, json.loads(taxes))
            continue
        for amounts, item_taxes in item_prices:
            _check_price(tuple(amounts), item_taxes)
        assert whole == _sum(amounts for amounts, _ in item_prices), uuid
        ((_, *tax),) = json.loads(taxes)
        assert tuple(tax) == _sum(item_taxes[0][1:] for _, item_taxes in item_prices), uuid


def _check_price(amounts: tuple[int, ...], taxes: list[list[object]]) -> None:
    original, retail, net = amounts
    assert original == retail + 500
    assert net == _half_up(retail * (1 - PARTNERS_SHARE))
    assert taxes == [["VAT 6%", *(_half_up(amount * VAT / (1 + VAT)) for amount in amounts)]]


def _sum(amounts: object) -> tuple[int, ...]:
    return tuple(sum(column) for column in zip(*amounts, strict=True))


def _half_up(amount: Fraction) -> int:
    return floor(amount + Fraction(1, 2))
