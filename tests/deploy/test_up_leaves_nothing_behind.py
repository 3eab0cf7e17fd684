"""Whatever ends ``deploy/up``, no process of it goes on, and the next start works.

That it stops when it is asked to, or is killed, while everything runs, is seen where the stacks of
``test_up_runs_everything.py`` and ``test_what_dies_is_started_again.py`` end.
"""

import signal
from pathlib import Path

import pytest

from tests.deploy.conftest import InterruptedStart
from tests.harness.deploy_up import SMALL, running_up, starting_up, wait_until_gone


@pytest.mark.long
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_asked_to_stop(small_data: Path, sent: signal.Signals) -> None:
    with running_up(small_data, *SMALL) as running:
        everything = running.everything_it_runs()

        assert running.stop(sent) == 0

    assert wait_until_gone(everything) == []


def test_interrupted_while_all_of_it_starts(first_start: InterruptedStart) -> None:
    # On a busy machine it may have become ready before the signal came.
    wanted = 0 if first_start.was_ready else 128 + signal.SIGTERM

    assert first_start.exit_status == wanted
    assert wait_until_gone(first_start.everything) == []


@pytest.mark.parametrize("step", ["PostgreSQL", "migrations"])
def test_interrupted_at_an_earlier_step(small_data: Path, step: str) -> None:
    with starting_up(small_data, *SMALL) as started:
        started.wait_for_step(step)
        everything = started.everything_it_runs()

        status = started.stop(signal.SIGINT)

        was_ready = "Ctrl-C stops everything." in started.read_rest()
        assert status == (0 if was_ready else 128 + signal.SIGINT)

    assert wait_until_gone(everything) == []
