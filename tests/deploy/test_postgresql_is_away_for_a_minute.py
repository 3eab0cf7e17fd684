"""While PostgreSQL is away for a minute, frozen, or full, every process waits and then goes on.

A whole Portico runs on a server of its own and is called by a mixed load meanwhile.
"""

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.deploy.faults import STRANGER, Stack, suspended, taken_connections
from tests.deploy.filled_stack import load_on
from tests.deploy.mixed_load import MixedLoad
from tests.harness.deploy_up import reachable_folder, running_up
from tests.harness.waiting import eventually
from tests.rollout.test_postgres_is_away import OwnServer

MINUTE = 60.0

#: What all processes together may log in such a minute, in lines, beside one for each call of the
#: load that was answered 503.
MOST_LINES = 60


@pytest.fixture(scope="module")
def server() -> Iterator[OwnServer]:
    with reachable_folder() as folder, tempfile.TemporaryDirectory(prefix="own-") as short:
        server = OwnServer(folder, Path(short) / "socket")
        yield server
        server.stop()


@pytest.fixture(scope="module")
def stack(server: OwnServer) -> Iterator[Stack]:
    with (
        reachable_folder() as folder,
        running_up(folder / "data", "--no-demo", DATABASE_URL=server.url) as up,
    ):
        yield Stack(up, folder / "data", server.url)


@pytest.fixture(scope="module")
def load(stack: Stack) -> MixedLoad:
    return load_on(stack)


@contextmanager
def stopped(stack: Stack, server: OwnServer) -> Iterator[None]:
    server.stop()
    try:
        yield
    finally:
        server.start()


@contextmanager
def frozen(stack: Stack, server: OwnServer) -> Iterator[None]:
    with suspended(server.process):
        yield


@contextmanager
def full(stack: Stack, server: OwnServer) -> Iterator[None]:
    """Let strangers have every connection, those that Portico had included."""
    with taken_connections(stack.up.summary["database_url"]):
        stack.ask(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            f" AND application_name <> '{STRANGER}'"
        )
        yield


@pytest.mark.long
@pytest.mark.parametrize("away", [stopped, frozen, full])
def test_every_process_waits_and_goes_on(
    stack: Stack,
    server: OwnServer,
    load: MixedLoad,
    away: Callable[[Stack, OwnServer], AbstractContextManager[None]],
) -> None:
    stack.wait_until_whole()
    processes = {name: stack.master(name).pid for name in ("edge", "django", "worker")}
    already = load.statuses

    with load.running():
        assert eventually(lambda: load.statuses[200] > already[200] + 200, seconds=120)
        lines = lines_logged(stack)
        with away(stack, server):
            lives = live_until(time.monotonic() + MINUTE, stack)
            refused = load.statuses[503] - already[503]
            logged = lines_logged(stack) - lines
        began_at = time.monotonic()
        stack.wait_until_whole()
        back_seconds = time.monotonic() - began_at
        served = load.statuses[200]
        assert eventually(lambda: load.statuses[200] > served + 200, seconds=120)

    with psycopg.connect(stack.owner_url) as owner:
        discrepancies = load.discrepancies(owner)
    print(
        f"\n{away.__name__}: whole again after {back_seconds:.1f} s; {refused} calls answered 503"
    )
    print(f"  while it was away: lines logged {dict(logged)}, /health {lives}\n  {load.report()}")
    assert set(lives) == {200}
    assert load.wrong == []
    assert discrepancies == []
    assert processes == {name: stack.master(name).pid for name in processes}
    assert logged.total() <= MOST_LINES + refused


def live_until(moment: float, stack: Stack) -> Counter[int]:
    """Ask each second whether the edge lives, and return the statuses."""
    statuses: Counter[int] = Counter()
    while time.monotonic() < moment:
        statuses[stack.answer("/health")] += 1
        time.sleep(1)
    return statuses


def lines_logged(stack: Stack) -> Counter[str]:
    logs = (stack.data / "logs").glob("*.log")
    return Counter({log.stem: log.read_text(errors="replace").count("\n") for log in logs})
