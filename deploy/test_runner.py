"""The steps of ``deploy/test``: every one runs, whatever the others say."""

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
class Outcome:
    """How one step ended."""

    step: str
    is_good: bool
    seconds: float


class TestRun:
    """One run of the steps, in order."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._stop = StopSignals()
        self._outcomes: list[Outcome] = []
        self._not_run: list[str] = []

    def run(self) -> int:
        """Run the chosen steps, sum them up, and return the command's exit status."""
        try:
            with tempfile.TemporaryDirectory(
                prefix="portico-bytecode-", ignore_cleanup_errors=True
            ) as folder:
                # The steps share it: Django is compiled before the test processes start.
                os.environ |= bytecode_cache_environment(Path(folder))
                self._run_steps()
        except StopRequested as request:
            say(f"\ndeploy/test: stopped by {request}")
            return 128 + request.signal_number
        self._sum_up()
        return 0 if all(outcome.is_good for outcome in self._outcomes) else 1

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
        is_good = run_step(self)
        seconds = time.monotonic() - began_at
        self._outcomes.append(Outcome(step=name, is_good=is_good, seconds=seconds))
        print(f"── {name}: {'passed' if is_good else 'FAILED'} in {seconds:.1f} s", flush=True)

    def _sum_up(self) -> None:
        print("\nSummary")
        for outcome in self._outcomes:
            verdict = "passed" if outcome.is_good else "FAILED"
            print(f"  {outcome.step:<12} {verdict}  {outcome.seconds:6.1f} s")
        print("Not run" if self._not_run else "Everything was run.")
        for reason in self._not_run:
            print(f"  {reason}")

    def check_format(self) -> bool:
        return self._call([PYTHON, "-m", "ruff", "format", "--check", "."])

    def check_lint(self) -> bool:
        return self._call([PYTHON, "-m", "ruff", "check", "."])

    def check_types(self) -> bool:
        return self._call([PYTHON, "-m", "mypy", "--strict", "shared_domain", "api_edge"])

    def check_imports(self) -> bool:
        return self._call([PYTHON, VENV / "bin" / "lint-imports"])

    def test_rules(self) -> bool:
        """Test the rules that need neither PostgreSQL nor Django."""
        return self._call([PYTHON, "-m", "pytest", "-q", "tests/domain"])

    def check_site(self) -> bool:
        """Migrate an empty database, then let Django look for mistakes and forgotten migrations."""
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
                    self._call([PYTHON, MANAGE, *arguments], **environment)
                    for arguments in (
                        ("migrate", "--no-input", "--verbosity=0"),
                        ("check",),
                        ("makemigrations", "--check", "--dry-run"),
                    )
                )

    def run_tests(self) -> bool:
        with tempfile.TemporaryDirectory(prefix="portico-report-") as folder:
            report = Path(folder) / "report.xml"
            chosen = ["-k", self._options.k] if self._options.k else []
            forms = ["--long"] if self._options.long else []
            is_good = self._call(
                [
                    *(PYTHON, "-m", "pytest", f"--numprocesses={PARALLEL}", "--dist=loadfile"),
                    "--no-loadscope-reorder",
                    *(f"--junit-xml={report}", *forms, *chosen, *self._options.pytest),
                ]
            )
            if report.exists():
                self._not_run += reasons_for_skipping(report)
        if not forms:
            self._not_run.append("tests: the long forms of storms and drills, without --long")
        if chosen or self._options.pytest:
            self._not_run.append("tests: only those that the arguments chose")
        return is_good

    def _call(self, command: Sequence[str | Path], **environment: str) -> bool:
        """Run a program, its output on ours; a request to stop is passed on as an interrupt."""
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


#: In this order: what is quick and often wrong comes first.
STEPS: dict[str, Callable[[TestRun], bool]] = {
    "format": TestRun.check_format,
    "lint": TestRun.check_lint,
    "types": TestRun.check_types,
    "imports": TestRun.check_imports,
    "domain": TestRun.test_rules,
    "site": TestRun.check_site,
    "tests": TestRun.run_tests,
}


def reasons_for_skipping(report: Path) -> list[str]:
    """Return the reasons for which tests were left out, each with their number."""
    reasons = Counter(
        skipped.get("message", "no reason given")
        for skipped in ElementTree.parse(report).iter("skipped")
    )
    return [
        f"{count} {'test' if count == 1 else 'tests'}: {reason}"
        for reason, count in sorted(reasons.items())
    ]
