"""The worker's jobs for the roll-up of sales: fold changes into it, compare it with bookings."""

import logging

from django.db import transaction
from procrastinate.contrib.django import app

from core_site import stores
from shared_domain import sales_rollup
from shared_domain.run_now import run_now

logger = logging.getLogger(__name__)

#: How many changes one transaction folds; it takes about a tenth of a second.
BATCH = 5_000


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="fold_sales")
def fold_sales(timestamp: int | None = None) -> None:
    """Fold the changes of sales into the sums of days and months, a batch per transaction."""
    while fold_batch(BATCH) == BATCH:
        pass


@app.periodic(cron="53 3 * * *")
@app.task(queueing_lock="compare_sales")
def compare_sales(timestamp: int | None = None) -> None:
    """Log an error if the sums differ from those of the bookings; it reads every booking once."""
    found = run_now(sales_rollup.find_deviations(store=stores.sales_rollup()))
    if found:
        logger.error(
            "the roll-up of sales is wrong for %d sums of days and %d of months: "
            "`manage.py sales_rollup check` shows some, `manage.py sales_rollup repair` mends them",
            found.days,
            found.months,
        )


def fold_batch(most: int) -> int:
    """Fold at most ``most`` changes in a transaction, and return how many it folded."""
    with transaction.atomic():
        return run_now(sales_rollup.fold_changes(most=most, store=stores.sales_rollup()))
