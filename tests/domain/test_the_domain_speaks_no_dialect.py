"""No text of the domain spells a field, a header or a path of OCTO or ``/v1``; the doors do.

``rollout`` and ``parity`` are left out: endpoints, paths and headers are what they are about.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import shared_domain

FOLDER = Path(shared_domain.__file__).parent

#: Values that are stored in the database, where they keep their spelling.
STORED = {
    *("catalog/model.py", "bookings/mapping.py"),
    *("notifications/queue/enqueue_sql_store.py", "resources/sql_store.py"),
}

DIALECT = re.compile(
    r"unitItems|(?:unit|option|product|availability)Id\b|(?:reseller|supplier)Reference"
    r"|local(?:Date|DateStart|DateEnd)\b|utc[A-Z]|nextCursor|availableCurrencies|[a-z]+Name\b"
    r"|Octo-|Idempotency-Key|Authorization|octo/|/octo|/v1|(?:GET|POST|PATCH) /"
)


def texts_of_a_dialect(source: str) -> Iterator[str]:
    """Yield the string constants of a module, but for docstrings, that spell a dialect's word."""
    # Most modules hold none of the words, be it in a comment, and need not be parsed.
    if not DIALECT.search(source):
        return
    tree = ast.parse(source)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and id(node) not in docstrings and DIALECT.search(node.value):
            yield node.value


def test_no_text_is_of_a_dialect() -> None:
    modules = {str(path.relative_to(FOLDER)): path for path in FOLDER.rglob("*.py")}
    found = {
        name: list(texts_of_a_dialect(path.read_text()))
        for name, path in modules.items()
        if name.partition("/")[0] not in {"rollout", "parity"} and name not in STORED
    }

    assert len(found) > 150
    assert {name: texts for name, texts in found.items() if texts} == {}


def test_a_text_of_a_dialect_is_found() -> None:
    source = '"""GET /products"""\nraise Refused(f"unitItems[{position}].unitId is unknown")'

    assert list(texts_of_a_dialect(source)) == ["unitItems[", "].unitId is unknown"]
