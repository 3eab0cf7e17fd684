"""While PostgreSQL is away, the edge goes by the stages it knows, and recovers by itself.

The short form cuts the connections of an edge, the long one restarts a server of its own.
"""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
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
from tests.rollout.failing_stack import FailingStack
from tests.rollout.stack import OUT_OF_REACH, WITH_STATUS, an_email
from tests.rollout.test_a_spent_budget_rolls_back import spent

#: Each stage with a call of an endpoint in it, and which half answers while PostgreSQL is there.
CALLS = {
    "django": ("PATCH /v1/users/{id}", "django"),
    "shadow": ("GET /v1/users", "django"),
    "canary": ("GET /v1/users/{id}", "edge"),
    "edge": ("POST /v1/users", "edge"),
}


@pytest.fixture
def stages(failing_stack: FailingStack) -> Iterator[dict[str, Callable[[], tuple[str, int]]]]:
    """One endpoint in each stage, with what calls it: which half answered, and the status."""
    stack = failing_stack
    user_id = stack.create("")[0].body["id"]

    def call(name: str) -> tuple[str, int]:
        method, path = name.replace("{id}", user_id).split(" ")
        new = {"PATCH": {"age": 31}, "POST": {"email": an_email(), "age": 30}}.get(method)
        answer = stack.ask(method, path, new)
        return answer.side, answer.status

    for stage, (name, _) in CALLS.items():
        share = 100 if stage == "canary" else 0
        stack.set_stage(name, stage, percent=share, most_errors=1, most_mismatches=1)
    yield {stage: partial(call, name) for stage, (name, _) in CALLS.items()}
    stack.wire.restore()
    assert eventually(lambda: stack.create("")[1] == 1)


def test_an_edge_without_it_moves_nothing(
    failing_stack: FailingStack, stages: dict[str, Callable[[], tuple[str, int]]]
) -> None:
    """PostgreSQL takes no connection of the edge, and Django has its own."""
    stack = failing_stack
    before: dict[str, tuple[str, int]] = {}

    def is_each_where_it_belongs() -> bool:
        before.update({stage: stages[stage]() for stage in stages})
        return {stage: side for stage, (side, _) in before.items()} == {
            stage: side for stage, (_, side) in CALLS.items()
        }

    # Its connections may still be coming back from the last time.
    assert eventually(is_each_where_it_belongs), before
    changes = stack.value("SELECT count(*) FROM endpoints_stagechange")

    stack.wire.cut()
    away = {stage: [stages[stage](), stages[stage]()] for stage in stages}
    elsewhere = stack.ask("GET", "/admin/login/")
    stack.wire.restore()

    # A canary whose partner cannot be looked up is answered as all others.
    assert away == {
        "django": [("django", 200)] * 2,
        "shadow": [("django", 200)] * 2,
        "canary": [("django", 200)] * 2,
        "edge": [("edge", 503)] * 2,
    }
    assert elsewhere.status == 200
    assert eventually(lambda: {stage: stages[stage]() for stage in stages} == before)
    assert {stack.stage(name): spent(stack, name) for name, _ in CALLS.values()} == dict.fromkeys(
        CALLS, (0, 0)
    )
    assert stack.value("SELECT count(*) FROM endpoints_stagechange") == changes
    # What is decided from now on is heard again.
    stack.set_stage("POST /v1/users", "django")
    assert stages["edge"]() == ("django", 201)


def test_an_edge_that_starts_meanwhile_does_not_guess_the_stage(
    failing_stack: FailingStack,
    stages: dict[str, Callable[[], tuple[str, int]]],
    tmp_path: Path,
) -> None:
    stack = failing_stack
    stack.set_stage("GET /v1/users", "edge")
    stack.wire.cut()

    with running_edge(
        f"http://127.0.0.1:{stack.django_port}",
        tmp_path / "early.log",
        PORTICO_EDGE_POOL_WAIT_SECONDS="0.5",
        database=stack.database,
    ) as early:
        away = [stack.ask("GET", path, port=early.port) for path in ("/v1/users", "/octo/supplier")]
        elsewhere = [
            stack.ask("GET", "/admin/login/", port=early.port),
            stack.ask("DELETE", "/v1/users", port=early.port),
        ]
        stack.wire.restore()

        assert [answer.status for answer in away] == [503, 503]
        # Django knows no such method there, and says so itself.
        assert [(answer.status, answer.side) for answer in elsewhere] == [
            (200, "django"), (405, "django"),
        ]  # fmt: skip
        assert eventually(lambda: stack.ask("GET", "/v1/users", port=early.port).side == "edge")


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
    django: Server
    edge: Server
    keys: Keys

    def ask(self, method: str, path: str) -> tuple[str, int]:
        """Return which half answered, and the status."""
        answer = request_once(self.edge.port, method, path, key=self.keys.live)
        return "django" if '"head"' in answer.text else "edge", answer.status

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
        with (
            running_recorder(logs / "django.log") as django,
            running_edge(
                f"http://127.0.0.1:{django.port}",
                logs / "edge.log",
                app=WITH_STATUS,
                PORTICO_EDGE_POOL_WAIT_SECONDS="0.5",
                database=database,
            ) as edge,
        ):
            place = Place(server, database, django, edge, keys)
            place.sql(
                "UPDATE endpoints_endpoint SET is_on_site = true WHERE path_shape LIKE '/v1%'"
            )
            yield place


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


@pytest.mark.long
def test_a_restart_moves_nothing(place: Place, stage: str) -> None:
    before = ("edge" if stage in {"canary", "edge"} else "django", 200)
    # The edge may still be coming back from the last time.
    assert eventually(lambda: place.ask("GET", "/v1/users") == before)

    place.server.stop()
    away = [place.ask("GET", "/v1/users"), place.ask("GET", "/v1/users")]
    elsewhere = place.ask("GET", "/v1/statements")
    place.server.start()

    # A canary whose partner cannot be looked up is answered as all others.
    assert set(away) == {("edge", 503) if stage == "edge" else ("django", 200)}
    assert elsewhere == ("django", 200)
    assert eventually(lambda: place.ask("GET", "/v1/users") == before)
    assert place.sql("SELECT DISTINCT stage, errors FROM endpoints_endpoint WHERE is_on_site") == [
        (stage, 0)
    ]
    assert place.sql("SELECT count(*) FROM endpoints_stagechange") == [(0,)]
    # What is decided from now on is heard again.
    place.sql("UPDATE endpoints_endpoint SET stage = 'django', percent = 0 WHERE is_on_site")
    assert eventually(lambda: place.ask("GET", "/v1/users") == ("django", 200))
