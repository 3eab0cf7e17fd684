"""A ticket admits on its own day, by the product's clock; staff may insist, and mistakes undo."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from shared_domain.availability import OpeningPeriod
from shared_domain.bookings import (
    Booking,
    BookingStatus,
    RedemptionFinal,
    WrongDay,
    is_travel_day,
    redeem_tickets,
    unredeem_tickets,
)
from tests.domain.samples import (
    ONE_SECOND,
    STARTS_AT,
    make_confirmed,
    make_departure,
    make_product,
)

ONE_DAY = timedelta(days=1)

#: Lisbon's 14th of July, from its midnight to the next: an hour ahead of UTC.
MIDNIGHT = datetime(2026, 7, 13, 23, 0, tzinfo=UTC)

#: Doors open at 22:00 on the 14th, and close at 02:00 on the 15th.
NIGHT_CLUB = make_departure(
    availability_id="2026-07-14T00:00:00+01:00",
    starts_at=datetime(2026, 7, 14, 21, 0, tzinfo=UTC),
    ends_at=datetime(2026, 7, 15, 1, 0, tzinfo=UTC),
    opening_hours=(OpeningPeriod("22:00", "02:00"),),
)


def lisbon(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 7, day, hour, minute, tzinfo=UTC) - timedelta(hours=1)


@pytest.mark.parametrize(
    ("moment", "admits"),
    [
        (MIDNIGHT - ONE_SECOND, False),
        (MIDNIGHT, True),
        (STARTS_AT, True),
        (MIDNIGHT + ONE_DAY - ONE_SECOND, True),
        (MIDNIGHT + ONE_DAY, False),
        (STARTS_AT - 7 * ONE_DAY, False),
        (STARTS_AT + 365 * ONE_DAY, False),
    ],
)
def test_the_day_begins_and_ends_at_the_products_midnight(moment: datetime, admits: bool) -> None:
    confirmed = make_confirmed()

    assert is_travel_day(confirmed, now=moment) is admits
    if admits:
        assert redeem_tickets(confirmed, None, now=moment).status is BookingStatus.REDEEMED
    else:
        with pytest.raises(WrongDay, match=r"valid_on=datetime.date\(2026, 7, 14\)"):
            redeem_tickets(confirmed, None, now=moment)


def test_the_refusal_says_what_day_it_is_there() -> None:
    confirmed = make_confirmed(product=make_product(time_zone="Asia/Tokyo"))

    with pytest.raises(WrongDay) as refused:
        redeem_tickets(confirmed, None, now=datetime(2026, 7, 14, 15, 0, tzinfo=UTC))

    assert (refused.value.today, refused.value.time_zone) == (date(2026, 7, 15), "Asia/Tokyo")


@pytest.mark.parametrize(
    ("moment", "admits"),
    [
        (lisbon(14, 0), True),
        (lisbon(14, 23, 59), True),
        (lisbon(15, 0, 59), True),
        (lisbon(15, 1), False),
    ],
)
def test_a_departure_past_midnight_admits_until_it_ends(moment: datetime, admits: bool) -> None:
    cruise = make_departure(starts_at=lisbon(14, 23), ends_at=lisbon(15, 1))

    assert is_travel_day(make_confirmed(departure=cruise), now=moment) is admits


@pytest.mark.parametrize(
    ("moment", "admits"),
    [
        # The night of the 13th is not over yet.
        (lisbon(14, 0, 30), False),
        (lisbon(14, 1, 59), False),
        (lisbon(14, 2), True),
        (lisbon(14, 22), True),
        (lisbon(15, 1, 59), True),
        (lisbon(15, 2), False),
    ],
)
def test_hours_past_midnight_count_to_the_day_they_begin_on(moment: datetime, admits: bool) -> None:
    assert is_travel_day(make_confirmed(departure=NIGHT_CLUB), now=moment) is admits


@pytest.mark.parametrize(
    ("moment", "admits"),
    [
        (datetime(2026, 3, 28, 0, 59, tzinfo=UTC), False),
        (datetime(2026, 3, 28, 1, 0, tzinfo=UTC), True),
        (datetime(2026, 3, 28, 1, 30, tzinfo=UTC), True),
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), True),
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), False),
    ],
)
def test_a_day_before_a_midnight_that_the_clocks_skip(moment: datetime, admits: bool) -> None:
    """In the Azores, an hour behind UTC, the 29th of March begins at one o'clock."""
    hot_springs = make_departure(
        availability_id="2026-03-28T00:00:00-01:00",
        starts_at=datetime(2026, 3, 28, 1, 0, tzinfo=UTC),
        ends_at=datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
        opening_hours=(OpeningPeriod("00:00", "24:00"),),
        local_date=date(2026, 3, 28),
    )
    azores = make_product(time_zone="Atlantic/Azores")

    confirmed = make_confirmed(departure=hot_springs, product=azores)

    assert is_travel_day(confirmed, now=moment) is admits


@pytest.mark.parametrize(
    ("moment", "admits"),
    [
        (datetime(2026, 10, 25, 0, 29, tzinfo=UTC), True),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), False),
        (datetime(2026, 10, 25, 1, 10, tzinfo=UTC), False),
    ],
)
def test_a_departure_is_over_when_the_clocks_repeat_its_last_hour(
    moment: datetime, admits: bool
) -> None:
    """It ends at half past one, when Lisbon shows that for the first time."""
    cruise = make_departure(
        starts_at=datetime(2026, 10, 24, 22, 0, tzinfo=UTC),
        ends_at=datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        local_date=date(2026, 10, 24),
    )

    assert is_travel_day(make_confirmed(departure=cruise), now=moment) is admits


@pytest.mark.parametrize("day", [date(2026, 1, 1), date(2031, 12, 31)])
def test_without_a_date_any_day_will_do(day: date) -> None:
    confirmed = make_confirmed(departure=None)
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC)

    assert redeem_tickets(confirmed, None, now=moment).status is BookingStatus.REDEEMED


def test_staff_may_insist() -> None:
    missed_the_boat = make_confirmed()

    admitted = redeem_tickets(missed_the_boat, None, on_any_day=True, now=STARTS_AT + ONE_DAY)

    assert admitted.status is BookingStatus.REDEEMED


def redeemed(*, first_at: datetime = STARTS_AT, **changes: Any) -> Booking:
    """Return a booking whose two tickets were used an hour apart."""
    confirmed = make_confirmed(**changes)
    one = redeem_tickets(
        confirmed, frozenset({confirmed.unit_items[0].uuid}), on_any_day=True, now=first_at
    )
    return redeem_tickets(one, None, on_any_day=True, now=first_at + timedelta(hours=1))


def test_a_mistake_is_undone_and_the_tickets_admit_again() -> None:
    undone = unredeem_tickets(redeemed(), None, now=STARTS_AT + timedelta(hours=2))

    assert (undone.status, undone.redeemed_at) == (BookingStatus.CONFIRMED, None)
    assert [item.redeemed_at for item in undone.unit_items] == [None, None]
    assert undone.updated_at == STARTS_AT + timedelta(hours=2)
    assert redeem_tickets(undone, None, now=STARTS_AT + timedelta(hours=3)).redeemed_at


def test_one_ticket_of_several_is_undone() -> None:
    booking = redeemed()
    first, second = booking.unit_items

    undone = unredeem_tickets(booking, frozenset({second.uuid}), now=STARTS_AT + ONE_DAY / 2)

    assert (undone.status, undone.redeemed_at) == (BookingStatus.CONFIRMED, None)
    assert [item.redeemed_at for item in undone.unit_items] == [first.redeemed_at, None]


def test_a_partly_used_booking_is_undone_in_all_its_used_tickets() -> None:
    confirmed = make_confirmed()
    partly = redeem_tickets(confirmed, frozenset({confirmed.unit_items[0].uuid}), now=STARTS_AT)

    undone = unredeem_tickets(partly, None, now=STARTS_AT + ONE_SECOND)

    assert undone.unit_items == confirmed.unit_items
    assert undone.is_cancellable(now=STARTS_AT - ONE_DAY - ONE_SECOND)


def test_after_a_day_it_is_final_ticket_by_ticket() -> None:
    booking = redeemed()
    first, second = booking.unit_items
    a_day_later = STARTS_AT + ONE_DAY

    before = unredeem_tickets(booking, None, now=a_day_later - ONE_SECOND)
    assert before.status is BookingStatus.CONFIRMED
    with pytest.raises(RedemptionFinal, match=r"USED_TOO_LONG_AGO: .*PT-SAMPLE-1"):
        unredeem_tickets(booking, None, now=a_day_later)
    with pytest.raises(RedemptionFinal, match=r"USED_TOO_LONG_AGO: .*PT-SAMPLE-1"):
        unredeem_tickets(booking, frozenset({first.uuid}), now=a_day_later)
    second_alone = unredeem_tickets(booking, frozenset({second.uuid}), now=a_day_later)
    assert second_alone.status is BookingStatus.CONFIRMED


def test_only_what_was_used_is_undone() -> None:
    confirmed = make_confirmed()
    first, second = confirmed.unit_items
    partly = redeem_tickets(confirmed, frozenset({first.uuid}), now=STARTS_AT)

    with pytest.raises(RedemptionFinal, match="NONE_USED"):
        unredeem_tickets(confirmed, None, now=STARTS_AT)
    with pytest.raises(RedemptionFinal, match=r"NOT_USED: .*PT-SAMPLE-2"):
        unredeem_tickets(partly, frozenset({second.uuid}), now=STARTS_AT)
    with pytest.raises(RedemptionFinal, match="NOT_OF_THIS_BOOKING"):
        unredeem_tickets(partly, frozenset(), now=STARTS_AT)
