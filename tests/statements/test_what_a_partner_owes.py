"""A partner owes the net price of what it sold, less what was refunded, in the month of travel."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from tests.statements.books import Books, Program, open_books, program_of


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
    ("refund", "percent", "net_minor", "owed_minor"),
    [
        ("FULL", 50, 3600, 0),
        ("NONE", 50, 3600, 3600),
        ("NONE", 0, 3600, 3600),
        ("PARTIAL", 50, 3600, 1800),
        ("PARTIAL", 30, 3600, 2520),
        ("PARTIAL", 1, 3600, 3564),
        ("PARTIAL", 99, 3600, 36),
        # Half up, in whole minor units.
        ("PARTIAL", 50, 3601, 1801),
        ("PARTIAL", 50, 1, 1),
        ("PARTIAL", 70, 5, 2),
        ("PARTIAL", 71, 5, 1),
        ("PARTIAL", 50, 0, 0),
        ("PARTIAL", 33, 4_000_000_000, 2_680_000_000),
    ],
)
@pytest.mark.django_db
def test_a_cancelled_booking_owes_what_was_not_refunded(
    refund: str, percent: int, net_minor: int, owed_minor: int
) -> None:
    books = open_books(late_refund_percent=percent)
    alice = program_of(books.alice)
    books.cancel(
        refund, net_minor=net_minor, retail_minor=4_000_000_000, original_minor=4_000_000_000
    )

    (line,) = alice.statement("2026-07")["lines"]

    assert (line["netMinor"], line["refund"], line["owedMinor"]) == (net_minor, refund, owed_minor)
    assert alice.owed("2026-07") == {"EUR": owed_minor}


@pytest.mark.django_db(transaction=True)
def test_a_refund_stays_what_it_was_when_the_option_changes() -> None:
    books = open_books(late_refund_percent=30)
    alice = program_of(books.alice)
    books.cancel("PARTIAL", cancelled_at=timezone.now())

    books.kayak.options.update(late_refund_percent=80)
    books.cancel("PARTIAL", cancelled_at=timezone.now())

    assert [it["owedMinor"] for it in alice.statement("2026-07")["lines"]] == [2520, 720]
    (month,) = alice.get("/v1/statements").json()["items"]
    assert month["totals"][0]["owedMinor"] == 3240


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
    books.cancel("PARTIAL", net_minor=4001, currency="JPY")

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
    assert [it["uuid"] for it in alice.statement("2026-07")["lines"]] == [str(ours.uuid)]
    assert [it["uuid"] for it in bob.statement("2026-07")["lines"]] == [str(theirs.uuid)]
    assert (alice.owed("2026-07"), bob.owed("2026-07")) == ({"EUR": 3600}, {"EUR": 1})


def test_a_booking_counts_on_its_local_travel_date(books: Books, alice: Program) -> None:
    for day in ("2026-06-30", "2026-07-01", "2026-07-31", "2026-08-01"):
        books.enter(on=day)

    days = [line["travelDate"] for line in alice.statement("2026-07")["lines"]]
    assert days == ["2026-07-01", "2026-07-31"]


@pytest.mark.parametrize(
    ("confirmed_at", "month"),
    [
        # Lisbon is an hour ahead of UTC in summer: its July begins at 23:00.
        (datetime(2026, 6, 30, 22, 59, tzinfo=UTC), "2026-06"),
        (datetime(2026, 6, 30, 23, 0, tzinfo=UTC), "2026-07"),
        (datetime(2026, 7, 31, 22, 59, tzinfo=UTC), "2026-07"),
        (datetime(2026, 7, 31, 23, 0, tzinfo=UTC), "2026-08"),
    ],
)
def test_without_a_date_it_counts_on_the_day_it_was_confirmed(
    books: Books, alice: Program, confirmed_at: datetime, month: str
) -> None:
    books.enter(on=None, confirmed_at=confirmed_at)

    (line,) = alice.statement(month)["lines"]
    assert (line["travelDate"], line["owedMinor"]) == (None, 3600)
    assert [it["month"] for it in alice.get("/v1/statements").json()["items"]] == [month]
