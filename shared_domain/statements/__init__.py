"""Statements: what a partner owes for its bookings, month by month.

    hold ──confirm──▶ owes its net price ──redeem──▶ still owes it
     │                 └──cancel──▶ owes what the refund leaves of it
     └──let go──▶ no line

A booking counts in the month of its local travel date; one without a date, in that of its sale:
the product's local date when it was confirmed, stored then, so that no later change of zone rules
moves it. What a refund leaves is what was decided and stored when the booking was cancelled. One
that was cancelled before it was confirmed has a line only if something of it was kept; without a
date it counts on the day it was cancelled.

Totals are read from the roll-up of sales (``shared_domain.sales_rollup``), so they cost the same
whatever the number of bookings; lines are those of the bookings themselves.

Tests owe nothing and are never listed: a test key's list of months is empty, and so is each month,
whatever the partner owes for what it sold live. The same holds for a live key in the
test environment.
"""

from shared_domain.statements.errors import InvalidMonth, InvalidPlace
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
    Total,
)
from shared_domain.statements.services import (
    StatementStore,
    list_months,
    list_months_between,
    month_statement,
    partner_totals,
    statement_line,
    statement_page,
)

__all__ = [
    # What can be asked
    "list_months",
    "list_months_between",
    "month_statement",
    "partner_totals",
    "statement_line",
    "statement_page",
    # With what
    "BilledBooking",
    "Line",
    "LinePlace",
    "LinesPage",
    "Month",
    "MonthTotals",
    "PartnerTotal",
    "PlacedLine",
    "Statement",
    "StatementStore",
    "Total",
    # What can be wrong
    "InvalidMonth",
    "InvalidPlace",
]
