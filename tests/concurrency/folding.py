"""A process that folds differences of sales until it is killed; run as ``python -m``.

Its argument is the database. Before each commit it prints how many differences it has taken.
"""

import asyncio
import sys

from api_edge.postgresql.database import PsycopgDatabase, make_pool
from shared_domain.sales_rollup import fold_changes
from shared_domain.sales_rollup.sql_store import SqlSalesRollupStore
from tests.concurrency.callers import patient_settings


async def work(url: str) -> None:
    async with (
        make_pool(patient_settings(url)) as pool,
        pool.connection() as connection,
    ):
        store = SqlSalesRollupStore(PsycopgDatabase(connection))
        while True:
            async with connection.transaction():
                folded = await fold_changes(most=3, store=store)
                if folded:
                    sys.stdout.write(f"{folded}\n")
                    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(work(*sys.argv[1:]))
