"""A booking's user travels on one of its tickets, by the age of the day of travel."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from shared_domain import bookings
from shared_domain.bookings.party import check_age
from shared_domain.catalog import Unit
from shared_domain.partners import PartnerId
from shared_domain.users import User, UserChange, UserId
from tests.domain.samples import make_unit

SAID_AT = datetime(2026, 7, 10, 23, 30, tzinfo=UTC)
A_YEAR_LATER = SAID_AT + timedelta(days=365)

ADULT = make_unit(code="adult", min_age=15)
CHILD = make_unit(code="child", min_age=4, max_age=14)


@pytest.mark.parametrize(
    ("day", "age"),
    [
        (date(2026, 7, 10), 14),
        (date(2027, 7, 9), 14),
        (date(2027, 7, 10), 15),
        (date(2029, 1, 1), 16),
        (date(2026, 7, 9), 14),
        (date(2025, 1, 1), 14),
    ],
)
def test_full_years_are_added_since_the_age_was_said(day: date, age: int) -> None:
    user = User(
        id=UserId(UUID(int=1)), partner_id=PartnerId(1), test_mode=False, email="a@example.com",
        age=14, created_at=SAID_AT, updated_at=SAID_AT,
    )  # fmt: skip

    assert user.age_on(day) == age
    renamed = user.apply(UserChange(email="b@example.com"), now=SAID_AT + timedelta(days=300))
    assert renamed.apply(UserChange(email="c@example.com"), now=A_YEAR_LATER).age_on(day) == age
    assert renamed.apply(UserChange(age=20), now=A_YEAR_LATER).age_on(A_YEAR_LATER.date()) == 20


@pytest.mark.parametrize(
    ("units", "age"),
    [
        ([ADULT], 15),
        ([ADULT], 120),
        ([CHILD], 4),
        ([CHILD], 14),
        ([CHILD, ADULT], 40),
        ([make_unit(max_age=99)], 101),
    ],
)
def test_one_ticket_for_the_age_is_enough(units: list[Unit], age: int) -> None:
    check_age(age, units)


@pytest.mark.parametrize(
    ("units", "age", "ages"),
    [
        ([ADULT, ADULT], 14, [("adult", 15, 99)]),
        ([CHILD], 3, [("child", 4, 14)]),
        ([CHILD, ADULT], 3, [("child", 4, 14), ("adult", 15, 99)]),
        ([make_unit(max_age=100)], 101, [("adult", 0, 100)]),
    ],
)
def test_without_one_the_refusal_says_which_ages_there_are_and_not_the_users(
    units: list[Unit], age: int, ages: list[tuple[str, int, int]]
) -> None:
    with pytest.raises(bookings.PartyRefused) as refused:
        check_age(age, units)

    assert refused.value.reason == bookings.NoTicketForUser(
        tuple(bookings.UnitAges(*limits) for limits in ages)
    )
