"""While PostgreSQL restarts, the edge goes by the stages it knows, and recovers by itself."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
import pytest

from deploy.database_url import with_parts
from deploy.embedded_postgres import EmbeddedPostgres
from tests.harness.clients import request_once
from tests.harness.committed_data import Keys, populate
from tests.harness.databases import CommittedDatabase, committed_copy
from tests.harness.deploy_up import reachable_folder
from tests.harness.servers import Server, running_edge, running_recorder
from tests.harness.waiting import eventually
from tests.rollout.stack import OUT_OF_REACH, WITH_STATUS


class OwnServer:
    """A PostgreSQL that keeps its address when it is restarted."""

    def __init__(self, folder: Path, address: Path) -> None:
        self._folder = folder
        self._address = address
        self._running = self._start()
        self.url = with_parts(self._running.url(), host=str(address))

    def _start(self) -> EmbeddedPostgres:
        server = EmbeddedPostgres(self._folder / "data", log=self._folder / "log", is_fast=True)
        server.start()
        self._address.symlink_to(psycopg.conninfo.conninfo_to_dict(server.url())["host"])
        return server

    @property
    def process(self) -> psutil.Process:
        assert self._running.child is not None
        return psutil.Process(self._running.child.pid)

    def start(self) -> None:
        self._running = self._start()

    def stop(self) -> None:
        self._address.unlink()
        self._running.stop()


@dataclass
class Place:
    """An edge before a Django that needs no database, and the server of its own database."""

    server: OwnServer
    database: CommittedDatabase
    site: Server
    edge: Server
    keys: Keys

    def ask(self, method: str, path: str, *, edge: Server | None = None) -> tuple[str, int]:
        """Return which half answered, and the status."""
        port = (edge or self.edge).port
        answer = request_once(port, method, path, key=self.keys.live)
        return "site" if '"head"' in answer.text else "edge", answer.status

    def known_stages(self) -> list[str]:
        """Return the stages that the edge knows of endpoints that Django has as well."""
        known = request_once(self.edge.port, "GET", "/health/rollout").body["endpoints"]
        return [known[name]["stage"] for name in known if " /v1/" in name]

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.database.owner_url) as owner:
            found = owner.execute(statement)
            return found.fetchall() if found.description else []


@pytest.fixture(scope="module")
def server() -> Iterator[OwnServer]:
    with reachable_folder() as folder, tempfile.TemporaryDirectory(prefix="own-") as short:
        server = OwnServer(folder, Path(short) / "socket")
        yield server
        server.stop()


@pytest.fixture(scope="module")
def place(server: OwnServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    logs = tmp_path_factory.mktemp("away")
    with committed_copy(server.url) as database:
        keys = populate(database.owner_url)
        with running_recorder(logs / "site.log") as site, opened_edge(logs, site, database) as edge:
            place = Place(server, database, site, edge, keys)
            place.sql(
                "UPDATE endpoints_endpoint SET is_on_site = true WHERE path_shape LIKE '/v1%'"
            )
            yield place


@contextmanager
def opened_edge(logs: Path, site: Server, database: CommittedDatabase) -> Iterator[Server]:
    with running_edge(
        f"http://127.0.0.1:{site.port}",
        logs / "edge.log",
        app=WITH_STATUS,
        PORTICO_EDGE_POOL_WAIT_SECONDS="0.5",
        database=database,
    ) as edge:
        yield edge


@pytest.fixture(params=["django", "shadow", "canary", "edge"])
def stage(place: Place, request: pytest.FixtureRequest) -> str:
    place.sql(
        f"UPDATE endpoints_endpoint SET stage = '{request.param}', stage_since = now(),"
        f" percent = {100 if request.param == 'canary' else 0}, sample_percent = 0,"
        " errors = 0, mismatches = 0, most_errors = 1, most_mismatches = 1,"
        f" guarded_calls = 0, {OUT_OF_REACH} WHERE is_on_site"
    )
    assert eventually(lambda: set(place.known_stages()) == {request.param})
    return str(request.param)


def test_a_restart_moves_nothing(place: Place, stage: str) -> None:
    before = ("edge" if stage in {"canary", "edge"} else "site", 200)
    # The edge may still be coming back from the last time.
    assert eventually(lambda: place.ask("GET", "/v1/users") == before)

    place.server.stop()
    away = [place.ask("GET", "/v1/users"), place.ask("GET", "/v1/users")]
    elsewhere = place.ask("GET", "/v1/statements")
    place.server.start()

    # A canary whose partner cannot be looked up is answered as all others.
    assert set(away) == {("edge", 503) if stage == "edge" else ("site", 200)}
    assert elsewhere == ("site", 200)
    assert eventually(lambda: place.ask("GET", "/v1/users") == before)
    assert place.sql("SELECT DISTINCT stage, errors FROM endpoints_endpoint WHERE is_on_site") == [
        (stage, 0)
    ]
    assert place.sql("SELECT count(*) FROM endpoints_stagechange") == [(0,)]
    # What is decided from now on is heard again.
    place.sql("UPDATE endpoints_endpoint SET stage = 'django', percent = 0 WHERE is_on_site")
    assert eventually(lambda: place.ask("GET", "/v1/users") == ("site", 200))


def test_an_edge_that_starts_meanwhile_does_not_guess_the_stage(
    place: Place, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place.sql("UPDATE endpoints_endpoint SET stage = 'edge', guarded_calls = 0 WHERE is_on_site")
    place.server.stop()
    logs = tmp_path_factory.mktemp("early")

    with opened_edge(logs, place.site, place.database) as edge:
        away = {path: place.ask("GET", path, edge=edge) for path in ("/v1/users", "/octo/supplier")}
        elsewhere = [
            place.ask("GET", "/admin/", edge=edge),
            place.ask("GET", "/v1/statements", edge=edge),
            place.ask("DELETE", "/v1/users", edge=edge),
        ]
        place.server.start()

        assert set(away.values()) == {("edge", 503)}
        assert elsewhere == [("site", 200)] * 3
        assert eventually(lambda: place.ask("GET", "/v1/users", edge=edge) == ("edge", 200))
