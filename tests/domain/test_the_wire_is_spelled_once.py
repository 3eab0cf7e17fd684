"""What the edge and Django say to each other is written in ``shared_domain.rollout.wire`` alone.

A header, a token's purpose or a channel that a second place spells could change in one half only.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared_domain.rollout import wire

ROOT = Path(wire.__file__).parents[2]

HEADERS = {
    *wire.EDGE_ONLY_HEADERS,
    wire.COMPARE_HEADER,
    wire.PARITY_HEADER,
    wire.DIFFERENCES_HEADER,
}

WORDS = {
    *HEADERS,
    *(f"http_{name.replace('-', '_')}" for name in HEADERS),
    *map(str, wire.Purpose),
    wire.DRY_RUN_PATH,
    wire.ENDPOINT_CHANNEL,
    wire.API_KEY_CHANNEL,
}


def sources() -> list[Path]:
    return [
        path
        for half in ("api_edge", "core_site", "shared_domain", "deploy")
        for path in sorted((ROOT / half).rglob("*.py"))
        if "migrations" not in path.parts and path != Path(wire.__file__)
    ]


def spelled_in(source: str) -> set[str]:
    # Most modules hold none of the words, be it in a comment, and need not be parsed.
    candidates = {word for word in WORDS if word in source.lower()}
    texts = [text.lower() for text in _texts(ast.parse(source))] if candidates else []
    return {
        word
        for word in candidates
        if any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) for text in texts)
    }


def _texts(tree: ast.AST) -> Iterator[str]:
    """Return the strings and bytes of a module, docstrings left out."""
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in docs:
            if isinstance(node.value, bytes):
                yield node.value.decode("latin-1")
            elif isinstance(node.value, str):
                yield node.value


def test_no_other_module_spells_a_word_of_the_wire() -> None:
    spelled = {str(path.relative_to(ROOT)): spelled_in(path.read_text()) for path in sources()}

    assert {path: words for path, words in spelled.items() if words} == {}


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ('response["X-Portico-Release"] = release', wire.RELEASE_HEADER),
        ('request.META.get("HTTP_X_PORTICO_SHADOW")', "http_x_portico_shadow"),
        ('OWN = frozenset({b"portico-compare"})', wire.COMPARE_HEADER),
        ('hmac.new(key, b"portico effects", sha256)', "portico effects"),
        ("NOTIFY = f\"PERFORM pg_notify('portico_endpoint', {x})\"", wire.ENDPOINT_CHANNEL),
    ],
)
def test_a_second_spelling_is_found(source: str, word: str) -> None:
    assert spelled_in(source) == {word}
