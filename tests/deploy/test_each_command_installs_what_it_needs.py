"""Each documented command works on a clean clone, in an environment that it makes for itself.

``deploy/up`` comes first, and is the one of ``test_up_runs_everything.py``: the bench then has what
``deploy/up`` installs, and what it installs itself, but nothing of the tools of development.
"""

import json
import subprocess

import pytest

from tests.bench.servers import EDGE
from tests.deploy.conftest import Clone
from tests.harness.databases import CommittedDatabase
from tests.harness.deploy_up import RunningUp, clean_environment

#: Of the bench's peers, those whose packages nothing else needs, each package once.
OF_THE_GROUP = ("ninja", "bolt", "sqlalchemy", "tuned_litestar")

#: What these import when they start.
IMPORT_PEERS = "import django_bolt, litestar, ninja, rest_framework, sqlalchemy"


def test_portico_runs_in_what_it_has_installed(clone: Clone, portico: RunningUp) -> None:
    assert portico.summary["docs"].endswith("/docs")
    stamp = json.loads((clone.folder / ".venv" / "portico-installed.json").read_text())
    assert stamp["groups"] == []


def test_the_bench_starts_in_what_its_group_installs(clone: Clone) -> None:
    # Installed and imported, it looks for its server.
    environment = clean_environment(DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    started = subprocess.run(
        clone.command("bench"), env=environment, capture_output=True, text=True, check=False
    )

    assert started.returncode == 1
    assert "no PostgreSQL server answers at 127.0.0.1:1/none" in started.stderr
    subprocess.run([clone.folder / ".venv" / "bin" / "python", "-c", IMPORT_PEERS], check=True)


@pytest.mark.long
def test_the_bench_measures_what_only_its_group_installs(
    clone: Clone, committed_database: CommittedDatabase
) -> None:
    finished = subprocess.run(
        [
            *clone.command("bench"),
            *("--json", "--case=get", "--seconds=0.1", "--scale=100"),
            *(f"--peer={peer}" for peer in OF_THE_GROUP),
        ],
        env=clean_environment(**committed_database.for_a_command),
        capture_output=True,
        text=True,
        check=False,
    )

    assert finished.returncode == 0, finished.stderr
    results = json.loads(finished.stdout)
    measured = {(row["case"], row["server"]) for row in results["results"]}
    assert {("get", peer) for peer in (EDGE, *OF_THE_GROUP)} <= measured
