"""A shadow of the wrong Django is told as such, and not as an edge that is wrong in everything."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

from psycopg import AsyncConnection

from api_edge.postgresql.database import PsycopgDatabase, configure_connection, connection_arguments
from api_edge.settings import Settings
from shared_domain import rollout
from shared_domain.rollout import Evidence, Stage
from shared_domain.rollout.sql_store import SqlEndpointStore
from tests.harness.databases import CommittedDatabase
from tests.harness.servers import running_django, running_edge
from tests.rollout.wrong_stack import WrongStack

ONE = "GET /v1/users/{id}"


def test_django_on_another_database(
    wrong_stack: WrongStack,
    make_committed_database: Callable[[], AbstractContextManager[CommittedDatabase]],
    tmp_path: Path,
) -> None:
    path = f"/v1/users/{wrong_stack.a_user()['id']}"
    wrong_stack.set_stage(ONE, "shadow")
    wrong_stack.forget_findings()

    with (
        make_committed_database() as empty,
        running_django(empty, tmp_path / "empty.log") as port,
        running_edge(
            f"http://127.0.0.1:{port}",
            tmp_path / "edge.log",
            database=wrong_stack.database,
        ) as edge,
    ):
        compared = [wrong_stack.compare("GET", path, port=edge.port) for _ in range(12)]
        assert wrong_stack.verdicts(12) == ["mismatch"] * 12
        evidence = asyncio.run(evidence_of(wrong_stack.database.owner_url, Stage.CANARY))

    assert {comparison.answer.status for comparison in compared} == {401}
    assert {comparison.verdict for comparison in compared} == {"mismatch"}
    assert evidence.stats.is_misconfigured
    assert evidence.verdict is rollout.PromotionVerdict.MISCONFIGURED
    assert "DJANGO_URL" in evidence.missing[0]


async def evidence_of(owner_url: str, target: Stage) -> Evidence:
    opened = await AsyncConnection.connect(owner_url, **connection_arguments())
    async with opened:
        await configure_connection(opened, Settings(database_url=owner_url))
        method, path = ONE.split(" ")
        return await rollout.evidence_for(
            (method, path),
            target,
            now=datetime.now(UTC),
            store=SqlEndpointStore(PsycopgDatabase(opened)),
        )
