"""The roll-up of sales: stored sums of what was sold by day, and of what partners owe by month.

    a booking is ──trigger, in the same──▶ SaleChange ──fold_changes, by──▶ SoldDay, OwedMonth
    sold, changed     transaction         (differences)    the worker         (sums)

Each change of a booking appends a row of differences; a sale updates no row of the roll-up, so
sales of one partner and day do not wait for each other. The worker folds the differences into the
sums and deletes them in one transaction. Readers (``settlements``, ``statements``) add up both: a
figure is exact at every moment, whether the worker runs or not, and costs the same whatever the
number of bookings.

The trigger is in ``core_site/sales_rollup/migrations/rollup.sql``, which also says which bookings
count and with what. Differences may be added in any order, so ``repair`` needs no lock: it adds
what one snapshot lacks.

A sale pays 0.08 ms of PostgreSQL and 230 bytes of its log. With 64 writers on one partner and day
there were 640 to 795 changes a second, where sums that each sale updates allowed 57 to 95; a
materialised view would read every sale, and be late.
"""

from shared_domain.sales_rollup.model import OwedMonth, SaleChange, SalesSums, SoldDay, add_up
from shared_domain.sales_rollup.services import (
    Deviation,
    SalesRollupStore,
    find_deviations,
    fold_changes,
    repair,
)

__all__ = [
    "Deviation",
    "OwedMonth",
    "SaleChange",
    "SalesRollupStore",
    "SalesSums",
    "SoldDay",
    "add_up",
    "find_deviations",
    "fold_changes",
    "repair",
]
