"""Carry out a tutorial's steps in a copy of the repository, with a shell beside ``deploy/up``."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Timer

from deploy.data_folder import DataFolder
from deploy.database_url import display_name
from tests.harness.databases import ROOT, DemoDatabase
from tests.harness.deploy_up import START_SECONDS, STOP_SECONDS, clean_environment, reachable_folder
from tests.harness.repository_copy import copy_repository
from tests.harness.waiting import eventually
from tests.tutorial.django_fork_server import SHELL
from tests.tutorial.steps import Change, Command, Step, WrittenFile

#: What is typed into the first terminal, where it stays; all else goes into the second.
UP = "./deploy/up --dev"
_IS_UP = "Ctrl-C stops everything."

_COMMAND_SECONDS = 1200


@dataclass(frozen=True, kw_only=True)
class Outcome:
    printed: str = ""
    exit_status: int = 0


class Follower:
    """Carries out one step after the other in a copy of the repository."""

    def __init__(self, repository: Path, notes: Path, demo: DemoDatabase | None = None) -> None:
        self._repository = repository
        self._up_output = notes / "up.txt"
        self._django_log = notes / "log"
        self._environment = clean_environment(
            # The history names the user who is logged in.
            LOGNAME="rosa",
            COLUMNS="100",
            django_fork_server=str(notes),
            django_fork_settings="core_site.config.settings",
            **(demo.database.for_a_command if demo else {}),
        )
        self._up: subprocess.Popen[bytes] | None = None
        self._shell = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=repository,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            bufsize=1,
            start_new_session=True,
        )
        assert self._shell.stdin
        self._shell.stdin.write(SHELL)

    def take(self, step: Step) -> Outcome:
        """Carry out a step, and return what it prints and its exit status."""
        if isinstance(step, WrittenFile):
            path = self._repository / step.path
            path.write_text(step.text)
            return Outcome()
        if isinstance(step, Change):
            return self._apply(step.text)
        return self._start_up() if step.command == UP else self._run(step)

    def stop(self) -> None:
        """End the shell, and stop what ``deploy/up`` runs."""
        os.killpg(self._shell.pid, signal.SIGKILL)
        self._shell.wait()
        if self._up is not None:
            self._up.send_signal(signal.SIGINT)
            self._up.wait(STOP_SECONDS)

    def _apply(self, diff: str) -> Outcome:
        applied = subprocess.run(
            ["git", "apply", "-"],
            cwd=self._repository,
            input=diff,
            capture_output=True,
            text=True,
            check=False,
        )
        return Outcome(printed=applied.stderr, exit_status=applied.returncode)

    def _start_up(self) -> Outcome:
        with self._up_output.open("wb") as output:
            self._up = subprocess.Popen(
                # Port 8000 may be taken on the machine of a test; the demo's own calls of other
                # endpoints are a test of their own, as is a release of several processes.
                [
                    *(sys.executable, *UP.removeprefix("./").split(), "--port", "0"),
                    *("--demo", "--no-demo-rollout", "--edge-processes=1", "--django-processes=1"),
                ],
                cwd=self._repository,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        up = self._up
        eventually(
            lambda: _IS_UP in self._up_output.read_text() or up.poll() is not None,
            seconds=START_SECONDS,
        )
        printed = self._up_output.read_text()
        if _IS_UP in printed:
            return Outcome(printed=printed)
        return Outcome(printed=printed, exit_status=up.poll() or 1)

    def _run(self, step: Command) -> Outcome:
        """Type it into the second terminal, which remembers folders, variables and functions."""
        assert self._shell.stdin
        assert self._shell.stdout
        end = "the-command-has-ended-with"
        typed = f"{{ {step.command}\n}} </dev/null\nprintf '%s %d\\n' {end} $?\n"
        patience = Timer(_COMMAND_SECONDS, os.killpg, [self._shell.pid, signal.SIGKILL])
        patience.start()
        try:
            self._shell.stdin.write(typed)
            printed: list[str] = []
            for line in self._shell.stdout:
                before, found, status = line.partition(f"{end} ")
                printed.append(before)
                if found:
                    return Outcome(printed="".join(printed), exit_status=int(status))
        finally:
            patience.cancel()
        log = self._django_log.read_text() if self._django_log.exists() else ""
        raise AssertionError(
            f"line {step.line}: no end after {_COMMAND_SECONDS} s, or an exit\n{log}"
        )


@contextmanager
def tutorial_follower(demo: DemoDatabase | None = None) -> Iterator[Follower]:
    """Copy the repository, uncommitted files too, and lend the copy the installed packages.

    With a demo, ``deploy/up`` goes on with that as after an earlier start, instead of starting,
    migrating and filling a database of its own.
    """
    with reachable_folder() as folder:
        repository = folder / "portico"
        copy_repository(repository)
        (repository / ".venv").symlink_to(ROOT / ".venv")
        notes = folder / "notes"
        notes.mkdir()
        if demo is not None:
            with closing(DataFolder(repository / ".portico")) as data:
                data.remember_demo(demo.loaded, database=display_name(demo.database.owner_url))
        follower = Follower(repository, notes, demo)
        try:
            yield follower
        finally:
            follower.stop()
