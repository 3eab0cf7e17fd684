"""What ``deploy/bench`` does: data, servers, the comparison of answers, rounds of measurements."""

import argparse
import json
import os
import secrets
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from deploy import database_url, processes
from deploy.console import SetupError, say, step
from deploy.django_commands import DjangoCommands
from deploy.embedded_postgres import EmbeddedPostgres
from deploy.signals import StopRequested, StopSignals
from deploy.virtualenv import PYTHON, ROOT
from tests.bench import (
    booking_export,
    cases,
    cold_requests,
    contention,
    event_feed,
    event_log,
    footprint,
    nginx,
    notification_push,
    repeated_requests,
    report,
    same_answers,
    servers,
    webhook_delivery,
)
from tests.bench.cases import (
    CASES,
    COLD,
    CONTENTION,
    DEFAULT_CASES,
    EVENTS,
    EXPORT,
    FEED,
    NAMES_OF_CASES,
    NATIVE,
    NOTIFICATIONS,
    OTHERS,
    PACKED,
    PROCESS,
    REPEATED,
    UNCHANGED,
    UP,
    WEBHOOKS,
    Request,
)
from tests.bench.contention_figures import ContentionFigures
from tests.bench.copies import copy_bookings
from tests.bench.generator import ConnectionDropped, LoadGenerator, running_generator
from tests.bench.measured import Measured
from tests.bench.processor_time import PostgresTime, cpu_seconds
from tests.bench.servers import EDGE, LIMIT, NGINX, Server
from tests.harness.databases import CommittedDatabase, TestServer, committed_copy

MANAGE = ROOT / "core_site" / "manage.py"

ROUNDS = 3

#: A shorter turn would measure the start of a turn more than the turn.
SHORTEST_TURN_SECONDS = 0.5

WARM_UP_SECONDS = 0.5

#: A turn is longer than its seconds until it has so many requests.
FEWEST_REQUESTS = 200

#: What ``load_demo`` makes up at least, and by itself; all others are copies of these.
FEWEST_ORIGINALS, MOST_ORIGINALS = 100, 600

#: How many partners take turns with their keys.
DIFFERENT_KEYS = 3

#: The cases whose requests an edge process answers before its memory is read.
WEIGHED_AFTER = ("get", "list", "calendar", "products", "users")
WEIGHED_REQUESTS = 50

#: How many requests of each case every server answers before it is measured.
COMPARED = 12

#: Cases that follow the log of events, each with a database of its own.
MEASURES_OF_THE_LOG: Mapping[str, Callable[..., report.Figures]] = {
    EVENTS: event_log.measure,
    FEED: event_feed.measure,
    WEBHOOKS: webhook_delivery.measure,
    NOTIFICATIONS: notification_push.measure,
}


def run(options: argparse.Namespace) -> int:
    """Prepare, compare, measure and print; return the command's exit status.

    Raises:
        SetupError: a server does not start, or answers something else than the edge.
    """
    stop = StopSignals()
    try:
        with ExitStack() as started:
            results = Bench(options, stop).run(started)
    except StopRequested as request:
        say(f"  stopped by {request}, nothing is left running")
        return 128 + request.signal_number
    print(report.as_json(results) if options.json else report.as_table(results))
    return 0


class Bench:
    """One run."""

    def __init__(self, options: argparse.Namespace, stop: StopSignals) -> None:
        asked_for = NAMES_OF_CASES if "all" in (options.case or ()) else options.case
        wanted_cases = asked_for or DEFAULT_CASES
        self._cases = [case for case in CASES if case in wanted_cases]
        self._others = [case for case in OTHERS if case in wanted_cases]
        self._loaded: dict[str, list[Request]] = {}
        wanted = [EDGE, *servers.choose_peers(options.peer)]
        taking_part = {name for case in self._cases for name in servers.serving(case, wanted)}
        if CONTENTION in self._others:
            taking_part |= {EDGE, LIMIT}
        self._left_out: dict[str, str] = {}
        if NGINX in taking_part and (reason := nginx.why_left_out()):
            self._left_out[NGINX] = reason
        self._names = [
            peer for peer in wanted if peer in taking_part and peer not in self._left_out
        ]
        self._bookings = options.scale
        self._seconds = options.seconds
        self._stop = stop

    def run(self, started: ExitStack) -> report.Results:
        load_before = os.getloadavg()[0]
        folder = Path(started.enter_context(tempfile.TemporaryDirectory(prefix="portico-bench-")))
        server_url, database = started.enter_context(_database(folder, self._stop))
        measured = self._measure_requests(database, folder) if self._cases else {}
        figures: dict[str, report.Figures] = {}
        for case in self._others:
            if case in MEASURES_OF_THE_LOG:
                # What other cases have left in the log would be told in the same time.
                with step(case), committed_copy(server_url) as own:
                    figures[case] = MEASURES_OF_THE_LOG[case](
                        own, folder, seconds=self._seconds, stop=self._stop
                    )
            else:
                figures[case] = self._measure_other(case, database, folder)
        return report.Results(
            bookings=self._bookings if self._loaded else 0,
            seconds=self._seconds,
            rounds=self._rounds,
            load_before=load_before,
            measured=measured,
            left_out=self._left_out,
            figures=figures,
        )

    def _measure_requests(
        self, database: CommittedDatabase, folder: Path
    ) -> dict[tuple[str, str], Measured]:
        requests = self._prepare(database, folder)
        with ExitStack() as started:
            with step("servers"):
                running = started.enter_context(
                    servers.running(self._names, database, folder, pause=self._stop.pause)
                )
            with step("same answers") as current:
                current.note = f"{self._compare(running, requests, database)} compared"
            requests |= self._repeat(running[EDGE])
            generator = started.enter_context(running_generator(requests, folder, self._stop))
            return self._measure(running, generator, requests, database.owner_url)

    def _measure_other(
        self, case: str, database: CommittedDatabase, folder: Path
    ) -> report.Figures:
        """Measure a case that is no series of requests to each server in turn."""
        loaded = self._loaded
        if case in (CONTENTION, EXPORT, PROCESS) and not loaded:
            loaded = self._loaded = self._load(database, folder)
        with step(case):
            if case == UP:
                return footprint.measure_stack()
            if case == CONTENTION:
                return self._measure_contention(database, folder, loaded)
            authorization = loaded["get"][0].headers["Authorization"]
            if case == EXPORT:
                booking_export.give_all_to(database.owner_url, authorization)
            with servers.running([EDGE], database, folder, pause=self._stop.pause) as running:
                if case == EXPORT:
                    return booking_export.measure(running[EDGE], authorization)
                asked = [one for name in WEIGHED_AFTER for one in loaded[name][:WEIGHED_REQUESTS]]
                return footprint.measure_process(running[EDGE], asked)

    def _measure_contention(
        self, database: CommittedDatabase, folder: Path, requests: Mapping[str, list[Request]]
    ) -> ContentionFigures:
        names = [name for name in self._names if name in (EDGE, LIMIT)]
        with (
            servers.running(names, database, folder, pause=self._stop.pause) as running,
            running_generator(requests, folder, self._stop) as generator,
        ):
            return ContentionFigures(
                servers=[
                    contention.measure(
                        running[name],
                        generator,
                        requests,
                        database.owner_url,
                        seconds=self._seconds,
                    )
                    for name in names
                ]
            )

    @property
    def _is_native(self) -> bool:
        return any(case in NATIVE or case in REPEATED for case in self._cases)

    @property
    def _rounds(self) -> int:
        return max(1, min(ROUNDS, int(self._seconds / SHORTEST_TURN_SECONDS)))

    def _prepare(self, database: CommittedDatabase, folder: Path) -> dict[str, list[Request]]:
        """Return the requests of each case, with the data for those that need some."""
        with (
            step("endpoints of the upstream"),
            closing(
                DjangoCommands(
                    log=folder / "django.log", environment=database.environment, stop=self._stop
                )
            ) as django,
        ):
            django.run("rollout", "register")
        requests = cases.passed()
        if self._is_native:
            self._loaded = self._load(database, folder)
            requests |= self._loaded
        return {case: requests[case] for case in self._cases if case not in REPEATED}

    def _load(self, database: CommittedDatabase, folder: Path) -> dict[str, list[Request]]:
        originals = min(max(self._bookings, FEWEST_ORIGINALS), MOST_ORIGINALS)
        with step(f"data: {self._bookings:,} bookings"):
            loading = processes.start(
                "load_demo",
                [PYTHON, MANAGE, "load_demo", "--json", f"--bookings={originals}"],
                log=folder / "load_demo.log",
                environment=database.environment | {"PORTICO_DEMO": "1"},
                folder=ROOT,
                has_pipes=True,
            )
            try:
                while loading.is_running():
                    self._stop.pause(0.05)
            finally:
                loading.stop()
            if loading.process.returncode != 0:
                reason = (loading.last_lines(1) or ["no output"])[0]
                raise SetupError(f"the data could not be loaded: {reason}")
            _, printed = loading.pipes()
            loaded = json.loads(printed.read())
            copy_bookings(database.owner_url, until=self._bookings)
            live = [of_partner["live"] for of_partner in loaded["api_keys"].values()]
            return cases.prepare(database.owner_url, live[:DIFFERENT_KEYS])

    def _repeat(self, edge: Server) -> dict[str, list[Request]]:
        """Return the requests of the cases that repeat calendars, as far as the edge knows them."""
        found: dict[str, list[Request]] = {}
        for case, repeat, reason in (
            (UNCHANGED, repeated_requests.unchanged, "the edge sends no ETag"),
            (PACKED, repeated_requests.packed, "the edge compresses no calendar"),
        ):
            if case not in self._cases:
                continue
            if requests := repeat(edge, self._loaded["calendar"]):
                found[case] = requests
            else:
                self._cases.remove(case)
                self._left_out[case] = reason
        return found

    def _compare(
        self,
        running: Mapping[str, Server],
        requests: Mapping[str, Sequence[Request]],
        database: CommittedDatabase,
    ) -> int:
        some = {case: of_case[:COMPARED] for case, of_case in requests.items()}
        try:
            return same_answers.check(running, some, database.owner_url)
        except same_answers.AnswersDiffer as difference:
            raise SetupError(
                f"{difference}; nothing was measured (--peer leaves a peer out)"
            ) from difference

    def _measure(
        self,
        running: Mapping[str, Server],
        generator: LoadGenerator,
        requests: Mapping[str, list[Request]],
        owner_url: str,
    ) -> dict[tuple[str, str], Measured]:
        postgres = PostgresTime(owner_url)

        def measure_turn(server: Server, case: str) -> dict[str, Any]:
            self._stop.check()
            if case == COLD:
                return cold_requests.turn(
                    server, requests[case], owner_url, postgres, at_least=FEWEST_REQUESTS
                )
            return self._turn(server, case, generator, postgres)

        measured = {
            (case, name): Measured()
            for case in self._cases
            for name in servers.serving(case, self._names)
        }
        for number in range(self._rounds):
            with step(f"round {number + 1} of {self._rounds}") as current:
                for case in self._cases:
                    # Each round begins with another server: no server always follows the same one.
                    names = servers.serving(case, self._names)
                    first = number % len(names)
                    for name in names[first:] + names[:first]:
                        try:
                            turn = measure_turn(running[name], case)
                        except ConnectionDropped as crash:
                            # gunicorn starts a worker that crashed again; a second crash ends it.
                            current.remarks.append(f"{crash}; measured again")
                            servers.wait_for(running[name], self._stop.pause)
                            turn = measure_turn(running[name], case)
                        measured[case, name].add(turn)
        return measured

    def _turn(
        self, server: Server, case: str, generator: LoadGenerator, postgres: PostgresTime
    ) -> dict[str, Any]:
        """Measure one server in one case, once it is warm."""
        generator.run(server, case, WARM_UP_SECONDS)
        cpu_before, postgres_before = cpu_seconds(server.child.pid), postgres.seconds()
        turn = generator.run(server, case, self._seconds / self._rounds, at_least=FEWEST_REQUESTS)
        postgres_after = postgres.seconds()
        return turn | {
            "cpu_seconds": cpu_seconds(server.child.pid) - cpu_before,
            "postgres_seconds": None
            if postgres_before is None or postgres_after is None
            else postgres_after - postgres_before,
        }


@contextmanager
def _database(folder: Path, stop: StopSignals) -> Iterator[tuple[str, CommittedDatabase]]:
    """Yield the server of DATABASE_URL, or one of its own, and an empty, migrated database."""
    os.environ["PORTICO_SECRET_KEY"] = secrets.token_urlsafe(40)
    os.environ["PORTICO_DJANGO_PASSWORD"] = secrets.token_urlsafe(40)
    os.environ["PORTICO_EDGE_PASSWORD"] = secrets.token_urlsafe(40)
    # One caller calls as fast as it can, on an upstream that is not made of threads.
    os.environ["PORTICO_KEY_CALLS_PER_SECOND"] = "0"
    os.environ["PORTICO_ADDRESS_CALLS_PER_SECOND"] = "0"
    os.environ["PORTICO_DJANGO_THREADS"] = "0"
    given = os.environ.pop("OWNER_DATABASE_URL", None) or os.environ.get("DATABASE_URL")
    with ExitStack() as started:
        with step("PostgreSQL") as current:
            if given:
                current.note = database_url.check(given)
                server = TestServer(given)
                started.callback(server.stop)
                server.start()
                server_url = server.url
            else:
                current.note = "embedded"
                embedded = EmbeddedPostgres(folder / "postgres", log=folder / "postgres.log")
                server_url = started.enter_context(embedded).url()
            try:
                database = started.enter_context(committed_copy(server_url))
            except subprocess.CalledProcessError as error:
                # Ctrl-C in a terminal reaches the migration too.
                stop.check()
                raise SetupError("the database could not be migrated (see above)") from error
        yield server_url, database
