"""A shadow of the wrong Django is told as such, and not as an edge that is wrong in everything."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from psycopg import AsyncConnection

from api_edge.postgresql.database import PsycopgDatabase, configure_connection, connection_arguments
from api_edge.settings import Settings
from shared_domain import rollout
from shared_domain.rollout import Evidence, Stage
from shared_domain.rollout.sql_store import SqlEndpointStore
from tests.harness.servers import running_edge
from tests.rollout.failing_stack import FailingStack
from tests.rollout.stack import WITH_STATUS, Stack, an_email

ONE = "GET /v1/users/{id}"


def test_django_on_another_database(
    stack: Stack, shared_failing_stack: FailingStack, tmp_path: Path
) -> None:
    user = stack.ask("POST", "/v1/users", {"email": an_email(), "age": 30}).body
    stack.set_stage(ONE, "shadow", most_mismatches=1_000)
    elsewhere = shared_failing_stack.django_port

    with running_edge(
        f"http://127.0.0.1:{elsewhere}",
        tmp_path / "edge.log",
        app=WITH_STATUS,
        database=stack.database,
    ) as edge:
        statuses = set()
        for compared in range(1, 13):
            statuses.add(stack.ask("GET", f"/v1/users/{user['id']}", port=edge.port).status)
            assert stack.verdicts(compared) == ["mismatch"] * compared
        evidence = asyncio.run(evidence_of(stack.database.owner_url, Stage.CANARY))

    assert statuses == {401}
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
