"""The worker's jobs for the roll-up of sales: fold differences, and compare with the bookings."""

import logging

from django.db import transaction
from procrastinate.contrib.django import app

from core_site import stores
from shared_domain import sales_rollup
from shared_domain.run_now import run_now

logger = logging.getLogger(__name__)

#: Differences that one transaction folds; it takes about a tenth of a second.
BATCH = 5_000


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="fold_sales")
def fold_sales(timestamp: int | None = None) -> None:
    """Fold the differences into the sums of days and months, a batch at a time."""
    while fold_batch(BATCH) == BATCH:
        pass


@app.periodic(cron="53 3 * * *")
@app.task(queueing_lock="compare_sales")
def compare_sales(timestamp: int | None = None) -> None:
    """Log an error if the sums are not those of the bookings; it reads every booking once."""
    found = run_now(sales_rollup.find_deviations(store=stores.sales_rollup()))
    if found:
        logger.error(
            "the roll-up of sales is wrong for %d sums of days and %d of months: "
            "`manage.py sales_rollup check` shows some, `manage.py sales_rollup repair` mends them",
            found.days,
            found.months,
        )


def fold_batch(most: int) -> int:
    """Fold at most so many differences in a transaction, and return how many it were."""
    with transaction.atomic():
        return run_now(sales_rollup.fold_changes(most=most, store=stores.sales_rollup()))
