"""The roll-up of sales follows every change of a booking, and is folded whole or not at all."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from core_site import stores
from core_site.bookings.models import Booking
from core_site.catalog.models import Departure
from core_site.database import DjangoDatabase
from core_site.sales_rollup.jobs import compare_sales, fold_sales
from core_site.sales_rollup.models import OwedMonth, SaleChange, SoldDay
from shared_domain import sales_rollup, settlements, statements
from shared_domain.catalog import ProductId
from shared_domain.run_now import run_now
from shared_domain.sales_rollup.sql_store import SqlSalesRollupStore
from shared_domain.settlements import sql_store as settlement_sql
from shared_domain.statements import Month
from shared_domain.statements import sql_store as statement_sql
from tests.lifecycle.sales_add_up import check_sales, fold
from tests.statements.books import CONFIRMED_AT, Books, open_books

DAYS = ("2026-06-30", "2026-07-01", "2026-07-31", None)


@pytest.fixture
def books(db: None) -> Books:
    return open_books()


def changes(books: Books, random: Random, number: int) -> list[Callable[[], Any]]:
    """Return what may become of the books, by services, by staff or by a hand on the database."""
    booking = random.choice(
        [*Booking.objects.all(), books.enter("ON_HOLD", on=random.choice(DAYS))]
    )

    def change(**values: Any) -> Callable[[], Any]:
        return lambda: Booking.objects.filter(pk=booking.pk).update(**values)

    day = random.choice(DAYS)
    confirmed = {"status": "CONFIRMED", "hold_expires_at": None, "confirmed_at": CONFIRMED_AT}
    not_cancelled = dict.fromkeys(
        (
            *("cancelled_at", "cancellation_refund", "cancellation_initiator"),
            *("refund_retail_minor", "refund_net_minor"),
        )
    )
    departure = random.choice(
        [*Departure.objects.order_by("pk")] or [books.departure(CONFIRMED_AT.date())]
    )
    return [
        lambda: books.enter(partner_id=books.bob, on=random.choice(DAYS)),
        lambda: books.cancel("PARTIAL", on=random.choice(DAYS)),
        lambda: books.cancel("NONE", confirmed_at=None, on=random.choice(DAYS)),
        lambda: books.cancel("FULL", confirmed_at=None),
        change(**confirmed, **not_cancelled),
        change(**confirmed | not_cancelled | {"status": "REDEEMED"}),
        change(
            **confirmed | {"status": "CANCELLED", "cancelled_at": CONFIRMED_AT},
            cancellation_refund="PARTIAL",
            cancellation_initiator="PARTNER",
            refund_retail_minor=1000,
            refund_net_minor=random.randrange(1000),
        ),
        change(currency=random.choice(["EUR", "GBP"])),
        change(sale_date=CONFIRMED_AT.date() + timedelta(days=random.randrange(3))),
        change(partner_id=random.choice([books.alice, books.bob])),
        change(test_mode=random.choice([True, False])),
        change(departure=books.departure(datetime.fromisoformat(day).date()) if day else None),
        # To a time that no other has.
        lambda: Departure.objects.filter(pk=departure.pk).update(
            local_date=departure.local_date + timedelta(days=random.choice([-40, 33, 7])),
            start_time=time(number // 60, number % 60),
            availability_id=str(number),
        ),
        lambda: booking.unit_items.all().delete() and booking.delete(),
        lambda: fold(random.randrange(1, 5)),
    ]


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_to_bookings(books: Books, seed: int) -> None:
    random = Random(seed)
    for number in range(25):
        random.choice(changes(books, random, number))()
        check_sales()
    fold()
    check_sales()
    assert not SaleChange.objects.exists()
    assert SoldDay.objects.exists()


def test_figures_are_the_same_before_and_after_folding(books: Books) -> None:
    books.enter()
    books.cancel("PARTIAL")
    books.enter(on="2026-08-01", partner_id=books.bob)
    books.enter(test_mode=True)
    day, kayak = CONFIRMED_AT.date(), ProductId(books.kayak.pk)

    def figures() -> list[Any]:
        of_sales, owed = stores.settlements(), stores.statements()
        found = [
            run_now(settlements.revenue(day, day, store=of_sales)),
            run_now(settlements.daily_revenue(day, day, store=of_sales)),
            run_now(settlements.daily_revenue_of_partners([books.alice], day, day, store=of_sales)),
            run_now(settlements.daily_revenue_of_products([kayak], day, day, store=of_sales)),
            run_now(settlements.list_open_statements(Month(2026, 8), most=9, store=of_sales)),
            run_now(settlements.list_open_partners(Month(2026, 8), most=9, store=of_sales)),
            run_now(settlements.list_month_balances(Month(2026, 8), store=of_sales)),
            run_now(statements.partner_totals(Month(2026, 7), store=owed)),
        ]
        return [sorted(rows, key=str) for rows in found]

    before = figures()
    fold_sales.func()

    assert not SaleChange.objects.exists()
    assert figures() == before
    (of_alice,) = before[2]
    assert (of_alice.bookings, of_alice.cancelled, of_alice.net_minor) == (2, 1, 5400)
    assert [row.bookings for row in before[1]] == [3]


def test_what_does_not_count_writes_nothing(books: Books) -> None:
    hold = books.enter("ON_HOLD")
    books.cancel("FULL", confirmed_at=None)
    assert not SaleChange.objects.exists()
    Booking.objects.filter(pk=hold.pk).update(
        status="CONFIRMED", hold_expires_at=None, confirmed_at=CONFIRMED_AT
    )

    Booking.objects.filter(pk=hold.pk).update(status="REDEEMED", redeemed_at=CONFIRMED_AT)
    Booking.objects.filter(pk=hold.pk).update(notes="late", updated_at=datetime.now(UTC))

    assert SaleChange.objects.count() == 1


class DiesAt(DjangoDatabase):
    """A connection whose process dies before its n-th statement."""

    def __init__(self, left: int) -> None:
        super().__init__()
        self._left = left

    async def fetch_all(self, *arguments: Any) -> Any:
        self._go_on()
        return await super().fetch_all(*arguments)

    async def execute(self, *arguments: Any) -> Any:
        self._go_on()
        return await super().execute(*arguments)

    def _go_on(self) -> None:
        if not self._left:
            raise KeyboardInterrupt
        self._left -= 1


@pytest.mark.parametrize("statements_done", [0, 1, 2, 3])
def test_a_worker_that_dies_while_it_folds_has_folded_nothing(
    books: Books, statements_done: int
) -> None:
    books.enter()
    store = SqlSalesRollupStore(DiesAt(statements_done))

    def fold_and_die() -> None:
        with transaction.atomic():
            run_now(sales_rollup.fold_changes(most=10, store=store))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fold_and_die()

    assert not SoldDay.objects.exists()
    assert SaleChange.objects.count() == 1
    check_sales()


def test_a_fold_takes_no_more_than_it_is_asked_for(books: Books) -> None:
    """Also from a table that was empty when PostgreSQL last analysed it, as it mostly is."""
    nothing = {field.name: 0 for field in SaleChange._meta.fields if "_" in field.name}

    def add_changes() -> None:
        SaleChange.objects.bulk_create(
            SaleChange(
                **(nothing | {"sale_date": None}),
                partner_id=books.alice,
                product=books.kayak,
                currency="EUR",
            )
            for _ in range(2_000)
        )

    add_changes()
    SaleChange.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE sales_rollup_salechange")
    add_changes()

    taken = run_now(SqlSalesRollupStore(DjangoDatabase()).take_changes(most=3))

    assert (len(taken), SaleChange.objects.count()) == (3, 1_997)


def test_sums_that_are_wrong_are_named_and_mended(
    books: Books, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    books.enter()
    books.enter(partner_id=books.bob)
    fold()
    books.enter()
    call_command("sales_rollup", "check")
    assert "are those of the bookings" in capsys.readouterr().out
    SoldDay.objects.filter(partner_id=books.alice).update(net_minor=1)
    OwedMonth.objects.filter(partner_id=books.bob).delete()

    with pytest.raises(CommandError, match="1 sums of days and 1 of months"):
        call_command("sales_rollup", "check")
    compare_sales.func()
    assert "lacks SoldDay(" in capsys.readouterr().out
    assert "`manage.py sales_rollup repair` mends them" in caplog.text

    call_command("sales_rollup", "repair")
    check_sales()
    fold()
    check_sales()


@pytest.mark.parametrize(
    "statement",
    [
        settlement_sql.REVENUE,
        settlement_sql.DAILY_REVENUE,
        settlement_sql.DAILY_REVENUE_OF_PARTNERS,
        settlement_sql.DAILY_REVENUE_OF_PRODUCTS,
        settlement_sql.OPEN_STATEMENTS,
        settlement_sql.OPEN_OF_PARTNER,
        settlement_sql.OPEN_PARTNERS,
        settlement_sql.MONTH_BALANCES,
        statement_sql.TOTALS,
        statement_sql.TOTALS_BETWEEN,
        statement_sql.PARTNERS,
    ],
)
@pytest.mark.django_db
def test_no_figure_reads_the_bookings(statement: str) -> None:
    day = CONFIRMED_AT.date()
    parameters = {
        **dict.fromkeys(("first", "last", "month", "until"), day),
        "partner_id": 1,
        "ids": [1],
        "most": 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}", parameters)
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "sales_rollup_" in plan
    assert "bookings_booking" not in plan
