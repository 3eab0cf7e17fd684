"""Under a mixed load and one fault after the other, nothing is lost, doubled, wrong or leaked.

A whole Portico serves partners, staff and bad callers, while its processes are killed, released and
cut from PostgreSQL. ``--minutes`` says for how long (30 unless told otherwise); in the last four
tenths no process of edge and Django is replaced, so that what they hold can be compared.
"""

import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import psutil
import psycopg
import pytest

from tests.deploy import measuring
from tests.deploy.faults import FAULTS, FAULTS_OF_POSTGRESQL, Stack
from tests.deploy.filled_stack import load_on
from tests.deploy.mixed_load import MixedLoad
from tests.harness.deploy_up import reachable_folder, running_up
from tests.harness.waiting import eventually

#: The pause after a fault from which everything has recovered.
PAUSE_SECONDS = 8.0

#: The share of the run in which processes of edge and Django are killed and released as well.
SHARE_OF_ALL_FAULTS = 0.6

#: How often what the processes hold is measured after that.
PARTS = 4

STAGES = ("django", "shadow", "canary", "edge")

#: What a log holds where an answer, a task or a session of Python was forgotten.
FORGOTTEN = ("was never retrieved", "was never awaited", "Unclosed", "Task was destroyed")


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with reachable_folder() as folder, running_up(folder / "data", "--no-demo") as up:
        yield Stack(up, folder / "data", up.summary["owner_database_url"])


@pytest.fixture(scope="module")
def load(stack: Stack) -> MixedLoad:
    return load_on(stack)


@dataclass
class Drill:
    """One run of faults, and what was measured during it."""

    stack: Stack
    samples: dict[str, measuring.Sample] = field(default_factory=dict)
    recovery_seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def run(self, seconds: float) -> None:
        """Let faults happen for so long, each after the recovery from the one before."""
        began_at = time.monotonic()
        ends_all_at = began_at + seconds * SHARE_OF_ALL_FAULTS
        self._measure("under load at first")
        self._let_happen(FAULTS, until=ends_all_at)
        # A process of now has served for a while when it is measured.
        pause_until(time.monotonic() + min(60.0, seconds / 10))
        self._measure("after all kinds of faults")
        rest_seconds = began_at + seconds - time.monotonic()
        for part in range(PARTS):
            self._let_happen(FAULTS_OF_POSTGRESQL, until=time.monotonic() + rest_seconds / PARTS)
            self._measure(f"{part + 1} of {PARTS} parts of the rest")

    def _let_happen(self, kinds: dict[str, Any], *, until: float) -> None:
        names = cycle(random.sample(list(kinds), len(kinds)))
        while time.monotonic() < until:
            self._flip_stages()
            name = next(names)
            began_at = time.monotonic()
            kinds[name](self.stack)
            self.stack.wait_until_whole()
            self.recovery_seconds[name].append(time.monotonic() - began_at)
            pause_until(time.monotonic() + PAUSE_SECONDS)

    def _flip_stages(self) -> None:
        """Give each endpoint that both halves have a stage by chance, as staff would."""
        with psycopg.connect(self.stack.owner_url, autocommit=True) as owner:
            for (endpoint,) in owner.execute(
                "SELECT id FROM endpoints_endpoint WHERE is_on_edge AND is_on_site"
            ).fetchall():
                owner.execute(
                    "UPDATE endpoints_endpoint SET stage = %s, percent = %s, stage_since = now(),"
                    " mismatches = 0, errors = 0 WHERE id = %s",
                    [stage := random.choice(STAGES), 100 if stage == "canary" else 0, endpoint],
                )

    def _measure(self, name: str) -> None:
        up = psutil.Process(self.stack.up.process.pid)
        self.samples[name] = measuring.sample(up, self.stack.data)

    def report(self) -> str:
        lines = [
            f"  {len(seconds)} × {name}: whole again after {max(seconds):.1f} s at most"
            for name, seconds in sorted(self.recovery_seconds.items())
        ]
        return "\n".join([measuring.table(self.samples), *lines])


def pause_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))


def sessions(stack: Stack) -> Counter[str]:
    """Return the sessions of edge, Django and worker by role and state."""
    with psycopg.connect(stack.owner_url) as owner:
        return Counter(
            f"{user} {state}"
            for user, state in owner.execute(
                "SELECT usename, state FROM pg_stat_activity WHERE backend_type = 'client backend'"
                " AND pid <> pg_backend_pid()"
            )
        )


def are_idle(stack: Stack) -> bool:
    """Return whether no session works or has a transaction open."""
    return all(name.endswith(" idle") for name in sessions(stack))


@pytest.mark.long
def test_nothing_is_lost_doubled_wrong_or_leaked(
    stack: Stack, load: MixedLoad, pytestconfig: pytest.Config
) -> None:
    drill = Drill(stack)
    up = psutil.Process(stack.up.process.pid)
    drill.samples["before"] = measuring.sample(up, stack.data)
    removed_before = measuring.removed_files(up, stack.data)
    sessions_before = sessions(stack)

    with load.running():
        pause_until(time.monotonic() + 10)
        drill.run(60 * float(pytestconfig.getoption("minutes")))
        stack.wait_until_whole()

    assert eventually(lambda: are_idle(stack), seconds=90), sessions(stack)
    eventually(lambda: measuring.removed_files(up, stack.data) <= removed_before, seconds=90)
    removed_after = measuring.removed_files(up, stack.data)
    drill.samples["after"] = measuring.sample(up, stack.data)
    with psycopg.connect(stack.owner_url) as owner:
        discrepancies = load.discrepancies(owner)
        verdicts = owner.execute(
            "SELECT verdict, count(*) FROM endpoints_paritycheck GROUP BY 1 ORDER BY 1"
        ).fetchall()
        differences = owner.execute(
            "SELECT path, kind, count, example FROM endpoints_difference"
        ).fetchall()
        stuck = owner.execute(
            "SELECT task_name, status FROM procrastinate_jobs WHERE status = 'doing'"
            " AND NOT EXISTS (SELECT FROM procrastinate_workers WHERE id = worker_id)"
        ).fetchall()
    print(f"\n{load.report()}\n{drill.report()}")
    print(f"  sessions: {dict(sessions_before)} -> {dict(sessions(stack))}; verdicts: {verdicts}")

    assert load.wrong == []
    assert discrepancies == []
    assert not {"mismatch", "unstable"} & set(dict(verdicts)), differences
    assert stuck == []
    assert removed_after <= removed_before
    warm = drill.samples["after all kinds of faults"]
    assert measuring.growth(warm, drill.samples["after"]) == []
    assert sessions(stack).total() <= MOST_SESSIONS, sessions(stack)
    assert forgotten(stack) == []


#: Both pools of edge and Django, filled, with two listeners and what the worker holds.
MOST_SESSIONS = 2 * 10 + 2 * 12 + 10


def forgotten(stack: Stack) -> list[str]:
    """Return the lines of all logs that tell of something that Python had to clear away."""
    return [
        f"{log.name}: {line}"
        for log in sorted((stack.data / "logs").iterdir())
        for line in log.read_text(errors="replace").splitlines()
        if any(words in line for words in FORGOTTEN)
    ]
