"""Run the steps of ``deploy/test``; a failed step does not stop the others."""

import argparse
import os
import signal
import subprocess
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.console import say
from deploy.embedded_postgres import EmbeddedPostgres
from deploy.processes import bytecode_cache_environment, end_with_parent
from deploy.signals import StopRequested, StopSignals
from deploy.virtualenv import PYTHON, ROOT, VENV

MANAGE = ROOT / "core_site" / "manage.py"

#: Test processes at once: one more than cores, since a test that drives other processes mostly
#: waits for them.
PARALLEL = min((os.cpu_count() or 1) + 1, 4)


@dataclass(frozen=True, kw_only=True)
class StepResult:
    """Whether a step has passed, and how long it took."""

    step: str
    has_passed: bool
    seconds: float


class TestRun:
    """One run of the chosen steps, in order."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._stop = StopSignals()
        self._results: list[StepResult] = []
        self._not_run: list[str] = []

    def run(self) -> int:
        """Run the chosen steps, print a summary, and return the command's exit status."""
        try:
            os.environ |= bytecode_cache_environment()
            self._run_steps()
        except StopRequested as request:
            say(f"\ndeploy/test: stopped by {request}")
            return 128 + request.signal_number
        self._print_summary()
        return 0 if all(result.has_passed for result in self._results) else 1

    def _run_steps(self) -> None:
        chosen = self._options.only or STEPS.keys()
        for name, run_step in STEPS.items():
            if name == "domain" and "tests" in chosen:
                continue  # they are among the tests
            if name not in chosen:
                self._not_run.append(f"step {name}: not asked for")
                continue
            self._run_step(name, run_step)

    def _run_step(self, name: str, run_step: "Callable[[TestRun], bool]") -> None:
        print(f"\n── {name}", flush=True)
        began_at = time.monotonic()
        has_passed = run_step(self)
        seconds = time.monotonic() - began_at
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

    def check_types(self) -> bool:
        return self._run_program([PYTHON, "-m", "mypy"])

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
        """Run a program with this command's output; on a stop signal, send it SIGINT."""
        self._stop.check()
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=ROOT,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=end_with_parent(signal.SIGINT),
        )
        try:
            while process.poll() is None:
                self._stop.pause(0.05)
        except StopRequested:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
            raise
        return process.returncode == 0


#: In this order: quick checks that often fail come first.
STEPS: dict[str, Callable[[TestRun], bool]] = {
    "format": TestRun.check_format,
    "lint": TestRun.check_lint,
    "types": TestRun.check_types,
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
