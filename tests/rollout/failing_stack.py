"""The stack of the failing edge: its edge reaches PostgreSQL over a wire that tests can cut."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from deploy.database_url import with_parts
from tests.harness.clients import Answer
from tests.harness.databases import CommittedDatabase
from tests.harness.postgres_proxy_thread import PostgresProxyThread, running_postgres_proxy
from tests.rollout.stack import Stack, an_email, running_stack

LIST, CREATE = "GET /v1/users", "POST /v1/users"


@dataclass(kw_only=True)
class FailingStack(Stack):
    """Asks in a way that makes the edge fail, and counts what was stored."""

    wire: PostgresProxyThread

    def read(self, way: str) -> Answer:
        return self.ask("GET", "/v1/users", headers={"X-Fail": way})

    def create(self, way: str, email: str | None = None, **headers: str) -> tuple[Answer, int]:
        """Return the answer, and how many rows the request has left."""
        email = email or an_email()
        told = {name.replace("_", "-"): value for name, value in headers.items()} | {"X-Fail": way}
        answer = self.ask("POST", "/v1/users", {"email": email, "age": 30}, headers=told)
        return answer, self.rows_of(email)

    def make_every_caller_a_canary(self) -> None:
        """No number of failures is too many."""
        for name in (LIST, CREATE):
            self.set_stage(name, "canary", percent=100, most_errors=1_000_000)

    def rows_of(self, email: str) -> int:
        return int(self.value("SELECT count(*) FROM users_user WHERE email = %s", email))

    def rollback_reason(self, name: str) -> str:
        """Return why the endpoint went back to ``shadow``, once the edge goes by that."""
        self.wait_for_stages("shadow", name)
        (actor, to_stage, reason) = self.rows(
            "SELECT c.actor, c.to_stage, c.reason FROM endpoints_stagechange c"
            "  JOIN endpoints_endpoint e ON e.id = c.endpoint_id"
            " WHERE e.method || ' ' || e.path_template = %s ORDER BY c.id DESC LIMIT 1",
            name,
        )[0]
        assert (actor, to_stage) == ("budget", "shadow")
        return str(reason)


@contextmanager
def running_failing_stack(
    make_committed_database: Callable[[], AbstractContextManager[CommittedDatabase]], logs: Path
) -> Iterator[FailingStack]:
    wires: list[PostgresProxyThread] = []

    @contextmanager
    def make_wired_database() -> Iterator[CommittedDatabase]:
        with (
            make_committed_database() as database,
            running_postgres_proxy(database.edge_url) as wire,
        ):
            wires.append(wire)
            yield replace(database, edge_url=with_parts(wire.url))

    app = "tests.rollout.failing_edge:create_app()"
    with running_stack(
        make_wired_database,
        logs,
        app=app,
        PORTICO_TRUSTED_PROXIES="127.0.0.1",
        PORTICO_EDGE_POOL_WAIT_SECONDS="1",
    ) as stack:
        yield FailingStack(**vars(stack), wire=wires[0])
