"""Generated code is formatted, checked, typed and imports as it is, and fits a dry run."""

import subprocess
import sys
from pathlib import Path

from tests.harness.mypy_cache import copy_mypy_cache
from tests.scaffold.conftest import ENDPOINTS, Generated

#: Describes each endpoint, and calls it with the transaction that a dry run brings.
CALL_EACH = """
import asyncio, importlib, inspect, sys
from types import SimpleNamespace
from fastapi import FastAPI

class DryRun:
    async def commit(self): ...
    async def close(self): ...

for name in sys.argv[1:]:
    app = FastAPI()
    (route,) = importlib.import_module(name).router.routes
    app.router.routes.append(route)
    ((path, (method, *_)),) = app.openapi()["paths"].items()
    given = DryRun()
    scope = {"headers": [], "state": {"dry_run_transaction": given}}
    request = SimpleNamespace(scope=scope)
    arguments = dict.fromkeys(inspect.signature(route.endpoint).parameters)
    try:
        asyncio.run(route.endpoint(**arguments | {"request": request}))
    except NotImplementedError as todo:
        assert todo.args[1] is given, todo
        print(method.upper(), path)
"""


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


def test_each_endpoint_takes_the_transaction_of_a_dry_run(generated: Generated) -> None:
    (generated.root / "call_each.py").write_text(CALL_EACH)
    modules = [
        path.removesuffix(".py").replace("/", ".")
        for path in generated.all_paths
        if path.startswith("api_edge/") and "_schemas" not in path
    ]

    called = run("call_each", *modules, root=generated.root)

    assert called.splitlines() == list(ENDPOINTS)


def test_the_layers_stay_apart(generated: Generated) -> None:
    lint_imports = "from importlinter.cli import lint_imports_command as lint; lint()"
    (generated.root / "contracts.py").write_text(lint_imports)

    assert "0 broken" in run("contracts", "--no-cache", root=generated.root)
