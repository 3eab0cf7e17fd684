"""A month is read strictly, and its lines add up currency by currency; tests owe nothing."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from shared_domain import statements
from shared_domain.partners import Access, PartnerId
from shared_domain.run_now import run_now
from shared_domain.statements import (
    BilledBooking,
    Line,
    Month,
    MonthTotals,
    PartnerTotal,
    Statement,
    Total,
)

ALICE = PartnerId(1)
JUNE, JULY = Month(2026, 6), Month(2026, 7)


def line(owed_minor: int, **different: Any) -> Line:
    values = {
        "uuid": UUID(int=owed_minor),
        "supplier_reference": f"PT-{owed_minor:06}",
        "reseller_reference": None,
        "status": "CONFIRMED",
        "refund": None,
        "travel_date": date(2026, 7, 14),
        "product_code": "kayak",
        "currency": "EUR",
        "net_minor": owed_minor,
        "owed_minor": owed_minor,
    }
    return Line(**values | different)


class StatementsInMemory:
    """The books of Alice: three lines in July, and totals of two months."""

    def __init__(self) -> None:
        self.july = [line(3600), line(200, currency="GBP"), line(1)]

    async def totals(self, partner_id: PartnerId) -> list[PartnerTotal]:
        assert partner_id == ALICE
        return [
            PartnerTotal(ALICE, JULY, "EUR", 2, 3700, 3601),
            PartnerTotal(ALICE, JULY, "GBP", 1, 200, 200),
            PartnerTotal(ALICE, JUNE, "EUR", 1, 5, 5),
        ]

    async def lines(self, partner_id: PartnerId, month: Month) -> list[Line]:
        assert partner_id == ALICE
        return self.july if month == JULY else []

    async def line(self, partner_id: PartnerId, uuid: UUID) -> BilledBooking | None:
        assert partner_id == ALICE
        lines = {line.uuid: line for line in self.july}
        return BilledBooking(JULY, lines[uuid]) if uuid in lines else None


def list_months(*, test_mode: bool = False) -> list[MonthTotals]:
    access = Access(partner_id=ALICE, test_mode=test_mode)
    return run_now(statements.list_months(access=access, store=StatementsInMemory()))


def month_statement(month: Month, *, test_mode: bool = False) -> Statement:
    access = Access(partner_id=ALICE, test_mode=test_mode)
    return run_now(statements.month_statement(month, access=access, store=StatementsInMemory()))


@pytest.mark.parametrize("text", ["2026-07", "0001-01", "9999-12", "1999-10"])
def test_a_month_is_written_as_it_was_read(text: str) -> None:
    assert str(Month.from_text(text)) == text


@pytest.mark.parametrize(
    "text",
    ["", "2026", "2026-7", "2026-00", "2026-13", "0000-01", "2026-07\n", "٢٠٢٦-٠٧", "-026-07"],
)
def test_anything_else_is_no_month(text: str) -> None:
    with pytest.raises(statements.InvalidMonth):
        Month.from_text(text)


@pytest.mark.parametrize(
    ("month", "last_day"),
    [
        (JULY, date(2026, 7, 31)),
        (Month(2027, 2), date(2027, 2, 28)),
        (Month(2028, 2), date(2028, 2, 29)),
        (Month(9999, 12), date(9999, 12, 31)),
    ],
)
def test_a_month_knows_its_days(month: Month, last_day: date) -> None:
    assert month.first_day == last_day.replace(day=1)
    assert month.last_day == last_day


def test_lines_are_added_up_by_currency() -> None:
    statement = month_statement(JULY)

    assert statement.month == JULY
    assert statement.totals == (Total("EUR", 2, 3601), Total("GBP", 1, 200))
    assert [line.owed_minor for line in statement.lines] == [3600, 200, 1]


def test_a_month_without_lines_has_an_empty_statement() -> None:
    assert month_statement(JUNE) == Statement(JUNE, (), ())


def test_the_totals_of_a_month_stand_together() -> None:
    assert list_months() == [
        MonthTotals(JULY, (Total("EUR", 2, 3601), Total("GBP", 1, 200))),
        MonthTotals(JUNE, (Total("EUR", 1, 5),)),
    ]


def test_tests_owe_nothing() -> None:
    assert list_months(test_mode=True) == []
    assert month_statement(JULY, test_mode=True) == Statement(JULY, (), ())


@pytest.mark.parametrize(("currency", "precision"), [("EUR", 2), ("JPY", 0), ("KWD", 3)])
def test_a_total_says_what_its_minor_units_are(currency: str, precision: int) -> None:
    assert Total(currency, 1, 100).currency_precision == precision


def test_one_booking_is_found_with_its_month_or_not_billed() -> None:
    def line_of(uuid: UUID, *, test_mode: bool = False) -> BilledBooking | None:
        access, store = Access(partner_id=ALICE, test_mode=test_mode), StatementsInMemory()
        return run_now(statements.statement_line(uuid, access=access, store=store))

    assert line_of(UUID(int=3600)) == BilledBooking(JULY, line(3600))
    assert line_of(UUID(int=7)) is None
    assert line_of(UUID(int=3600), test_mode=True) is None
