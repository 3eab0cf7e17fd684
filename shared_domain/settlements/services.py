"""Record what partners pay for their statements, and read what is open and what was sold."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from shared_domain.catalog import ProductId
from shared_domain.partners import Access, PartnerId
from shared_domain.payments import StaffUserId
from shared_domain.settlements.model import (
    Direction,
    MonthBalance,
    PartnerBalance,
    PartnerPayment,
    Revenue,
    StatementBalance,
    Sums,
)
from shared_domain.statements import Month


class SettlementStore(Protocol):
    """The store of partners' payments that these services need; ``sql_store`` implements it."""

    async def lock_partner(self, partner_id: PartnerId) -> None:
        """Lock out other payments of the partner until the transaction ends."""
        ...

    async def sums(self, month: Month) -> dict[tuple[PartnerId, str], Sums]:
        """Return what each partner has paid for a month, by partner and currency."""
        ...

    async def insert(self, payment: PartnerPayment) -> None: ...

    async def revenue(self, first: date, last: date) -> list[Revenue]: ...

    async def daily_revenue(self, first: date, last: date) -> list[Revenue]: ...

    async def daily_revenue_of_products(
        self, product_ids: Sequence[ProductId], first: date, last: date
    ) -> list[Revenue]: ...

    async def daily_revenue_of_partners(
        self, partner_ids: Sequence[PartnerId], first: date, last: date
    ) -> list[Revenue]: ...

    async def open_statements(self, until: Month, *, most: int) -> list[StatementBalance]: ...

    async def open_of_partner(
        self, partner_id: PartnerId, until: Month
    ) -> list[StatementBalance]: ...

    async def open_partners(self, until: Month, *, most: int) -> list[PartnerBalance]: ...

    async def month_balances(self, until: Month) -> list[MonthBalance]: ...


async def record_partner_payment(
    month: Month,
    direction: Direction,
    amount_minor: int,
    *,
    currency: str,
    reference: str,
    access: Access,
    by: StaffUserId,
    now: datetime,
    store: SettlementStore,
) -> Sums:
    """Record what a partner paid for a month's statement, or got back, and return the sums.

    More than what is open may be paid: the rest is open for the supplier.

    Raises:
        PartnerAmountOutOfRange, ReturnAboveReceived, TooManyPartnerPayments
    """
    await store.lock_partner(access.partner_id)
    paid = (await store.sums(month)).get((access.partner_id, currency), Sums(currency=currency))
    payment = paid.pay(
        direction,
        amount_minor,
        partner_id=access.partner_id,
        month=month,
        reference=reference,
        by=by,
        now=now,
    )
    await store.insert(payment)
    return (await store.sums(month))[access.partner_id, currency]


async def sums_of_month(
    month: Month, *, store: SettlementStore
) -> Mapping[tuple[PartnerId, str], Sums]:
    """Return what partners have paid for a month, by partner and currency."""
    return await store.sums(month)


async def revenue(first: date, last: date, *, store: SettlementStore) -> list[Revenue]:
    """Return the sales of these days, by day, by product and by partner, tests left out.

    A sale counts on the day on which it was confirmed, in the product's time zone.
    """
    return await store.revenue(first, last)


async def daily_revenue(first: date, last: date, *, store: SettlementStore) -> list[Revenue]:
    """Return the sales of these days by day alone."""
    return await store.daily_revenue(first, last)


async def daily_revenue_of_products(
    product_ids: Sequence[ProductId], first: date, last: date, *, store: SettlementStore
) -> list[Revenue]:
    """Return the sales of some products by product and day."""
    return await store.daily_revenue_of_products(product_ids, first, last)


async def daily_revenue_of_partners(
    partner_ids: Sequence[PartnerId], first: date, last: date, *, store: SettlementStore
) -> list[Revenue]:
    """Return the sales of some partners by partner and day."""
    return await store.daily_revenue_of_partners(partner_ids, first, last)


async def list_open_statements(
    until: Month, *, most: int, store: SettlementStore
) -> list[StatementBalance]:
    """Return the statements up to a month that are not settled, the oldest first."""
    return await store.open_statements(until, most=most)


async def list_open_statements_of_partner(
    until: Month, *, access: Access, store: SettlementStore
) -> list[StatementBalance]:
    """Return a partner's statements up to a month that are not settled, the oldest first."""
    return [] if access.test_mode else await store.open_of_partner(access.partner_id, until)


async def list_open_partners(
    until: Month, *, most: int, store: SettlementStore
) -> list[PartnerBalance]:
    """Return what is open of each partner's statements up to a month.

    Currency by currency, the largest sum first.
    """
    return await store.open_partners(until, most=most)


async def list_month_balances(until: Month, *, store: SettlementStore) -> list[MonthBalance]:
    """Return the sums of every month up to one, by currency, the latest first."""
    return await store.month_balances(until)
