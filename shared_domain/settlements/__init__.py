"""Settlements: what partners have paid for their statements, what is open, and what was sold.

    open = owed by the statement − (received − returned)

    open > 0   the partner owes it
    open < 0   it is the partner's: bookings were cancelled after it had paid
    open = 0   settled

The sum owed by a statement follows from its bookings (``shared_domain.statements``), so a
cancellation after the payment reopens the month by itself. A payment is never changed; a mistaken
one is corrected by a payment in the other direction.
"""

from shared_domain.settlements.errors import (
    PartnerAmountOutOfRange,
    ReturnAboveReceived,
    SettlementRefused,
    TooManyPartnerPayments,
)
from shared_domain.settlements.model import (
    MOST_PARTNER_PAYMENTS,
    Direction,
    MonthBalance,
    PartnerBalance,
    PartnerPayment,
    Revenue,
    StatementBalance,
    Sums,
)
from shared_domain.settlements.services import (
    SettlementStore,
    daily_revenue,
    daily_revenue_of_partners,
    daily_revenue_of_products,
    list_month_balances,
    list_open_partners,
    list_open_statements,
    list_open_statements_of_partner,
    record_partner_payment,
    revenue,
    sums_of_month,
)

__all__ = [
    "MOST_PARTNER_PAYMENTS",
    "Direction",
    "MonthBalance",
    "PartnerBalance",
    "PartnerAmountOutOfRange",
    "PartnerPayment",
    "ReturnAboveReceived",
    "Revenue",
    "SettlementRefused",
    "SettlementStore",
    "StatementBalance",
    "Sums",
    "TooManyPartnerPayments",
    "daily_revenue",
    "daily_revenue_of_partners",
    "daily_revenue_of_products",
    "list_month_balances",
    "list_open_partners",
    "list_open_statements",
    "list_open_statements_of_partner",
    "record_partner_payment",
    "revenue",
    "sums_of_month",
]
