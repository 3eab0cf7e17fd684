"""Running ``deploy/up`` as a person would, and seeing what it leaves."""

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.harness.databases import ROOT
from tests.harness.waiting import eventually

UP = ROOT / "deploy" / "up"

#: The time a start may take on a slow and busy machine, demo data included.
START_SECONDS = 600
STOP_SECONDS = 180

#: For tests of starting and stopping, which take the less time the fewer processes start.
SMALL = ("--no-demo", "--edge-processes=1", "--django-processes=1")


@contextmanager
def reachable_folder() -> Iterator[Path]:
    """Make a temporary folder that PostgreSQL's account may pass, which pytest's own forbid."""
    with tempfile.TemporaryDirectory(prefix="portico-up-") as folder:
        yield Path(folder)


@dataclass(kw_only=True)
class RunningUp:
    """One ``deploy/up``; ``printed`` is what it said when it was ready, after ``start_seconds``."""

    process: "subprocess.Popen[bytes]"
    progress: Path
    printed: str = ""
    start_seconds: float = 0.0

    @property
    def summary(self) -> dict[str, Any]:
        return dict(json.loads(self.printed))

    def everything_it_runs(self) -> list[psutil.Process]:
        """Return its processes, their children included."""
        up = psutil.Process(self.process.pid)
        return [up, *up.children(recursive=True)]

    def wait_for_step(self, title: str) -> None:
        """Wait until its progress shows that a step has begun."""

        def has_begun() -> bool:
            assert self.process.poll() is None, self.progress.read_text()
            return title in self.progress.read_text()

        assert eventually(has_begun, seconds=START_SECONDS), self.progress.read_text()

    def read_rest(self) -> str:
        """Return what it has printed and no one has read, once it has ended."""
        assert self.process.stdout is not None
        return self.process.stdout.read().decode()

    def stop(self, sent: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop, and return its exit status."""
        self.process.send_signal(sent)
        return self.process.wait(STOP_SECONDS)


@contextmanager
def running_up(
    data: Path,
    *options: str,
    command: Sequence[str | Path] = (sys.executable, UP),
    for_a_person: bool = False,
    **environment: str,
) -> Iterator[RunningUp]:
    """Start ``deploy/up`` on a free port, wait until it is ready, stop it when the block ends."""
    began_at = time.monotonic()
    json_line = [] if for_a_person else ["--json"]
    with starting_up(data, *options, *json_line, command=command, **environment) as started:
        started.printed = _read_until(
            "Ctrl-C stops everything." if for_a_person else "\n", started.process
        )
        assert started.printed, started.progress.read_text()
        started.start_seconds = time.monotonic() - began_at
        yield started


@contextmanager
def starting_up(
    data: Path,
    *options: str,
    command: Sequence[str | Path] = (sys.executable, UP),
    **environment: str,
) -> Iterator[RunningUp]:
    """Start ``deploy/up`` on a free port, and stop it when the block ends.

    Without the background calls of the demo's rollout, unless a test asks for them.
    """
    quiet = [] if "--demo-rollout" in options else ["--no-demo-rollout"]
    progress = data.with_name(data.name + ".progress")
    with progress.open("w") as errors:
        process = subprocess.Popen(
            [*map(str, command), "--port", "0", "--data", str(data), *quiet, *options],
            env=clean_environment(**environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
    try:
        yield RunningUp(process=process, progress=progress)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=STOP_SECONDS)


def refused_up(*options: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run ``deploy/up`` where it cannot start."""
    return subprocess.run(
        [sys.executable, str(UP), *options],
        env=clean_environment(**environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )


def clean_environment(**changed: str) -> dict[str, str]:
    """Return this process's environment without what the test run itself has set."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.endswith("DATABASE_URL")
        and not name.startswith(("PORTICO_", "DJANGO_", "PYTEST_"))
    } | changed


def wait_until_gone(processes: list[psutil.Process], *, seconds: float = STOP_SECONDS) -> list[int]:
    """Wait until all have ended, and return the ids of those that have not."""
    eventually(lambda: not any(map(_is_alive, processes)), seconds=seconds)
    return [process.pid for process in processes if _is_alive(process)]


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _read_until(wanted: str, process: "subprocess.Popen[bytes]") -> str:
    """Return what it has printed once that contains ``wanted``, or all of it when it ends."""
    deadline = time.monotonic() + START_SECONDS
    assert process.stdout is not None
    printed = b""
    while wanted not in printed.decode() and time.monotonic() < deadline:
        readable, _, _ = select.select([process.stdout], [], [], 1)
        if readable:
            part = os.read(process.stdout.fileno(), 65536)
            if not part:
                break
            printed += part
    return printed.decode()
