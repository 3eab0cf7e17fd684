"""Refunds: how much money a cancellation gives back, in all and for each ticket.

A refund is the part of the price that is not kept: what the guest gets back (or need not pay, where
nothing was paid yet), and what the partner no longer owes. It is stored with the booking when that
is cancelled. Statements bill what is left of it and never look at an option's terms again, so that
no later change of the terms can change a month that was billed.

By the rules, everything is given back before the cancellation cut-off, and the option's share from
then on. Those are rules for a guest who does not come: where the supplier cancels (wind, a broken
boat), the rules give everything back, at any time. Staff may choose another refund.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import accumulate, pairwise
from operator import sub

from shared_domain.money import Price, Tax, total

FULL_PERCENT = 100


class Refund(StrEnum):
    """How much of the price a cancellation gives back; the values are OCTO's."""

    FULL = "FULL"
    PARTIAL = "PARTIAL"
    NONE = "NONE"


class RefundChoice(StrEnum):
    """The choice of refund when staff cancel; partners always cancel by the rules."""

    FULL = "FULL"
    BY_THE_RULES = "BY_THE_RULES"
    NONE = "NONE"


class Initiator(StrEnum):
    """Who decided on a cancellation: the partner for its guest, or the supplier.

    PARTNER stands for the partner and its guest. Staff who cancel because a guest rang them up
    enter PARTNER; SUPPLIER is for what the supplier itself has to answer for.
    """

    PARTNER = "PARTNER"
    SUPPLIER = "SUPPLIER"


@dataclass(frozen=True, slots=True)
class RefundAmounts:
    """What the guest gets back (retail), and what the partner no longer owes (net)."""

    retail_minor: int
    net_minor: int

    def kind(self, price: Price) -> Refund:
        """Return whether this is all, a part or none of ``price``; FULL for a price of zero."""
        if (self.retail_minor, self.net_minor) == (price.retail_minor, price.net_minor):
            return Refund.FULL
        return Refund.PARTIAL if self.retail_minor or self.net_minor else Refund.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancellation:
    """When, why and by whose decision a booking was cancelled, and what it gives back."""

    cancelled_at: datetime
    refund: Refund
    refunded: RefundAmounts
    initiator: Initiator
    reason: str | None


def refund_share(price: Price, percent: int) -> RefundAmounts:
    """Return ``percent`` of a price; what is kept of it is rounded half up, as amounts are."""
    return RefundAmounts(_share(price.retail_minor, percent), _share(price.net_minor, percent))


def refund_shares(prices: Sequence[Price | None], percent: int) -> tuple[RefundAmounts | None, ...]:
    """Return ``percent`` of each ticket's price; they add up to that share of the tickets' sum.

    Each ticket gets what the sum's share grows by when the ticket is added, so that no amount is
    below zero or above its ticket's price. None is a ticket of a booking that is priced as a whole.
    """
    retail = _steps([price.retail_minor if price else 0 for price in prices], percent)
    net = _steps([price.net_minor if price else 0 for price in prices], percent)
    return tuple(
        RefundAmounts(retail_minor, net_minor) if price else None
        for price, retail_minor, net_minor in zip(prices, retail, net, strict=True)
    )


def price_of_tickets(price: Price, tickets: Sequence[Price | None]) -> Price:
    """Return the part of a booking's price that its tickets cost, which a cancellation refunds.

    The rest was kept of tickets that were cancelled before. A booking that is priced as a whole
    has one price for whatever tickets it has.
    """
    prices = [ticket for ticket in tickets if ticket is not None]
    return price if len(prices) < len(tickets) else total(prices, currency=price.currency)


def price_kept_before(price: Price, tickets: Sequence[Price | None]) -> Price:
    """Return the part of a booking's price that was kept of tickets cancelled before."""
    return _combine(price, price_of_tickets(price, tickets), sub)


def keep_share(price: Price, refund_percent: int) -> Price:
    """Return what is kept of a price when ``refund_percent`` of it is given back."""
    return _combine(price, price, lambda amount, _: amount - _share(amount, refund_percent))


def _combine(price: Price, other: Price, combine: Callable[[int, int], int]) -> Price:
    """Combine two prices amount by amount, tax by tax."""
    taxes = {tax.name: tax for tax in other.taxes}
    return Price(
        price.currency,
        combine(price.original_minor, other.original_minor),
        combine(price.retail_minor, other.retail_minor),
        combine(price.net_minor, other.net_minor),
        tuple(
            Tax(
                name=tax.name,
                original_minor=combine(tax.original_minor, same.original_minor),
                retail_minor=combine(tax.retail_minor, same.retail_minor),
                net_minor=combine(tax.net_minor, same.net_minor),
            )
            for tax in price.taxes
            if (same := taxes.get(tax.name, Tax(tax.name, 0, 0, 0)))
        ),
    )


def _steps(amounts: Sequence[int], percent: int) -> list[int]:
    so_far = (_share(amount, percent) for amount in accumulate(amounts, initial=0))
    return [after - before for before, after in pairwise(so_far)]


def _share(amount_minor: int, percent: int) -> int:
    kept = FULL_PERCENT - percent
    kept_minor = (2 * amount_minor * kept + FULL_PERCENT) // (2 * FULL_PERCENT)
    return amount_minor - kept_minor
