"""Generated code is formatted, checked, typed and imports as it is, and fits a dry run."""

import subprocess
import sys
from pathlib import Path

from tests.harness.mypy_cache import copy_mypy_cache
from tests.scaffold.conftest import ENDPOINTS, Generated, Tried


def run(*command: str, root: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_is_formatted_and_checked(generated: Generated) -> None:
    run("ruff", "format", "--check", *generated.all_paths, root=generated.root)
    run("ruff", "check", *generated.all_paths, root=generated.root)


def test_it_is_typed(generated: Generated, tmp_path: Path) -> None:
    typed = [path for path in generated.all_paths if not path.startswith("tests/")]

    run("mypy", "--cache-dir", str(copy_mypy_cache(tmp_path)), *typed, root=generated.root)


def test_each_endpoint_takes_the_transaction_of_a_dry_run(tried: Tried) -> None:
    assert tried.called == list(ENDPOINTS)


def test_the_layers_stay_apart(generated: Generated) -> None:
    lint_imports = "from importlinter.cli import lint_imports_command as lint; lint()"
    (generated.root / "contracts.py").write_text(lint_imports)

    assert "0 broken" in run("contracts", "--no-cache", root=generated.root)
