"""Statements: what a partner owes for its bookings, month by month.

    hold ──confirm──▶ owes its net price ──redeem──▶ still owes it
     │                 └──cancel──▶ owes what the refund leaves of it
     └──let go──▶ no line

A booking counts in the month of its local travel date; one without a date, on the day it was
confirmed, by the product's own clock. One that was cancelled before it was confirmed has a line
only if it still owes something. Tests owe nothing and are never listed.
"""

from shared_domain.statements.errors import MonthUnusable
from shared_domain.statements.model import Line, Month, MonthTotals, Statement, Total
from shared_domain.statements.services import StatementStore, list_months, month_statement

__all__ = [
    # What can be asked
    "list_months",
    "month_statement",
    # With what
    "Line",
    "Month",
    "MonthTotals",
    "Statement",
    "StatementStore",
    "Total",
    # What can be wrong
    "MonthUnusable",
]
