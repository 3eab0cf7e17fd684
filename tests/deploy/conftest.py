"""A clean clone whose ``deploy/up`` is started, interrupted, and started again on the same data.

The first start installs the clone's environment, makes PostgreSQL's data and migrates the database,
which takes most of a start's time: it is done once for all tests that start the stack.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.harness.deploy_up import (
    SMALL,
    RunningUp,
    reachable_folder,
    running_up,
    starting_up,
)
from tests.harness.repository_copy import copy_repository

#: Longer than a unix socket's path may be, and with spaces.
LONG_NAME = " ".join(["a long folder with spaces"] * 5)


@dataclass(frozen=True, kw_only=True)
class Clone:
    """A copy of the repository, in which the bare Python runs the commands as documented."""

    folder: Path

    def command(self, name: str) -> list[str | Path]:
        return [sys._base_executable, self.folder / "deploy" / name]  # type: ignore[attr-defined]


@dataclass(frozen=True, kw_only=True)
class InterruptedStart:
    """A first start that was told to stop while edge, Django and worker started."""

    data: Path
    #: A copy of the data, for another stack.
    copy: Path
    exit_status: int
    was_ready: bool
    everything: list[psutil.Process]


@pytest.fixture(scope="session")
def clone() -> Iterator[Clone]:
    """The files of the repository, without ``.venv`` and whatever else is not theirs.

    Not below pytest's own folder, whose rights another run of pytest changes: PostgreSQL, which is
    installed here, runs as another user.
    """
    with tempfile.TemporaryDirectory(prefix="portico-clone-") as folder:
        clone = Path(folder)
        clone.chmod(0o755)
        copy_repository(clone)
        yield Clone(folder=clone)


@pytest.fixture(scope="session")
def first_start(clone: Clone) -> Iterator[InterruptedStart]:
    """Start the clone's ``deploy/up`` from nothing, and interrupt it at its last step."""
    with reachable_folder() as folder:
        data, copy = folder / LONG_NAME / "data", folder / "copy" / "data"
        data.parent.mkdir()
        copy.parent.mkdir()
        with starting_up(data, *SMALL, command=clone.command("up")) as started:
            started.wait_for_step("edge, Django and worker")
            everything = started.everything_it_runs()
            exit_status = started.stop()
            was_ready = "Ctrl-C stops everything." in started.read_rest()
        # With its owner: PostgreSQL runs as another account.
        subprocess.run(["cp", "-a", data, copy], check=True)
        yield InterruptedStart(
            data=data,
            copy=copy,
            exit_status=exit_status,
            was_ready=was_ready,
            everything=everything,
        )


@pytest.fixture(scope="session")
def small_data(first_start: InterruptedStart) -> Path:
    """A data folder for ``SMALL``, with a migrated and empty database."""
    return first_start.copy


@pytest.fixture(scope="session")
def portico(clone: Clone, first_start: InterruptedStart) -> Iterator[RunningUp]:
    """The clone's next start, which loads the demo; ``test_up_runs_everything.py`` ends it."""
    with running_up(
        first_start.data, "--demo-bookings=100", command=clone.command("up")
    ) as running:
        yield running
