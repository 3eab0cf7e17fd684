"""What can be asked about statements."""

from itertools import groupby
from operator import itemgetter
from typing import Protocol
from uuid import UUID

from shared_domain.partners import PartnerId
from shared_domain.statements.model import (
    BilledBooking,
    Line,
    Month,
    MonthTotals,
    Statement,
    Total,
    totals_of,
)


class StatementStore(Protocol):
    """What these services need from the outside world."""

    async def totals(self, partner_id: PartnerId) -> list[tuple[Month, Total]]:
        """Return each month's totals, the newest month first, in the order of currencies."""
        ...

    async def lines(self, partner_id: PartnerId, month: Month) -> list[Line]:
        """Return the month's lines by travel date, those without a date last."""
        ...

    async def line(self, partner_id: PartnerId, uuid: UUID) -> BilledBooking | None:
        """Return the line of one booking; None when it is not billed."""
        ...


async def list_months(
    *, partner_id: PartnerId, store: StatementStore, tests_only: bool = False
) -> list[MonthTotals]:
    """Return the totals of every month that has a line, newest first.

    ``tests_only`` is for a test key: it sees tests only, and tests owe nothing.
    """
    found = [] if tests_only else await store.totals(partner_id)
    return [
        MonthTotals(month, tuple(total for _, total in totals))
        for month, totals in groupby(found, key=itemgetter(0))
    ]


async def month_statement(
    month: Month, *, partner_id: PartnerId, store: StatementStore, tests_only: bool = False
) -> Statement:
    """Return the statement of a month, an empty one where nothing is owed.

    ``tests_only`` is for a test key: it sees tests only, and tests owe nothing.
    """
    lines = [] if tests_only else await store.lines(partner_id, month)
    return Statement(month, totals_of(lines), tuple(lines))


async def statement_line(
    uuid: UUID, *, partner_id: PartnerId, store: StatementStore
) -> BilledBooking | None:
    """Return what one booking owes and in which month; None when it stands in no statement."""
    return await store.line(partner_id, uuid)
