"""Behind PgBouncer in transaction mode both halves work: nothing outlasts a transaction."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from deploy.database_url import with_parts
from tests.harness.clients import CLARA, OctoClient, request_once
from tests.harness.committed_data import populate
from tests.harness.databases import CommittedDatabase, manage
from tests.harness.pgbouncer import SESSIONS, running_pgbouncer
from tests.harness.servers import running_bare_edge, running_django
from tests.harness.waiting import eventually
from tests.users.halves import an_email

pytestmark = pytest.mark.pgbouncer


@dataclass
class Place:
    edge_port: int
    django_port: int
    key: str
    database: CommittedDatabase
    through: CommittedDatabase

    def ask_site(self, method: str, path: str, body: object = None) -> int:
        return request_once(self.django_port, method, path, body, key=self.key).status


@pytest.fixture(scope="module")
def place(
    make_committed_database: Callable[[], AbstractContextManager[CommittedDatabase]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Place]:
    logs = tmp_path_factory.mktemp("pgbouncer")
    with make_committed_database() as database, running_pgbouncer(database) as through:
        keys = populate(database.owner_url)
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("PORTICO_DIRECT_DATABASE_URL", _server_of(database))
            with (
                running_bare_edge(through, logs / "edge.log") as edge_port,
                running_django(through, logs / "django.log") as django_port,
            ):
                # The first check of an answer reads the schemas, longer than a connection is kept.
                OctoClient(edge_port, keys.live).get("/octo/supplier")
                yield Place(edge_port, django_port, keys.live, database, through)


def _server_of(database: CommittedDatabase) -> str:
    """Return where the server is, and nothing else: each half has a login of its own."""
    parts = psycopg.conninfo.conninfo_to_dict(database.owner_url)
    server = {"host": str(parts["host"]), "port": str(parts.get("port", 5432))}
    return with_parts("postgresql://", **server)


def a_booking_travels(place: Place) -> list[int]:
    partner = OctoClient(place.edge_port, place.key)
    held = partner.reserve()
    path = f"/octo/bookings/{held.body['uuid']}"
    return [
        held.status,
        partner.get("/octo/products").status,
        partner.post(f"{path}/confirm", {"contact": CLARA}).status,
        partner.get(path).status,
        partner.post(f"{path}/cancel", {}).status,
    ]


def test_bookings_travel_through_few_sessions(place: Place) -> None:
    with ThreadPoolExecutor(8) as at_once:
        answers = list(at_once.map(lambda _: a_booking_travels(place), range(16)))

    assert answers == [[200] * 5] * 16
    assert sessions(place, "portico-edge") <= SESSIONS


def test_the_site_answers_through_few_sessions(place: Place) -> None:
    def work(_: int) -> tuple[int, int, bool]:
        return (
            place.ask_site("POST", "/v1/users", {"email": an_email(), "age": 30}),
            place.ask_site("GET", "/v1/users"),
            # Beside seven others the database may take longer than the second of readiness.
            eventually(lambda: place.ask_site("GET", "/health/ready") == 200),
        )

    with ThreadPoolExecutor(8) as at_once:
        assert list(at_once.map(work, range(16))) == [(201, 200, True)] * 16


def test_notices_come_over_a_session_of_their_own(place: Place) -> None:
    assert eventually(lambda: sessions(place, "portico-edge-listener") == 1)


def test_commands_and_the_worker_ask_the_server_itself(place: Place, tmp_path: Path) -> None:
    nowhere = with_parts(place.database.django_url, host="127.0.0.1", port="1")
    environment = place.database.environment | {
        "DATABASE_URL": nowhere,
        "PORTICO_DIRECT_DATABASE_URL": _server_of(place.database),
    }

    assert "OK" in manage("procrastinate", "healthchecks", environment=environment)


def sessions(place: Place, application: str) -> int:
    with psycopg.connect(place.database.owner_url) as owner:
        row = owner.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = %s",
            [application],
        ).fetchone()
    assert row is not None
    return int(row[0])
