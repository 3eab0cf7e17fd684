"""The house of the failing edge: its door reaches PostgreSQL over a wire that tests can cut."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from deploy.database_url import with_parts
from tests.harness.databases import CommittedDatabase
from tests.harness.postgres_proxy_thread import LaidWire, laid_wire
from tests.rollout.house import Answer, House, an_email, open_house

LIST, CREATE = "GET /v1/users", "POST /v1/users"


@dataclass(kw_only=True)
class FailingHouse(House):
    """Asks in a way that makes the edge fail, and counts what was stored."""

    wire: LaidWire

    def read(self, way: str) -> Answer:
        return self.ask("GET", "/v1/users", headers={"X-Fail": way})

    def create(self, way: str, email: str | None = None, **headers: str) -> tuple[Answer, int]:
        """Return the answer, and how many rows the request has left."""
        email = email or an_email()
        told = {name.replace("_", "-"): value for name, value in headers.items()} | {"X-Fail": way}
        answer = self.ask("POST", "/v1/users", {"email": email, "age": 30}, headers=told)
        return answer, self.rows_of(email)

    def make_everybody_a_canary(self) -> None:
        """No number of failures is too many."""
        for name in (LIST, CREATE):
            self.set_stage(name, "canary", percent=100, most_errors=1_000_000)

    def rows_of(self, email: str) -> int:
        return int(self.value("SELECT count(*) FROM users_user WHERE email = %s", email))

    def be_quiet(self) -> None:
        """Wait until the edge has no findings left to write."""
        self.settle()

    def reason_of_stepping_back(self, name: str) -> str:
        """Return why the endpoint went back to ``shadow``, once the door goes by that."""
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
def open_failing_house(
    make_committed_database: Callable[[], AbstractContextManager[CommittedDatabase]], logs: Path
) -> Iterator[FailingHouse]:
    wires: list[LaidWire] = []

    @contextmanager
    def make_wired_database() -> Iterator[CommittedDatabase]:
        with make_committed_database() as database, laid_wire(database.edge_url) as wire:
            wires.append(wire)
            yield replace(database, edge_url=with_parts(wire.url))

    app = "tests.rollout.failing_edge:create_app()"
    told = {"PORTICO_TRUSTED_PROXIES": "127.0.0.1", "PORTICO_EDGE_POOL_WAIT_SECONDS": "1"}
    with open_house(make_wired_database, logs, app=app, **told) as house:
        yield FailingHouse(**vars(house), wire=wires[0])
