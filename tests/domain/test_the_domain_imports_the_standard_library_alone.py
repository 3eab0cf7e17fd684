"""``shared_domain`` imports the standard library, itself, and two libraries for contact data.

A list of what is forbidden would let every other library in; this is a list of what is allowed.
"""

import ast
import sys
from pathlib import Path

import pytest

import shared_domain

FOLDER = Path(shared_domain.__file__).parent

#: Source: pyproject.toml, which says why.
ALLOWED = sys.stdlib_module_names | {"shared_domain", "email_validator", "phonenumbers"}


def foreign_imports(source: str) -> set[str]:
    """Return the libraries that a source imports anywhere, and that are not allowed."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            # A relative import stays within the package.
            found |= {(node.module or "").partition(".")[0]} if not node.level else set()
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
            ("import_module", "__import__")
        ):
            found.add(f"{ast.unparse(node)}, of which nothing is known here")
    return found - ALLOWED


@pytest.mark.parametrize(
    "path", sorted(FOLDER.rglob("*.py")), ids=lambda path: str(path.relative_to(FOLDER))
)
def test_no_module_imports_another_library(path: Path) -> None:
    assert foreign_imports(path.read_text()) == set()


@pytest.mark.parametrize(
    ("source", "library"),
    [
        ("import jsonschema", "jsonschema"),
        ("from jsonschema.validators import validate", "jsonschema"),
        ("import json, django.conf", "django"),
        ("def price():\n    import requests", "requests"),
        ("if TYPE_CHECKING:\n    from psycopg import Cursor", "psycopg"),
    ],
)
def test_another_library_is_found(source: str, library: str) -> None:
    money = (FOLDER / "money.py").read_text()

    assert foreign_imports(f"{money}\n{source}") == {library}


def test_a_library_that_is_named_at_run_time_is_found() -> None:
    assert foreign_imports("import importlib\nimportlib.import_module('jsonschema')") != set()
