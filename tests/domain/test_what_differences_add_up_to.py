"""Differences of sales may be added up in any parts and any order: the sums are the same."""

from collections import Counter
from datetime import date
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from shared_domain.catalog import ProductId
from shared_domain.partners import PartnerId
from shared_domain.sales_rollup import SaleChange, SalesSums, add_up

DAYS = st.dates(date(2026, 6, 29), date(2026, 7, 2))
NUMBERS = st.integers(-(10**12), 10**12)

CHANGES = st.builds(
    SaleChange,
    partner_id=st.sampled_from([PartnerId(1), PartnerId(2)]),
    product_id=st.sampled_from([ProductId(1), ProductId(2)]),
    currency=st.sampled_from(["EUR", "JPY"]),
    sale_date=st.none() | DAYS,
    month=st.none() | DAYS.map(lambda day: day.replace(day=1)),
    sold_bookings=st.integers(-2, 2),
    sold_cancelled=st.integers(-2, 2),
    sold_retail_minor=NUMBERS,
    sold_net_minor=NUMBERS,
    owed_bookings=st.integers(-2, 2),
    owed_net_minor=NUMBERS,
    owed_minor=NUMBERS,
)


def totals(*parts: SalesSums) -> Counter[tuple[object, ...]]:
    """Return every number by its row's key and its name, as the database adds them up."""
    found: Counter[tuple[object, ...]] = Counter()
    for sums in parts:
        for row in (*sums.days, *sums.months):
            values = row._asdict()
            numbers = {name for name in values if name.endswith(("minor", "bookings", "cancelled"))}
            key = tuple(value for name, value in values.items() if name not in numbers)
            for name in numbers:
                found[*key, name] += values[name]
    return Counter({key: number for key, number in found.items() if number})


@given(st.lists(CHANGES, max_size=12), st.integers(0, 12), st.randoms(use_true_random=False))
def test_parts_in_any_order_are_the_whole(
    changes: list[SaleChange], middle: int, random: Random
) -> None:
    shuffled = list(changes)
    random.shuffle(shuffled)

    parts = totals(add_up(shuffled[:middle]), add_up(shuffled[middle:]))

    assert parts == totals(add_up(changes))


@given(st.lists(CHANGES, max_size=12))
def test_what_is_taken_off_again_leaves_nothing(changes: list[SaleChange]) -> None:
    back = [
        change._replace(
            **{
                name: -number
                for name, number in change._asdict().items()
                if name.startswith(("sold_", "owed_"))
            }
        )
        for change in changes
    ]

    assert add_up(changes + back) == SalesSums([], [])


@given(st.lists(CHANGES, max_size=12))
def test_products_and_partners_of_a_day_each_come_to_the_whole_day(
    changes: list[SaleChange],
) -> None:
    by: dict[str, Counter[tuple[date, str]]] = {
        "all": Counter(),
        "product": Counter(),
        "partner": Counter(),
    }
    for row in add_up(changes).days:
        kind = "product" if row.product_id else "partner" if row.partner_id else "all"
        by[kind][row.day, row.currency] += row.net_minor

    assert +by["all"] == +by["product"] == +by["partner"]
    assert -by["all"] == -by["product"] == -by["partner"]


@given(st.lists(CHANGES, max_size=12))
def test_months_come_to_all_that_is_owed(changes: list[SaleChange]) -> None:
    owed = sum(change.owed_minor for change in changes if change.month is not None)

    assert sum(row.owed_minor for row in add_up(changes).months) == owed
