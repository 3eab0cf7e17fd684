"""List a partner's statements, one for each month, and find a booking's line."""

from itertools import groupby
from operator import itemgetter
from typing import Protocol
from uuid import UUID

from shared_domain.partners import Access, PartnerId
from shared_domain.statements.model import (
    BilledBooking,
    Line,
    Month,
    MonthTotals,
    PartnerTotal,
    Statement,
    Total,
    sum_by_currency,
)


class StatementStore(Protocol):
    """The store of statements that these services need; ``sql_store`` implements it."""

    async def totals(self, partner_id: PartnerId) -> list[tuple[Month, Total]]:
        """Return each month's totals, the newest month first, in the order of currencies."""
        ...

    async def totals_between(
        self, partner_id: PartnerId, first: Month, last: Month
    ) -> list[tuple[Month, Total]]:
        """Return the totals of some months, the newest month first, in the order of currencies."""
        ...

    async def lines(self, partner_id: PartnerId, month: Month) -> list[Line]:
        """Return the month's lines by travel date, those without a date last."""
        ...

    async def partners(self, month: Month) -> list[PartnerTotal]:
        """Return the month's totals of every partner, by partner and currency."""
        ...

    async def line(self, partner_id: PartnerId, uuid: UUID) -> BilledBooking | None:
        """Return the line of one booking; None when it is not billed."""
        ...


async def list_months(*, access: Access, store: StatementStore) -> list[MonthTotals]:
    """Return the totals of every month that has a line, newest first; in test mode, none."""
    found = [] if access.test_mode else await store.totals(access.partner_id)
    return [
        MonthTotals(month, tuple(total for _, total in totals))
        for month, totals in groupby(found, key=itemgetter(0))
    ]


async def list_months_between(
    first: Month, last: Month, *, access: Access, store: StatementStore
) -> list[tuple[Month, Total]]:
    """Return the totals of these months only, newest first; in test mode, none."""
    if access.test_mode:
        return []
    return await store.totals_between(access.partner_id, first, last)


async def month_statement(month: Month, *, access: Access, store: StatementStore) -> Statement:
    """Return the statement of a month, an empty one where nothing is owed or in test mode."""
    lines = [] if access.test_mode else await store.lines(access.partner_id, month)
    return Statement(month, sum_by_currency(lines), tuple(lines))


async def partner_totals(month: Month, *, store: StatementStore) -> list[PartnerTotal]:
    """Return what each partner owes for a month, for the house's own office."""
    return await store.partners(month)


async def statement_line(
    uuid: UUID, *, access: Access, store: StatementStore
) -> BilledBooking | None:
    """Return what one booking owes and in which month, None when it is in no statement."""
    return None if access.test_mode else await store.line(access.partner_id, uuid)
