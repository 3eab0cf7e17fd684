"""A partner owes the net price of what it sold, less what was refunded, in the month of travel."""

from datetime import date

import pytest

from core_site.catalog.models import Product
from shared_domain.statements.sql_store import LINES, TOTALS
from tests.statements.books import Books, Program, program_of


def test_confirmed_and_redeemed_bookings_owe_their_net_price(books: Books, alice: Program) -> None:
    books.enter("CONFIRMED", net_minor=3600)
    books.enter("REDEEMED", net_minor=1201)

    assert alice.owed("2026-07") == {"EUR": 4801}


@pytest.mark.parametrize("status", ["ON_HOLD", "EXPIRED", "PENDING", "REJECTED"])
def test_what_was_never_sold_owes_nothing(books: Books, alice: Program, status: str) -> None:
    books.enter(status)

    assert alice.statement("2026-07") == {"month": "2026-07", "totals": [], "lines": []}
    assert alice.get("/v1/statements").json() == {"items": []}


@pytest.mark.parametrize(
    ("refund", "refunded_minor", "owed_minor"),
    [("FULL", 3600, 0), ("NONE", 0, 3600), ("PARTIAL", 1801, 1799), ("PARTIAL", 0, 3600)],
)
def test_a_cancelled_booking_owes_what_was_not_refunded(
    books: Books, alice: Program, refund: str, refunded_minor: int, owed_minor: int
) -> None:
    books.cancel(refund, refund_net_minor=refunded_minor)

    (line,) = alice.statement("2026-07")["lines"]

    assert (line["netMinor"], line["refund"], line["owedMinor"]) == (3600, refund, owed_minor)
    assert alice.owed("2026-07") == {"EUR": owed_minor}


def test_a_refund_stays_what_it_was_when_the_option_changes(books: Books, alice: Program) -> None:
    books.cancel("PARTIAL")

    books.kayak.options.update(late_refund_percent=80)

    (month,) = alice.get("/v1/statements").json()["items"]
    assert month["totals"][0]["owedMinor"] == alice.owed("2026-07")["EUR"] == 1800


def test_a_hold_that_was_let_go_leaves_no_line(books: Books, alice: Program) -> None:
    books.cancel("FULL", confirmed_at=None)

    assert alice.statement("2026-07")["lines"] == []


def test_a_pending_booking_cancelled_too_late_owes_its_price(books: Books, alice: Program) -> None:
    books.cancel("NONE", confirmed_at=None)

    assert alice.owed("2026-07") == {"EUR": 3600}


def test_each_currency_has_a_total_of_its_own(books: Books, alice: Program) -> None:
    books.enter(net_minor=3600)
    books.enter(net_minor=100)
    books.enter(net_minor=2000, currency="GBP")
    books.cancel("PARTIAL", net_minor=4001, refund_net_minor=2000, currency="JPY")

    assert alice.statement("2026-07")["totals"] == [
        {"currency": "EUR", "currencyPrecision": 2, "bookings": 2, "owedMinor": 3700},
        {"currency": "GBP", "currencyPrecision": 2, "bookings": 1, "owedMinor": 2000},
        {"currency": "JPY", "currencyPrecision": 0, "bookings": 1, "owedMinor": 2001},
    ]


def test_tests_never_owe(books: Books, alice: Program) -> None:
    books.enter(test_mode=True)
    books.cancel("NONE", test_mode=True)

    assert alice.statement("2026-07")["lines"] == []
    assert alice.get("/v1/statements").json() == {"items": []}


def test_another_partners_bookings_never_appear(books: Books, alice: Program) -> None:
    ours = books.enter()
    theirs = books.enter(partner_id=books.bob, net_minor=1)

    bob = program_of(books.bob)
    assert [line["uuid"] for line in alice.statement("2026-07")["lines"]] == [str(ours.uuid)]
    assert [line["uuid"] for line in bob.statement("2026-07")["lines"]] == [str(theirs.uuid)]
    assert (alice.owed("2026-07"), bob.owed("2026-07")) == ({"EUR": 3600}, {"EUR": 1})


def test_a_booking_counts_on_its_local_travel_date(books: Books, alice: Program) -> None:
    for day in ("2026-06-30", "2026-07-01", "2026-07-31", "2026-08-01"):
        books.enter(on=day)

    days = [line["travelDate"] for line in alice.statement("2026-07")["lines"]]
    assert days == ["2026-07-01", "2026-07-31"]


@pytest.mark.parametrize(
    ("sale_date", "month"),
    [
        (date(2026, 6, 30), "2026-06"),
        (date(2026, 7, 1), "2026-07"),
        (date(2026, 7, 31), "2026-07"),
        (date(2026, 8, 1), "2026-08"),
    ],
)
def test_without_a_date_it_counts_on_the_day_of_its_sale(
    books: Books, alice: Program, sale_date: date, month: str
) -> None:
    books.enter(on=None, sale_date=sale_date)

    (line,) = alice.statement(month)["lines"]
    assert (line["travelDate"], line["owedMinor"]) == (None, 3600)
    assert [owed["month"] for owed in alice.get("/v1/statements").json()["items"]] == [month]


def test_another_time_zone_moves_no_sale(books: Books, alice: Program) -> None:
    books.enter(on=None, sale_date=date(2026, 7, 31))

    Product.objects.update(time_zone="Pacific/Kiritimati")

    assert alice.owed("2026-07") == {"EUR": 3600}


@pytest.mark.parametrize("statement", [TOTALS, LINES])
def test_postgresql_works_out_no_local_time(statement: str) -> None:
    assert "time_zone" not in statement
    assert "timezone" not in statement
    assert "AT TIME ZONE" not in statement
