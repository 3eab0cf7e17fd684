"""What the edge and Django say to each other is written in ``shared_domain.rollout.wire`` alone.

A header, a token's purpose, a channel or a setting that a second place spells could change in one
half only.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from shared_domain.rollout import wire

ROOT = Path(wire.__file__).parents[2]

HALVES = ("api_edge", "core_site", "shared_domain", "deploy")


def constants(suffix: str) -> set[str]:
    """Return the values of the constants of ``wire`` whose names end so."""
    return {str(value) for name, value in vars(wire).items() if name.endswith(suffix)}


HEADERS = constants("_HEADER")

CHANNELS = constants("_CHANNEL")

SETTINGS = constants("_SETTING")

WORDS = {
    *HEADERS,
    *(f"http_{name.replace('-', '_')}" for name in HEADERS),
    *map(str, wire.Purpose),
    *constants("_PATH"),
    *CHANNELS,
    *SETTINGS,
}

#: A word for the other half that ``wire`` does not have: a header, or a channel by name.
UNKNOWN = re.compile(
    r"""(?i:(?:http_)?x[-_]portico[-_][\w-]+)
      | (?:\b(?:UN)?LISTEN[ ]+ | \bNOTIFY[ ]+ | pg_notify\(\s*') (?P<channel>[a-z]\w*)(?=["';])""",
    re.VERBOSE,
)

#: One of them is in every match, in any case: most texts have none, and need not be searched.
PARTS_OF_UNKNOWN = ("portico", "listen ", "notify ", "pg_notify")


@cache
def sources() -> dict[str, str]:
    """Return the text of each module and file of SQL by its path, without ``wire``."""
    return {
        str(path.relative_to(ROOT)): path.read_text()
        for half in HALVES
        for pattern in ("*.py", "*.sql")
        for path in sorted((ROOT / half).rglob(pattern))
        if path != Path(wire.__file__)
    }


def modules() -> dict[str, str]:
    return {
        path: text
        for path, text in sources().items()
        if path.endswith(".py") and "/migrations/" not in path
    }


def unknown_in(text: str) -> set[str]:
    """Return the headers and channels of a text that ``wire`` does not name."""
    lowered = text.lower()
    if not any(part in lowered for part in PARTS_OF_UNKNOWN):
        return set()
    return {(match["channel"] or match[0]).lower() for match in UNKNOWN.finditer(text)} - WORDS


def spelled_in(source: str) -> set[str]:
    # Most modules hold none of the words, be it in a comment, and need not be parsed.
    lowered = source.lower()
    candidates = {word for word in WORDS if word in lowered}
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
    spelled = {path: spelled_in(text) for path, text in modules().items()}

    assert {path: words for path, words in spelled.items() if words} == {}


def test_every_header_and_channel_is_a_word_of_the_wire() -> None:
    unknown = {path: unknown_in(text) for path, text in sources().items()}

    assert {path: words for path, words in unknown.items() if words} == {}


def test_each_channel_is_notified_by_postgresql() -> None:
    made_by_migrations = [text for path, text in sources().items() if "/migrations/" in path]
    notified = re.findall(r"pg_notify\('(\w+)'", "\n".join(made_by_migrations))

    assert set(notified) == CHANNELS


def test_each_setting_is_one_of_the_triggers() -> None:
    triggers = sources()["core_site/rollout/effects.sql"]

    assert set(re.findall(r"portico\.\w+", triggers)) == SETTINGS


def test_no_word_of_ours_is_spelled_in_both_halves() -> None:
    ours = re.compile(r"portico[-_][\w-]+")
    spelled = {
        half: {
            word
            for path, text in modules().items()
            if path.startswith(half) and ours.search(text)
            for literal in _texts(ast.parse(text))
            for word in ours.findall(literal)
        }
        for half in ("api_edge", "core_site")
    }

    assert spelled["api_edge"] & spelled["core_site"] == set()


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ('response["X-Portico-Release"] = release', wire.RELEASE_HEADER),
        ('request.META.get("HTTP_X_PORTICO_SHADOW")', "http_x_portico_shadow"),
        ('OWN = frozenset({b"portico-compare"})', wire.COMPARE_HEADER),
        ('hmac.new(key, b"portico effects", sha256)', "portico effects"),
        ("NOTIFY = f\"PERFORM pg_notify('portico_endpoint', {x})\"", wire.ENDPOINT_CHANNEL),
        ('response["X-Portico-Problem"] = problem', wire.PROBLEM_HEADER),
        ('execute(b"LISTEN event_positions")', wire.POSITION_CHANNEL),
        ("execute(\"SET LOCAL portico.effects_seen = ''\")", wire.EFFECTS_SEEN_SETTING),
    ],
)
def test_a_second_spelling_is_found(source: str, word: str) -> None:
    assert spelled_in(source) == {word}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("X-Portico-Weather", "x-portico-weather"),
        ('execute("LISTEN forecasts")', "forecasts"),
        ("PERFORM pg_notify('forecasts', '')", "forecasts"),
    ],
)
def test_a_word_that_the_wire_lacks_is_found(text: str, word: str) -> None:
    assert unknown_in(text) == {word}
