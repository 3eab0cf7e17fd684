"""``deploy/test`` runs every step that it names, and says what was left out and why."""

import runpy
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from deploy.test_runner import STEPS, reasons_for_skipping
from tests.harness.databases import ROOT
from tests.harness.deploy_up import clean_environment, wait_until_gone
from tests.harness.interrupted_run import end_all, list_descendants
from tests.harness.scheduling import LONGEST_FIRST, SHARED, unit_of
from tests.harness.waiting import eventually

WITH_A_BACKGROUND_STEP = """
import argparse, sys
from deploy import test_runner
fails = "print('first line', flush=True); print('second line'); raise SystemExit(1)"
test_runner.STEPS.clear()
test_runner.STEPS["types"] = [sys.executable, "-c", fails]
test_runner.STEPS["imports"] = lambda run: True
options = argparse.Namespace(only=None, long=False, k=None, pytest=[])
sys.exit(test_runner.TestRun(options).run())
"""


def run(*options: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, str(ROOT / "deploy" / "test"), *options],
        env=clean_environment() | environment,
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


def test_the_quick_form_is_every_step_that_needs_no_postgresql(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "argv", ["deploy/test", "--quick"])

    command = runpy.run_path(str(ROOT / "deploy" / "test"), run_name="deploy_test")

    assert set(command["read_options"]().only) == set(STEPS) - {"django", "tests"}


def test_pure_rules_are_tested_without_postgresql() -> None:
    nothing_listens = {"DATABASE_URL": "postgresql://127.0.0.1:1/none"}
    # All are imported there, which is what could need it; a few are run.
    finished = run("--only", "domain", "-k", "running_a_service", **nothing_listens)

    assert finished.returncode == 0, finished.stdout
    assert "domain       passed" in finished.stdout
    assert "step tests: not asked for" in finished.stdout


def test_a_failing_step_fails_the_run() -> None:
    finished = run("--only", "tests", "--", "-n0", "tests/domain/no_such_file.py")

    assert finished.returncode == 1
    assert "tests: only those that the arguments chose" in finished.stdout


def test_a_step_in_the_background_shows_its_output_whole_and_fails_the_run() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITH_A_BACKGROUND_STEP], cwd=ROOT, capture_output=True, text=True,
        check=False,
    )  # fmt: skip

    assert "── types\nfirst line\nsecond line\n── types: FAILED" in done.stdout
    assert "── imports: passed" in done.stdout
    assert done.returncode == 1


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


def test_the_order_of_tests_names_units_and_folders_that_exist() -> None:
    files = [path.relative_to(ROOT).as_posix() for path in ROOT.glob("tests/*/test_*.py")]
    units = Counter(unit_of(file) for file in files)

    assert all(units[unit] > 1 for unit in SHARED)
    assert all(name in SHARED or (ROOT / name).is_dir() for name in LONGEST_FIRST)


def test_what_a_killed_test_process_has_started_is_ended() -> None:
    starts_another = "import subprocess; subprocess.run(['sleep', '600'])"
    with subprocess.Popen([sys.executable, "-c", starts_another]) as killed:
        assert eventually(lambda: list_descendants(killed.pid))
        started = list_descendants(killed.pid)
        killed.kill()

    end_all(started)

    assert wait_until_gone(started) == []
