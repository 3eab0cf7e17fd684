"""What must be true of every amount in the books: worked out again, by other means."""

import json
from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction
from math import floor
from typing import Any

from shared_domain.bookings import Booking, BookingStatus, Initiator, RefundChoice
from tests.lifecycle.books import MONEY, REFUNDS, rows

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


def check_refunds() -> None:
    """Every cancelled booking has a refund of its price, to which those of its tickets add up."""
    for uuid, status, kind, *amounts, items in rows(REFUNDS):
        retail, net, refund_retail, refund_net = amounts
        tickets = [tuple(ticket) for ticket in json.loads(items)]
        if status != "CANCELLED":
            assert (kind, refund_retail, refund_net) == (None, None, None), uuid
            assert all(ticket[2:] == (None, None) for ticket in tickets), uuid
            continue
        assert 0 <= refund_retail <= retail, uuid
        assert 0 <= refund_net <= net, uuid
        if tickets[0][0] is None:
            assert all(ticket == (None,) * 4 for ticket in tickets), uuid
            continue
        for ticket_retail, ticket_net, ticket_refund, ticket_net_refund in tickets:
            assert 0 <= ticket_refund <= ticket_retail, uuid
            assert 0 <= ticket_net_refund <= ticket_net, uuid
        assert _sum(ticket[2:] for ticket in tickets) == (refund_retail, refund_net), uuid


def check_refund(before: Booking, cancelled: Booking, choice: Any, *, now: datetime) -> None:
    """The refund is what was chosen, or what the rules say: by amounts worked out again."""
    refund, initiator = choice or (RefundChoice.BY_THE_RULES, Initiator.PARTNER)
    is_late = before.cancellation_deadline is not None and now >= before.cancellation_deadline
    is_held = before.status is BookingStatus.ON_HOLD
    percent = before.option.late_refund_percent if is_late else 100
    if initiator is Initiator.SUPPLIER:
        percent = 100
    if refund is not RefundChoice.BY_THE_RULES:
        percent = 100 if refund is RefundChoice.FULL else 0
    if is_held:
        percent = 100
    kept = Fraction(100 - percent, 100)
    assert cancelled.cancellation is not None
    refunded = cancelled.cancellation.refunded
    price = before.price
    assert refunded.retail_minor == price.retail_minor - _half_up(price.retail_minor * kept)
    assert refunded.net_minor == price.net_minor - _half_up(price.net_minor * kept)
    assert cancelled.cancellation.initiator is initiator


def _check_price(amounts: tuple[int, ...], taxes: list[list[object]]) -> None:
    original, retail, net = amounts
    assert original == retail + 500
    assert net == _half_up(retail * (1 - PARTNERS_SHARE))
    assert taxes == [["VAT 6%", *(_half_up(amount * VAT / (1 + VAT)) for amount in amounts)]]


def _sum(amounts: Iterable[Iterable[int]]) -> tuple[int, ...]:
    return tuple(sum(column) for column in zip(*amounts, strict=True))


def _half_up(amount: Fraction) -> int:
    return floor(amount + Fraction(1, 2))
