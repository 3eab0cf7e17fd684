"""``deploy/test`` runs every step that it names, and says what was left out and why."""

import subprocess
import sys
from pathlib import Path

from deploy.testing import STEPS, reasons_for_skipping
from tests.databases import ROOT
from tests.deploy.running_up import clean_environment


def run(*options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, str(ROOT / "deploy" / "test"), *options],
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_its_help_names_every_step() -> None:
    shown = run("--help")

    assert shown.returncode == 0
    assert ", ".join(STEPS) in " ".join(shown.stdout.split())


def test_steps_left_out_are_named_at_the_end() -> None:
    printed = run("--only", "imports").stdout

    _, _, left_out = printed.partition("Not run\n")
    assert [line.split(":")[0].strip() for line in left_out.splitlines()] == [
        f"step {name}" for name in STEPS if name != "imports"
    ]


def test_a_failing_step_fails_the_run() -> None:
    finished = run("--only", "tests", "--", "-n0", "tests/no_such_folder")

    assert finished.returncode == 1
    assert "tests: only those that the arguments chose" in finished.stdout


def test_skipped_tests_are_counted_by_reason(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(
        "<testsuites><testsuite>"
        '<testcase name="a"><skipped message="no Chromium"/></testcase>'
        '<testcase name="b"><skipped message="no Chromium"/></testcase>'
        '<testcase name="c"/>'
        "</testsuite></testsuites>"
    )

    assert reasons_for_skipping(report) == ["2 tests: no Chromium"]
