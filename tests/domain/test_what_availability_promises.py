"""What availability offers to a party can be reserved by it, and what it denies cannot."""

from hypothesis import given
from hypothesis import strategies as st

from shared_domain.availability import Departure, party_of, see_slot
from shared_domain.bookings import BookingRefused, ItemWish, Reservation
from shared_domain.bookings.reserving import hold
from shared_domain.catalog import Option
from tests.domain.samples import (
    ALICE,
    CHILD,
    FAMILY,
    NOW,
    make_departure,
    make_option,
    make_product,
    make_unit,
)

LIMITS = st.one_of(st.none(), st.integers(1, 5))
UNITS = st.builds(
    lambda low, more: make_unit(min_quantity=low, max_quantity=more and more + (low or 0)),
    LIMITS,
    LIMITS,
)
OPTIONS = st.builds(
    lambda low, more, adult: make_option(
        min_units=low, max_units=more and low + more, units=(adult, CHILD, FAMILY)
    ),
    st.integers(1, 3),
    LIMITS,
    UNITS,
)
DEPARTURES = st.builds(
    lambda capacity, reserved, max_units, is_open, is_late: make_departure(
        capacity=capacity,
        reserved=reserved if capacity is None else min(reserved, capacity),
        max_units=max_units,
        is_open=is_open,
        **({"booking_cutoff_at": NOW} if is_late else {}),
    ),
    st.one_of(st.none(), st.integers(0, 12)),
    st.integers(0, 12),
    LIMITS,
    st.sampled_from([True, True, True, False]),
    st.sampled_from([False, False, False, True]),
)
PARTIES = st.lists(st.sampled_from(["adult", "child", "family"]), min_size=1, max_size=8)


@given(option=OPTIONS, departure=DEPARTURES, party=PARTIES)
def test_it_is_kept(option: Option, departure: Departure, party: list[str]) -> None:
    product = make_product(options=(option,))
    slot = see_slot(departure, option, party_of(option, [(it, 1) for it in party]), now=NOW)
    wish = Reservation(
        product_code=product.code,
        option_code=option.code,
        availability_id=departure.availability_id,
        unit_items=tuple(ItemWish(unit_code=code) for code in party),
    )

    try:
        hold(
            wish,
            product=product,
            option=option,
            departure=departure,
            partner_id=ALICE,
            hold_expires_at=NOW,
            now=NOW,
        )
        is_reserved = True
    except BookingRefused:
        is_reserved = False

    assert is_reserved == slot.status.is_available
