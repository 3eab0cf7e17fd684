"""When PostgreSQL crashes, what was answered as stored is stored, and nothing else is.

The death of any of its processes makes PostgreSQL end all sessions, recover from its log, and give
the ids of transactions that had not reached the log to others.
"""

import asyncio
import os
import signal
from collections import defaultdict
from collections.abc import Iterator
from uuid import UUID, uuid4

import psycopg
import pytest

from api_edge.postgresql.database import Pool, Transaction, make_pool
from api_edge.settings import Settings
from deploy.embedded_postgres import EmbeddedPostgres
from shared_domain.idempotency import CommitOutcome
from tests.harness.databases import manage
from tests.harness.deploy_up import reachable_folder
from tests.harness.waiting import eventually

WRITERS = 8

#: Commits before a crash and between two: enough for ids to be given out again.
COMMITS_IN_BETWEEN = 40


@pytest.fixture
def url() -> Iterator[str]:
    """A server of its own, which may crash, with as much of the schema as a transaction needs."""
    with (
        reachable_folder() as folder,
        EmbeddedPostgres(folder / "data", log=folder / "log") as server,
    ):
        environment = os.environ | {"DATABASE_URL": server.url()}
        manage("migrate", "idempotency", "--skip-checks", environment=environment)
        with psycopg.connect(server.url()) as owner:
            owner.execute("CREATE TABLE work (id uuid)")
        yield server.url()


def crash(url: str) -> None:
    """Kill one of the server's processes."""
    with psycopg.connect(url) as doomed:
        os.kill(doomed.info.backend_pid, signal.SIGKILL)


class Writers:
    """Write without a pause, and keep what became of each write as its caller would be told."""

    def __init__(self) -> None:
        self.told: dict[CommitOutcome, set[UUID]] = defaultdict(set)
        self.are_done = False

    async def write(self, pool: Pool) -> None:
        while not self.are_done:
            work_id, transaction = uuid4(), Transaction(pool)
            try:
                await transaction.execute("INSERT INTO work VALUES (%(id)s)", {"id": work_id})
                await transaction.commit()
            except psycopg.OperationalError:
                await asyncio.sleep(0.01)
            finally:
                await transaction.close()
            self.told[transaction.commit_outcome].add(work_id)

    async def have_written(self, how_many: int) -> None:
        target = len(self.told[CommitOutcome.COMMITTED]) + how_many
        is_so = await asyncio.to_thread(
            eventually, lambda: len(self.told[CommitOutcome.COMMITTED]) >= target
        )
        assert is_so, {outcome: len(ids) for outcome, ids in self.told.items()}


async def write_through(url: str, *, crashes: int) -> dict[CommitOutcome, set[UUID]]:
    writers = Writers()
    async with (
        make_pool(Settings(database_url=url, pool_size=WRITERS)) as pool,
        asyncio.TaskGroup() as tasks,
    ):
        for _ in range(WRITERS):
            tasks.create_task(writers.write(pool))
        for _ in range(crashes):
            await writers.have_written(COMMITS_IN_BETWEEN)
            await asyncio.to_thread(crash, url)
        await writers.have_written(COMMITS_IN_BETWEEN)
        writers.are_done = True
    return writers.told


@pytest.mark.parametrize("crashes", [2, pytest.param(20, marks=pytest.mark.long)])
def test_what_is_told_is_true(url: str, crashes: int) -> None:
    told = asyncio.run(write_through(url, crashes=crashes))

    with psycopg.connect(url) as owner:
        stored = {work_id for (work_id,) in owner.execute("SELECT id FROM work")}
    assert told[CommitOutcome.COMMITTED] <= stored
    assert not told[CommitOutcome.NOT_STORED] & stored
    assert stored <= told[CommitOutcome.COMMITTED] | told[CommitOutcome.UNKNOWN]
