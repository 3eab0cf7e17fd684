"""The roll-up of sales must come to the bookings' sums, whatever of it was folded."""

from core_site import stores
from shared_domain import sales_rollup
from shared_domain.run_now import run_now
from shared_domain.sales_rollup import Deviation


def check_sales() -> None:
    found = run_now(sales_rollup.find_deviations(store=stores.sales_rollup()))
    assert found == Deviation(0, 0, ())


def fold(most: int = 1000) -> int:
    return run_now(sales_rollup.fold_changes(most=most, store=stores.sales_rollup()))
