"""A cancellation gives back money, frozen: for the booking, and for tickets that add up to it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_domain.bookings import (
    Booking,
    Initiator,
    Refund,
    RefundAmounts,
    RefundChoice,
)
from shared_domain.bookings.refunds import refund_share, refund_shares
from shared_domain.catalog import PricingPer
from shared_domain.money import Price
from tests.domain.samples import (
    ADULT,
    CHILD,
    FAMILY,
    NOW,
    STARTS_AT,
    build_unit_items,
    make_booking,
    make_confirmed,
    make_option,
    make_pending,
    make_product,
)

TOO_LATE = STARTS_AT - timedelta(hours=24)


def cancel(booking: Booking, *, at: datetime = TOO_LATE, **choice: Any) -> Booking:
    return booking.cancel(reason="wind", force=True, by_staff=True, now=at, **choice)


def late(percent: int, **changes: Any) -> Booking:
    option = make_option(late_refund_percent=percent)
    return make_confirmed(product=make_product(options=(option,)), **changes)


def refunded(booking: Booking) -> tuple[Refund, int, int]:
    assert booking.cancellation is not None
    amounts = booking.cancellation.refunded
    return booking.cancellation.refund, amounts.retail_minor, amounts.net_minor


def test_before_the_cut_off_all_of_it() -> None:
    cancelled = cancel(late(30), at=TOO_LATE - timedelta(seconds=1))

    assert refunded(cancelled) == ("FULL", 9000, 7200)
    assert [item.refund for item in cancelled.unit_items] == [RefundAmounts(4500, 3600)] * 2


@pytest.mark.parametrize(
    ("percent", "given_back"),
    [
        (0, ("NONE", 0, 0)),
        (30, ("PARTIAL", 2700, 2160)),
        (100, ("FULL", 9000, 7200)),
    ],
)
def test_from_the_cut_off_on_the_options_share(
    percent: int, given_back: tuple[str, int, int]
) -> None:
    assert refunded(cancel(late(percent))) == given_back


@pytest.mark.parametrize(
    ("choice", "given_back"),
    [
        ({"refund": RefundChoice.FULL}, ("FULL", 9000, 7200)),
        ({"refund": RefundChoice.NONE}, ("NONE", 0, 0)),
        ({"refund": RefundChoice.BY_THE_RULES}, ("PARTIAL", 2700, 2160)),
    ],
)
def test_staff_choose_what_is_given_back(
    choice: dict[str, Any], given_back: tuple[str, int, int]
) -> None:
    assert refunded(cancel(late(30), **choice)) == given_back


def test_staff_may_refuse_a_refund_even_in_time() -> None:
    in_time = cancel(late(30), at=NOW, refund=RefundChoice.NONE)

    assert refunded(in_time) == ("NONE", 0, 0)


def test_where_the_supplier_cancels_the_rules_give_everything_back() -> None:
    cancelled = cancel(late(0), initiator=Initiator.SUPPLIER)

    assert refunded(cancelled) == ("FULL", 9000, 7200)
    assert cancelled.cancellation is not None
    assert cancelled.cancellation.initiator is Initiator.SUPPLIER


@pytest.mark.parametrize("choice", list(RefundChoice))
def test_a_hold_keeps_nothing_whatever_is_chosen(choice: RefundChoice) -> None:
    held = make_booking(hold_expires_at=TOO_LATE + timedelta(minutes=5))

    assert refunded(cancel(held, refund=choice))[0] is Refund.FULL


def test_a_booking_priced_as_a_whole_refunds_as_a_whole() -> None:
    items = tuple(replace(item, price=None) for item in build_unit_items(ADULT, ADULT))
    booking = late(50, unit_items=items, price=Price("EUR", 30500, 30001, 24001))
    product = replace(booking.product, pricing_per=PricingPer.BOOKING)

    cancelled = cancel(replace(booking, product=product))

    assert refunded(cancelled) == ("PARTIAL", 15000, 12000)
    assert [item.refund for item in cancelled.unit_items] == [None, None]


def test_a_share_that_rounds_to_nothing_is_called_none() -> None:
    booking = late(1, unit_items=(), price=Price("JPY", 10, 10, 8))

    assert refunded(cancel(booking)) == ("NONE", 0, 0)


def test_of_a_price_of_nothing_all_comes_back() -> None:
    booking = late(0, unit_items=(), price=Price("EUR", 0, 0, 0))

    assert refunded(cancel(booking)) == ("FULL", 0, 0)


@pytest.mark.parametrize(
    ("net_minor", "percent", "kept_minor"),
    [
        (3600, 50, 1800),
        (3600, 30, 2520),
        (3600, 1, 3564),
        (3600, 99, 36),
        # Half up, in whole minor units.
        (3601, 50, 1801),
        (1, 50, 1),
        (5, 70, 2),
        (5, 71, 1),
        (0, 50, 0),
        (4_000_000_000, 33, 2_680_000_000),
        (2**62, 50, 2**61),
    ],
)
def test_what_is_kept_is_rounded_half_up(net_minor: int, percent: int, kept_minor: int) -> None:
    share = refund_share(Price("EUR", net_minor, net_minor, net_minor), percent)

    assert share == RefundAmounts(net_minor - kept_minor, net_minor - kept_minor)


AMOUNTS = st.integers(0, 10**12)
PRICES = st.builds(
    lambda net, margin: Price("EUR", net + margin, net + margin, net),
    st.one_of(st.integers(0, 300), AMOUNTS),
    st.integers(0, 100),
)


@given(prices=st.lists(PRICES, min_size=1, max_size=12), percent=st.integers(0, 100))
def test_tickets_add_up_to_the_booking_and_stay_within_their_price(
    prices: list[Price], percent: int
) -> None:
    whole = Price(
        "EUR",
        sum(price.original_minor for price in prices),
        sum(price.retail_minor for price in prices),
        sum(price.net_minor for price in prices),
    )

    shares = refund_shares(prices, percent)

    amounts = [share for share in shares if share is not None]
    assert len(amounts) == len(prices)
    assert refund_share(whole, percent) == RefundAmounts(
        sum(share.retail_minor for share in amounts), sum(share.net_minor for share in amounts)
    )
    for share, price in zip(amounts, prices, strict=True):
        assert 0 <= share.retail_minor <= price.retail_minor
        assert 0 <= share.net_minor <= price.net_minor


def test_tickets_of_several_prices_share_the_odd_cent() -> None:
    booking = late(33, unit_items=build_unit_items(ADULT, CHILD, FAMILY))

    cancelled = cancel(booking)

    shares = [item.refund for item in cancelled.unit_items if item.refund]
    assert cancelled.cancellation is not None
    assert sum(share.retail_minor for share in shares) == 6270
    assert cancelled.cancellation.refunded.retail_minor == 6270


def test_the_sale_has_the_products_own_date() -> None:
    # Lisbon's summer is an hour ahead of UTC: its day has changed already.
    confirmed = make_booking(hold_expires_at=datetime(2026, 7, 2, tzinfo=UTC)).confirm(
        now=datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    )

    assert str(confirmed.sale_date) == "2026-07-02"


def test_what_was_never_confirmed_and_is_charged_counts_on_the_day_it_was_cancelled() -> None:
    charged = cancel(make_pending(departure=None), refund=RefundChoice.NONE)
    free = cancel(make_pending(departure=None))

    assert str(charged.sale_date) == "2026-07-13"
    assert free.sale_date is None
