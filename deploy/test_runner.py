"""Run the steps of ``deploy/test``; a failed step does not stop the others."""

import argparse
import os
import signal
import subprocess
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from deploy.console import say
from deploy.embedded_postgres import EmbeddedPostgres
from deploy.processes import bytecode_cache_environment, end_with_parent
from deploy.signals import StopRequested, StopSignals
from deploy.virtualenv import PYTHON, ROOT, VENV

MANAGE = ROOT / "core_site" / "manage.py"

#: Test processes at once: two more than cores, since a test that drives other processes mostly
#: waits for them.
PARALLEL = min((os.cpu_count() or 1) + 2, 4)


@dataclass(frozen=True, kw_only=True)
class StepResult:
    """The result of a step, and its duration."""

    step: str
    has_passed: bool
    seconds: float


@dataclass(kw_only=True)
class BackgroundStep:
    """A step whose one program runs beside the following steps; ``output`` is shown at its end."""

    name: str
    process: "subprocess.Popen[bytes]"
    output: Path
    began_at: float
    ended_at: float | None = None

    def has_ended(self) -> bool:
        """Return whether the program has ended, and note when this was first seen."""
        if self.ended_at is None and self.process.poll() is not None:
            self.ended_at = time.monotonic()
        return self.ended_at is not None


class TestRun:
    """One run of the chosen steps; they begin in order, some run in the background."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._stop = StopSignals()
        self._results: list[StepResult] = []
        self._not_run: list[str] = []
        self._background: list[BackgroundStep] = []

    def run(self) -> int:
        """Run the chosen steps, print a summary, and return the command's exit status."""
        try:
            os.environ |= bytecode_cache_environment()
            with tempfile.TemporaryDirectory(prefix="portico-steps-") as folder:
                self._run_steps(Path(folder))
        except StopRequested as request:
            say(f"\ndeploy/test: stopped by {request}")
            return 128 + request.signal_number
        self._print_summary()
        return 0 if all(result.has_passed for result in self._results) else 1

    def _run_steps(self, folder: Path) -> None:
        chosen = self._options.only or STEPS.keys()
        for name, run_step in STEPS.items():
            if name == "domain" and "tests" in chosen:
                continue  # they are among the tests
            if name not in chosen:
                self._not_run.append(f"step {name}: not asked for")
                continue
            if callable(run_step):
                self._run_step(name, run_step)
            else:
                self._start_in_background(name, run_step, output=folder / name)
            self._report_background_steps()
        while self._background:
            self._wait(self._background[0].process)
            self._report_background_steps()

    def _run_step(self, name: str, run_step: "Callable[[TestRun], bool]") -> None:
        print(f"\n── {name}", flush=True)
        began_at = time.monotonic()
        has_passed = run_step(self)
        self._note_result(name, has_passed, time.monotonic() - began_at)

    def _start_in_background(
        self, name: str, command: Sequence[str | Path], *, output: Path
    ) -> None:
        print(f"\n── {name}: runs beside the next steps", flush=True)
        began_at = time.monotonic()
        with output.open("wb") as opened:
            process = self._start_program(command, output=opened)
        self._background.append(
            BackgroundStep(name=name, process=process, output=output, began_at=began_at)
        )

    def _report_background_steps(self) -> None:
        """Show the output and the verdict of the background steps that have ended."""
        for step in [step for step in self._background if step.has_ended()]:
            self._background.remove(step)
            print(f"\n── {step.name}", flush=True)
            print(step.output.read_text(errors="replace"), end="", flush=True)
            ended_at = step.ended_at or time.monotonic()
            self._note_result(step.name, step.process.returncode == 0, ended_at - step.began_at)

    def _note_result(self, name: str, has_passed: bool, seconds: float) -> None:
        self._results.append(StepResult(step=name, has_passed=has_passed, seconds=seconds))
        print(f"── {name}: {'passed' if has_passed else 'FAILED'} in {seconds:.1f} s", flush=True)

    def _print_summary(self) -> None:
        print("\nSummary")
        for result in self._results:
            verdict = "passed" if result.has_passed else "FAILED"
            print(f"  {result.step:<12} {verdict}  {result.seconds:6.1f} s")
        print("Not run" if self._not_run else "Everything was run.")
        for reason in self._not_run:
            print(f"  {reason}")

    @property
    def _chosen(self) -> list[str]:
        return ["-k", self._options.k] if self._options.k else []

    def check_format(self) -> bool:
        return self._run_program([PYTHON, "-m", "ruff", "format", "--check", "."])

    def check_lint(self) -> bool:
        return self._run_program([PYTHON, "-m", "ruff", "check", "."])

    def check_imports(self) -> bool:
        return self._run_program([PYTHON, VENV / "bin" / "lint-imports"])

    def test_rules(self) -> bool:
        """Test the rules that need neither PostgreSQL nor Django."""
        return self._run_program([PYTHON, "-m", "pytest", "-q", *self._chosen, "tests/domain"])

    def check_django(self) -> bool:
        """Run Django's checks and look for missing migrations, beside an empty database.

        The tests begin with migrating one; without them, that is done here.
        """
        commands = [("check",), ("makemigrations", "--check", "--dry-run")]
        if self._options.only and "tests" not in self._options.only:
            commands.insert(0, ("migrate", "--no-input", "--verbosity=0"))
        with tempfile.TemporaryDirectory(prefix="portico-check-") as name:
            folder = Path(name)
            with EmbeddedPostgres(
                folder / "postgres", log=folder / "postgres.log", is_fast=True
            ) as server:
                environment = {
                    "DATABASE_URL": server.url(),
                    "OWNER_DATABASE_URL": server.url(),
                    "PORTICO_SECRET_KEY": "only for tests",
                }
                return all(
                    self._run_program([PYTHON, MANAGE, *arguments], **environment)
                    for arguments in commands
                )

    def run_tests(self) -> bool:
        with tempfile.TemporaryDirectory(prefix="portico-report-") as folder:
            report = Path(folder) / "report.xml"
            forms = ["--long"] if self._options.long else []
            has_passed = self._run_program(
                [
                    *(PYTHON, "-m", "pytest", f"--numprocesses={PARALLEL}", "--dist=loadfile"),
                    "--no-loadscope-reorder",
                    *(f"--junit-xml={report}", *forms, *self._chosen, *self._options.pytest),
                ]
            )
            if report.exists():
                self._not_run += reasons_for_skipping(report)
        if not forms:
            self._not_run.append("tests: the long forms of storms and drills, without --long")
        if self._options.k or self._options.pytest:
            self._not_run.append("tests: only those that the arguments chose")
        return has_passed

    def _run_program(self, command: Sequence[str | Path], **environment: str) -> bool:
        """Run a program with this command's output, and return whether it has succeeded."""
        return self._wait(self._start_program(command, environment=environment)) == 0

    def _start_program(
        self,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str] | None = None,
        output: IO[bytes] | None = None,
    ) -> "subprocess.Popen[bytes]":
        self._stop.check()
        return subprocess.Popen(
            [str(part) for part in command],
            cwd=ROOT,
            env=os.environ | dict(environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=end_with_parent(signal.SIGINT),
        )

    def _wait(self, process: "subprocess.Popen[bytes]") -> int:
        """Return a program's exit status; on a stop signal, send SIGINT to all that run."""
        try:
            while process.poll() is None:
                self._stop.pause(0.05)
                for step in self._background:
                    step.has_ended()
        except StopRequested:
            running = [process, *(step.process for step in self._background)]
            for stopped in running:
                stopped.send_signal(signal.SIGINT)
            for stopped in running:
                try:
                    stopped.wait(60)
                except subprocess.TimeoutExpired:
                    os.killpg(stopped.pid, signal.SIGKILL)
            raise
        return process.returncode


#: In this order: quick checks that often fail come first.
STEPS: dict[str, Callable[[TestRun], bool] | Sequence[str | Path]] = {
    "format": TestRun.check_format,
    "lint": TestRun.check_lint,
    # One process that computes for a minute: the steps behind it have the other cores.
    "types": (PYTHON, "-m", "mypy"),
    "imports": TestRun.check_imports,
    "domain": TestRun.test_rules,
    "django": TestRun.check_django,
    "tests": TestRun.run_tests,
}


def reasons_for_skipping(report: Path) -> list[str]:
    """Return the reasons why tests were skipped, each with the number of tests."""
    reasons = Counter(
        skipped.get("message", "no reason given")
        for skipped in ElementTree.parse(report).iter("skipped")
    )
    return [
        f"{count} {'test' if count == 1 else 'tests'}: {reason}"
        for reason, count in sorted(reasons.items())
    ]
