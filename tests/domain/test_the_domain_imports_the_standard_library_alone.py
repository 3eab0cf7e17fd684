"""``shared_domain`` imports the standard library, itself, and two libraries for contact data.

A list of what is forbidden would let every other library in; this is a list of what is allowed.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import shared_domain

FOLDER = Path(shared_domain.__file__).parent

#: Source: pyproject.toml, which says why.
ALLOWED = sys.stdlib_module_names | {"shared_domain", "email_validator", "phonenumbers"}


#: Functions that import a library by its name.
AT_RUN_TIME = ("import_module", "__import__")


def foreign_imports(source: str) -> set[str]:
    """Return the libraries that a source imports anywhere, and that are not allowed."""
    tree = ast.parse(source)
    # Few modules name a library at run time: of the others, only statements need be looked at.
    names_at_run_time = any(name in source for name in AT_RUN_TIME)
    found = set()
    for node in ast.walk(tree) if names_at_run_time else statements(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            # A relative import stays within the package.
            found |= {(node.module or "").partition(".")[0]} if not node.level else set()
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(AT_RUN_TIME):
            found.add(f"{ast.unparse(node)}, of which nothing is known here")
    return found - ALLOWED


def statements(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the statements of a module, those in functions and other blocks included."""
    blocks = [tree]
    while blocks:
        block = blocks.pop()
        yield block
        for name in ("body", "orelse", "finalbody", "handlers", "cases"):
            # The body of a lambda is no list, and stands in no statement's block.
            blocks += getattr(block, name, ())


def test_no_module_imports_another_library() -> None:
    modules = {str(path.relative_to(FOLDER)): path.read_text() for path in FOLDER.rglob("*.py")}
    found = {name: foreign_imports(source) for name, source in modules.items()}

    assert len(modules) > 200
    assert {name: libraries for name, libraries in found.items() if libraries} == {}


@pytest.mark.parametrize(
    ("source", "library"),
    [
        ("import jsonschema", "jsonschema"),
        ("from jsonschema.validators import validate", "jsonschema"),
        ("import json, django.conf", "django"),
        ("def price():\n    import requests", "requests"),
        ("if TYPE_CHECKING:\n    from psycopg import Cursor", "psycopg"),
        ("try:\n    pass\nexcept OSError:\n    import requests", "requests"),
        ("match 1:\n    case 1:\n        while 1:\n            import requests", "requests"),
    ],
)
def test_another_library_is_found(source: str, library: str) -> None:
    money = (FOLDER / "money.py").read_text()

    assert foreign_imports(f"{money}\n{source}") == {library}


def test_a_library_that_is_named_at_run_time_is_found() -> None:
    assert foreign_imports("import importlib\nimportlib.import_module('jsonschema')") != set()
