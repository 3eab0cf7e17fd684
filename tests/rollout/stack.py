"""A stack: Django with an edge before it on one database, and a look at its registry."""

import http.client
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg

from tests.harness.clients import Answer, request_once
from tests.harness.committed_data import Keys, populate
from tests.harness.databases import CommittedDatabase
from tests.harness.servers import Server, running, running_edge
from tests.harness.waiting import eventually

_numbers = count(1)

#: The edge of tests that wait until it knows a stage.
WITH_STATUS = "tests.rollout.edge_with_status:create_app()"

#: However long Django takes, as when it starts on a busy machine, calls wait for their turn.
PATIENT = {"PORTICO_DJANGO_WAIT_SECONDS": "60"}

#: Budgets that a busy machine spends. A test of one of them sets that one itself.
BUDGETS_OF_TIME: dict[str, object] = {
    "most_latency_ratio": 1_000_000,
    "most_tail_ratio": 1_000_000,
    "timeout_ms": 3_600_000,
    "most_timeout_percent": 100,
}

#: The same, as assignments in SQL.
OUT_OF_REACH = ", ".join(f"{column} = {value}" for column, value in BUDGETS_OF_TIME.items())


class DjangoServer:
    """Django on a port that stays its own, however often it is killed and started again."""

    def __init__(self, database: CommittedDatabase, log: Path) -> None:
        self._database, self._log = database, log
        self._processes = ExitStack()
        self.port = 0

    def __enter__(self) -> "DjangoServer":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._processes.close()

    def start(self) -> None:
        """Start it; it listens at once, and answers when it has imported its code."""
        listening = socket.create_server(("127.0.0.1", self.port), backlog=512)
        self.port = listening.getsockname()[1]
        arguments = ["-m", "gunicorn", "core_site.config.wsgi:application", "--no-control-socket"]
        self._server = self._processes.enter_context(
            running(
                "django",
                [*arguments, "--threads=8", "--bind=fd://{fd}"],
                log=self._log,
                environment=self._database.environment,
                listening=listening,
            )
        )

    def kill(self) -> None:
        """End it and its workers without a word."""
        with suppress(ProcessLookupError):
            os.killpg(self._server.child.pid, signal.SIGKILL)
        self._processes.close()


@dataclass
class Stack:
    """The running processes and the owner's view of the rows."""

    edge: Server
    django: DjangoServer
    keys: Keys
    database: CommittedDatabase
    owner: "psycopg.Connection[tuple[Any, ...]]"
    workers: int = 1

    @property
    def django_port(self) -> int:
        return self.django.port

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        key: str | None = None,
        headers: dict[str, str] | None = None,
        port: int | None = None,
    ) -> Answer:
        """Send a request to the edge, with the live key unless told otherwise."""
        return request_once(
            port or self.edge.port, method, path, body, key=key or self.keys.live, headers=headers
        )

    def rows(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        return self.owner.execute(statement, parameters).fetchall()

    def value(self, statement: str, *parameters: object) -> Any:
        return self.rows(statement, *parameters)[0][0]

    def set_stage(self, name: str, stage: str, *, percent: int = 0, **columns: object) -> None:
        """Set a stage as the service would, and wait until the edge knows it.

        Budgets of time are out of reach unless they are among the ``columns``.
        """
        method, path = name.split(" ")
        columns = {"stage": stage, "percent": percent, "stage_since": datetime.now(UTC)} | columns
        columns = {"mismatches": 0, "errors": 0} | BUDGETS_OF_TIME | columns
        given = ", ".join(f"{column} = %s" for column in columns)
        self.owner.execute(
            f"UPDATE endpoints_endpoint SET {given} WHERE method = %s AND path_template = %s",
            [*columns.values(), method, path],
        )
        since = columns["stage_since"]
        self.wait_for_edge(lambda known: datetime.fromisoformat(known[name]["since"]) == since)

    def change_all(self, assignments: str, *parameters: object, where: str = "is_on_site") -> None:
        """Change many endpoints at once, and wait for nothing."""
        # In the order in which the edge locks them, so that no two wait in a circle.
        self.owner.execute(
            f"UPDATE endpoints_endpoint SET {assignments} WHERE id = ANY (ARRAY("
            f"SELECT id FROM endpoints_endpoint WHERE {where} ORDER BY id FOR NO KEY UPDATE))",
            parameters,
        )

    def pin(self, name: str, partner: str, side: str) -> None:
        method, path = name.split(" ")
        self.owner.execute(
            "INSERT INTO endpoints_pin (endpoint_id, partner_id, side)"
            " SELECT e.id, p.id, %s FROM endpoints_endpoint e, partners_partner p"
            "  WHERE e.method = %s AND e.path_template = %s AND p.code = %s"
            " ON CONFLICT (endpoint_id, partner_id) DO UPDATE SET side = EXCLUDED.side",
            [side, method, path, partner],
        )
        pinned = str(self.value("SELECT id FROM partners_partner WHERE code = %s", partner))
        self.wait_for_edge(lambda known: known[name]["pins"].get(pinned) == side)

    def wait_for_stages(self, stage: str, *names: str) -> None:
        """Wait until every process goes by this stage of these endpoints."""
        self.wait_for_edge(lambda known: all(known[name]["stage"] == stage for name in names))

    def settle(self) -> None:
        """Wait until nothing is under way in the edge, and what was counted is stored."""
        self.wait_for_edge(lambda known: True, "?settled")

    def wait_for_edge(self, is_so: Callable[[dict[str, Any]], bool], question: str = "") -> None:
        """Wait until it is so in what every process of the edge tells (``edge_with_status.py``)."""
        obeying: set[int] = set()

        def is_so_in_every_process() -> bool:
            answer = self.ask("GET", f"/health/rollout{question}")
            # The database may be on its way back.
            if answer.status == http.client.OK and is_so(answer.body["endpoints"]):
                obeying.add(answer.body["pid"])
            return len(obeying) == self.workers

        assert eventually(is_so_in_every_process), self.edge.log.read_text()[-3000:]

    @contextmanager
    def limits(self, **seconds: float) -> Iterator[None]:
        """Have the edge wait that long; for one of a single process."""
        before = self._set_limits(seconds)
        try:
            yield
        finally:
            self._set_limits(before)

    def _set_limits(self, seconds: dict[str, float]) -> dict[str, float]:
        before: dict[str, float] = self.ask("GET", f"/health/limits?{urlencode(seconds)}").body
        return before

    def stage(self, name: str) -> str:
        method, path = name.split(" ")
        return str(
            self.value(
                "SELECT stage FROM endpoints_endpoint WHERE method = %s AND path_template = %s",
                method,
                path,
            )
        )

    def guard(self, calls: int) -> None:
        """Guard so many calls of each status class, of every endpoint and with each build anew."""
        # What agreed until now and is not stored yet would count afterwards.
        self.settle()
        self.owner.execute("DELETE FROM endpoints_guardedclass")
        self.owner.execute("UPDATE endpoints_endpoint SET guarded_calls = %s", [calls])
        # Endpoints that a half registers later are guarded alike.
        self.owner.execute(
            f"ALTER TABLE endpoints_endpoint ALTER guarded_calls SET DEFAULT {calls:d}"
        )

    def forget_findings(self) -> None:
        """Begin with nothing compared."""
        self.settle()
        self.owner.execute(
            "TRUNCATE endpoints_paritycheck, endpoints_difference, endpoints_endpointhour,"
            " endpoints_noise, endpoints_recording, endpoints_pin, endpoints_selftest,"
            " endpoints_guardedclass CASCADE"
        )

    def learn_noise(self, name: str, path: str, kind: str) -> None:
        """Have the edge take a place for noise with every build, and wait until it knows."""
        method, template = name.split(" ")
        self.owner.execute(
            "WITH place AS (INSERT INTO endpoints_noise (endpoint_id, path, kind, learned_at)"
            " SELECT id, %s, %s, now() FROM endpoints_endpoint"
            "  WHERE method = %s AND path_template = %s RETURNING id)"
            " INSERT INTO endpoints_buildnoise (noise_id, build_id, learned_at)"
            " SELECT place.id, b.id, now() FROM place, endpoints_build b",
            [path, kind, method, template],
        )

    def forget_noise(self, path: str) -> None:
        self.owner.execute(
            "DELETE FROM endpoints_buildnoise USING endpoints_noise n"
            " WHERE noise_id = n.id AND n.path = %s",
            [path],
        )
        self.owner.execute("DELETE FROM endpoints_noise WHERE path = %s", [path])

    def has_had_first_canaries(self) -> None:
        """Have each build that has answered until now be one that callers know."""

        def has_answered() -> bool:
            # A process that does not know the endpoints yet passes on without a build.
            self.ask("GET", "/v1/users")
            return bool(self.rows("SELECT FROM endpoints_build"))

        assert eventually(has_answered)
        self.owner.execute(
            "INSERT INTO endpoints_edgecalls (endpoint_id, build_id, stage_since, calls, fell_back)"
            " SELECT e.id, b.id, '-infinity', 1000, 0 FROM endpoints_endpoint e, endpoints_build b"
            " ON CONFLICT DO NOTHING"
        )

    def verdicts(self, how_many: int) -> list[str]:
        """Return the verdicts of the comparisons, once there are so many."""
        found: list[tuple[Any, ...]] = []

        def are_there() -> bool:
            found[:] = self.rows("SELECT verdict FROM endpoints_paritycheck ORDER BY id")
            return len(found) >= how_many

        assert eventually(are_there), (found, self.edge.log.read_text()[-3000:])
        return [row[0] for row in found]

    def differences(self) -> list[tuple[str, str]]:
        return [
            (row[0], row[1])
            for row in self.rows("SELECT path, kind FROM endpoints_difference ORDER BY path, kind")
        ]

    def counted(self, name: str) -> int:
        self.settle()
        return int(self.value(f"SELECT coalesce(sum({name}), 0) FROM endpoints_endpointhour"))


@contextmanager
def running_stack(
    make_committed_database: Callable[[], Any],
    logs: Path,
    *,
    app: str = WITH_STATUS,
    workers: int = 1,
    **environment: str,
) -> Iterator[Stack]:
    """Start Django with an edge before it on a database of their own."""
    with make_committed_database() as database:
        keys = populate(database.owner_url)
        with (
            DjangoServer(database, logs / "django.log") as django,
            running_edge(
                f"http://127.0.0.1:{django.port}",
                logs / "edge.log",
                app=app,
                workers=workers,
                database=database,
                **PATIENT | environment,
            ) as edge,
            psycopg.connect(database.owner_url, autocommit=True) as owner,
        ):
            stack = Stack(edge, django, keys, database, owner, workers)
            assert eventually(
                lambda: (
                    stack.value(
                        "SELECT count(*) FROM endpoints_endpoint WHERE is_on_edge AND is_on_site"
                    )
                    >= 4
                )
            ), (logs / "django.log").read_text()
            stack.has_had_first_canaries()
            stack.change_all(OUT_OF_REACH, where="true")
            # Most tests ask what the edge itself answers.
            stack.guard(0)
            yield stack


def as_new(stack: Stack) -> Stack:
    """Return the stack, with every endpoint of both halves in ``django`` and nothing compared."""
    stack.change_all(
        "stage = 'django', percent = 0, mismatches = 0, errors = 0, is_reverse_shadowed = false,"
        " sample_percent = 100, most_mismatches = 5, most_errors = 3, guarded_calls = 0,"
        f" {OUT_OF_REACH}"
    )
    stack.wait_for_edge(
        lambda known: all(
            endpoint["stage"] == "django"
            for name, endpoint in known.items()
            if " /v1/users" in name
        )
    )
    stack.forget_findings()
    return stack


def an_email() -> str:
    """Return an address that no other test uses."""
    return f"mover-{next(_numbers)}@example.com"
