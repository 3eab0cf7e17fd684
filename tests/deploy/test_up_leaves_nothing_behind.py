"""Whatever ends ``deploy/up``, no process of it goes on, and the next start works."""

import signal
from pathlib import Path

import pytest

from tests.harness.deploy_up import (
    SMALL,
    running_up,
    starting_up,
    wait_until_gone,
)


@pytest.mark.parametrize(
    "sent",
    [signal.SIGINT, signal.SIGTERM, pytest.param(signal.SIGHUP, marks=pytest.mark.long)],
)
def test_asked_to_stop(small_data: Path, sent: signal.Signals) -> None:
    with running_up(small_data, *SMALL) as running:
        everything = running.everything_it_runs()

        assert running.stop(sent) == 0

    assert wait_until_gone(everything) == []


def test_killed(small_data: Path) -> None:
    with running_up(small_data, "--no-demo") as running:
        everything = running.everything_it_runs()

        running.process.kill()

        assert wait_until_gone(everything) == []


@pytest.mark.parametrize("step", ["PostgreSQL", "migrations", "edge, Django and worker"])
def test_interrupted_while_it_starts(small_data: Path, step: str) -> None:
    with starting_up(small_data, *SMALL) as started:
        started.wait_for_step(step)
        everything = started.everything_it_runs()

        status = started.stop(signal.SIGINT)

        # On a busy machine it may have become ready before the signal came.
        assert started.process.stdout is not None
        was_ready = b"Ctrl-C stops everything." in started.process.stdout.read()
        assert status == (0 if was_ready else 128 + signal.SIGINT)

    assert wait_until_gone(everything) == []
