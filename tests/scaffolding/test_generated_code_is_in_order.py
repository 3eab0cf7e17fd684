"""What is generated is formatted, checked, typed and imports as it is."""

import ast
import subprocess
import sys
from pathlib import Path

from tests.scaffolding.conftest import Generated


def run(*command: str, root: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_is_formatted_and_checked(generated: Generated) -> None:
    run("ruff", "format", "--check", *generated.paths, root=generated.root)
    run("ruff", "check", *generated.paths, root=generated.root)


def test_it_is_typed(generated: Generated, tmp_path: Path) -> None:
    typed = [it for it in generated.paths if not it.startswith("tests/")]

    run("mypy", "--cache-dir", str(tmp_path), *typed, root=generated.root)


def test_it_imports_and_describes_itself(generated: Generated) -> None:
    endpoints = [
        it.removesuffix(".py").replace("/", ".")
        for it in generated.paths
        if it.startswith("api_edge/") and "_schemas" not in it
    ]
    script = generated.root / "describing.py"
    script.write_text(
        "import importlib, sys\n"
        "from fastapi import FastAPI\n"
        "app = FastAPI()\n"
        "for name in sys.argv[1:]:\n"
        "    app.include_router(importlib.import_module(name).router)\n"
        "print(*(f'{method.upper()} {path}' for path, it in app.openapi()['paths'].items()"
        " for method in it), sep='\\n')\n"
    )

    described = run("describing", *endpoints, root=generated.root)

    assert sorted(described.splitlines()) == sorted(generated.drafts)


def test_the_layers_stay_apart(generated: Generated) -> None:
    for path in generated.paths:
        imported = {
            node.module.partition(".")[0]
            for node in ast.walk(ast.parse(generated.text(path)))
            if isinstance(node, ast.ImportFrom) and node.module
        }
        if path.startswith("shared_domain/"):
            assert imported <= {"shared_domain", *sys.stdlib_module_names}
        assert "core_site" not in imported


def test_no_file_is_long(generated: Generated) -> None:
    assert max(generated.text(path).count("\n") for path in generated.paths) < 300
