"""List a partner's statements, one for each month, and find a booking's line."""

from itertools import groupby
from operator import attrgetter
from typing import Protocol
from uuid import UUID

from shared_domain.partners import Access, PartnerId
from shared_domain.statements.model import (
    BilledBooking,
    Line,
    LinePlace,
    LinesPage,
    Month,
    MonthTotals,
    PartnerTotal,
    PlacedLine,
    Statement,
    sum_by_currency,
)

#: The highest number of PostgreSQL's ids.
_ABOVE_ALL_IDS = 2**63 - 1


class StatementStore(Protocol):
    """The store of statements that these services need; ``sql_store`` implements it."""

    async def totals(self, partner_id: PartnerId) -> list[PartnerTotal]:
        """Return each month's totals, the newest month first, in the order of currencies."""
        ...

    async def totals_between(
        self, partner_id: PartnerId, first: Month, last: Month
    ) -> list[PartnerTotal]:
        """Return the totals of some months, the newest month first, in the order of currencies."""
        ...

    async def lines(self, partner_id: PartnerId, month: Month) -> list[Line]:
        """Return the month's lines by travel date, those without a date last."""
        ...

    async def lines_beyond(
        self,
        partner_id: PartnerId,
        month: Month,
        place: LinePlace,
        most: int,
        *,
        is_backwards: bool = False,
    ) -> list[PlacedLine]:
        """Return the next lines after a place, or before it, the nearest first.

        Only lines with a travel date, or only those without, as the line at the place.
        """
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
        MonthTotals(month, tuple(owed.total for owed in totals))
        for month, totals in groupby(found, key=attrgetter("month"))
    ]


async def list_months_between(
    first: Month, last: Month, *, access: Access, store: StatementStore
) -> list[PartnerTotal]:
    """Return the totals of these months only, newest first; in test mode, none."""
    if access.test_mode:
        return []
    return await store.totals_between(access.partner_id, first, last)


async def month_statement(month: Month, *, access: Access, store: StatementStore) -> Statement:
    """Return the statement of a month, an empty one where nothing is owed or in test mode."""
    lines = [] if access.test_mode else await store.lines(access.partner_id, month)
    return Statement(month, sum_by_currency(lines), tuple(lines))


async def statement_page(
    month: Month,
    *,
    access: Access,
    most: int,
    after: LinePlace | None = None,
    before: LinePlace | None = None,
    store: StatementStore,
) -> LinesPage:
    """Return at most ``most`` lines of a statement: the first, or those after or before a place."""
    if access.test_mode:
        return LinesPage((), None, None)
    first_of_all = LinePlace(True, month.first_day, 0)
    place = before or after or first_of_all
    is_backwards = before is not None

    async def go_on(place: LinePlace, most: int) -> list[PlacedLine]:
        return await store.lines_beyond(
            access.partner_id, month, place, most, is_backwards=is_backwards
        )

    # One more than is shown tells whether there are any beyond. The lines without a travel date
    # follow those with one.
    found = await go_on(place, most + 1)
    if len(found) <= most and place.is_dated is not is_backwards:
        others = (
            LinePlace(True, month.last_day, _ABOVE_ALL_IDS)
            if is_backwards
            else LinePlace(False, month.first_day, 0)
        )
        found += await go_on(others, most + 1 - len(found))
    shown = found[:most][::-1] if is_backwards else found[:most]
    goes_on = len(found) > most
    return LinesPage(
        tuple(placed.line for placed in shown),
        before=shown[0].place if shown and (goes_on if is_backwards else after) else None,
        after=shown[-1].place if shown and (goes_on or is_backwards) else None,
    )


async def partner_totals(month: Month, *, store: StatementStore) -> list[PartnerTotal]:
    """Return what each partner owes for a month, for the supplier's own office."""
    return await store.partners(month)


async def statement_line(
    uuid: UUID, *, access: Access, store: StatementStore
) -> BilledBooking | None:
    """Return what one booking owes and in which month, None when it is in no statement."""
    return None if access.test_mode else await store.line(access.partner_id, uuid)
