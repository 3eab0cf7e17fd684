"""Each documented command works on a clean clone, in an environment that it makes for itself.

``deploy/up`` comes first: the bench then has what ``deploy/up`` installs, and what it installs
itself, but nothing of the tools of development.
"""

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.databases import CommittedDatabase
from tests.harness.deploy_up import clean_environment
from tests.harness.repository_copy import copy_repository

#: Of the bench's peers, those whose packages nothing else needs, each package once.
OF_THE_GROUP = ("ninja", "bolt", "sqlalchemy", "tuned_litestar")


@pytest.fixture(scope="module")
def clone() -> Iterator[Path]:
    """The files of the repository, without ``.venv`` and whatever else is not theirs.

    Not below pytest's own folder, whose rights another run of pytest changes: PostgreSQL, which is
    installed here, runs as another user.
    """
    with tempfile.TemporaryDirectory(prefix="portico-clone-") as folder:
        clone = Path(folder)
        clone.chmod(0o755)
        copy_repository(clone)
        yield clone


def test_portico_starts_and_stops(clone: Path) -> None:
    # With a PostgreSQL of its own, which it installs as well.
    with subprocess.Popen(
        [sys._base_executable, "deploy/up", "--json", "--no-demo", "--port=0"],
        cwd=clone,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as up:
        line = up.stdout.readline()
        up.send_signal(signal.SIGINT)
        _, told = up.communicate()

    assert line, told
    assert json.loads(line)["docs"].endswith("/docs")


def test_the_bench_measures_what_only_its_group_installs(
    clone: Path, committed_database: CommittedDatabase
) -> None:
    finished = subprocess.run(
        [
            sys._base_executable,
            "deploy/bench",
            "--json",
            "--case=get",
            "--seconds=0.1",
            "--scale=100",
            *(f"--peer={peer}" for peer in OF_THE_GROUP),
        ],
        cwd=clone,
        env=clean_environment(**committed_database.for_a_command),
        capture_output=True,
        text=True,
        check=False,
    )

    assert finished.returncode == 0, finished.stderr
    results = json.loads(finished.stdout)
    measured = {(row["case"], row["server"]) for row in results["results"]}
    assert {("get", peer) for peer in ("edge", *OF_THE_GROUP)} <= measured
