"""Payments of a statement: what is received, returned and open, and the rules for the next one."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from shared_domain import contact_data
from shared_domain.partners import PartnerId
from shared_domain.payments import HIGHEST_ENTRY_MINOR, LONGEST_REFERENCE, StaffUserId
from shared_domain.settlements.errors import (
    PartnerAmountOutOfRange,
    ReturnAboveReceived,
    TooManyPartnerPayments,
)
from shared_domain.statements import Month

#: Payments of one statement in one currency: instalments and corrections, many times over.
MOST_PARTNER_PAYMENTS = 100


class Direction(StrEnum):
    """Which way the money went: in from the partner, or back to it."""

    RECEIVED = "RECEIVED"
    RETURNED = "RETURNED"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerPayment:
    """A payment of a partner's statement; ``amount_minor`` is above zero either way."""

    partner_id: PartnerId
    month: Month
    direction: Direction
    amount_minor: int
    currency: str
    reference: str
    recorded_by: StaffUserId
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What was paid for one statement in one currency."""

    currency: str
    received_minor: int = 0
    returned_minor: int = 0
    payments: int = 0

    @property
    def paid_minor(self) -> int:
        return self.received_minor - self.returned_minor

    def open_minor(self, owed_minor: int) -> int:
        """Return what the partner still owes; below zero is what the supplier owes it."""
        return owed_minor - self.paid_minor

    def pay(
        self,
        direction: Direction,
        amount_minor: int,
        *,
        partner_id: PartnerId,
        month: Month,
        reference: str,
        by: StaffUserId,
        now: datetime,
    ) -> PartnerPayment:
        """Return the payment to store.

        Raises:
            PartnerAmountOutOfRange, ReturnAboveReceived, TooManyPartnerPayments
        """
        if self.payments >= MOST_PARTNER_PAYMENTS:
            raise TooManyPartnerPayments(MOST_PARTNER_PAYMENTS)
        if not 1 <= amount_minor <= HIGHEST_ENTRY_MINOR:
            raise PartnerAmountOutOfRange(HIGHEST_ENTRY_MINOR, self.currency)
        if direction is Direction.RETURNED and amount_minor > self.paid_minor:
            raise ReturnAboveReceived(self.paid_minor, self.currency)
        return PartnerPayment(
            partner_id=partner_id,
            month=month,
            direction=direction,
            amount_minor=amount_minor,
            currency=self.currency,
            reference=contact_data.normalise_line(reference, longest=LONGEST_REFERENCE),
            recorded_by=by,
            recorded_at=now,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementBalance:
    """What one partner owes for one month in one currency, and what it has paid for it."""

    partner_id: PartnerId
    month: Month
    currency: str
    owed_minor: int
    paid_minor: int

    @property
    def open_minor(self) -> int:
        """What the partner still owes; below zero is what the supplier owes it."""
        return self.owed_minor - self.paid_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerBalance:
    """The open balance of all of a partner's statements in one currency.

    ``due_minor`` is what it owes for some months, ``to_return_minor`` what it has paid too much for
    others; ``statements`` are open since ``oldest``.
    """

    partner_id: PartnerId
    currency: str
    due_minor: int
    to_return_minor: int
    statements: int
    oldest: Month


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthBalance:
    """The statements of one month in one currency: how many are settled, and what is open."""

    month: Month
    currency: str
    owed_minor: int
    paid_minor: int
    due_minor: int
    to_return_minor: int
    unsettled: int
    settled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Revenue:
    """Confirmed sales of one day, one product or one partner, in one currency.

    Of ``day``, ``product_id`` and ``partner_id`` only those are set by which sales are grouped.
    Refunds are deducted. Retail is what guests pay, net what the supplier keeps of it.
    """

    day: date | None
    product_id: int | None
    partner_id: int | None
    currency: str
    bookings: int
    cancelled: int
    retail_minor: int
    net_minor: int
