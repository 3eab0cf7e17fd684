"""Neither half names a module of the other in a text, where no import contract would see it."""

import ast
import re
from collections import defaultdict

import pytest

from tests.harness.databases import ROOT

#: What a text of one half names of the other, and why it cannot be imported or moved.
EXCEPTIONS = {
    ("core_site/config/settings.py", "api_edge.v1.events.bodies.event_bodies"): (
        "the worker signs bodies that are OCTO's resources: Pydantic models, which the edge has"
    ),
    (
        "core_site/config/settings.py",
        "api_edge.octo.notifications.header_encryption.AesGcmSealer",
    ): ("the worker opens headers by the library for encryption that the edge seals them with"),
    ("core_site/config/settings.py", "api_edge.weather.open_forecasts"): (
        "the worker asks the provider by the edge's client, which validates with Pydantic"
    ),
    ("core_site/rollout/scaffold/draft.py", "api_edge"): "it drafts modules of the edge",
    ("core_site/rollout/scaffold/draft.py", "api_edge.v1"): "it drafts modules of the edge",
}

OTHERS = {
    "api_edge": ("core_site",),
    "core_site": ("api_edge",),
    "shared_domain": ("api_edge", "core_site"),
}


def named_in(source: str, halves: tuple[str, ...]) -> set[str]:
    """Return the dotted names and paths of other halves in the texts of a module.

    A docstring may speak of the other half: nothing is found by it.
    """
    if not any(half in source for half in halves):
        return set()
    tree = ast.parse(source)
    bare = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    name = re.compile(rf"\b(?:{'|'.join(halves)})\b[\w./]*")
    return {
        found
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in bare
        for found in name.findall(node.value)
    }


def test_no_half_names_the_other_but_for_a_reason() -> None:
    found = defaultdict(set)
    for half, others in OTHERS.items():
        for path in (ROOT / half).rglob("*.py"):
            for name in named_in(path.read_text(encoding="utf-8"), others):
                found[path.relative_to(ROOT).as_posix()].add(name)

    assert {(path, name) for path, names in found.items() for name in names} == set(EXCEPTIONS)


@pytest.mark.parametrize(
    "source",
    [
        'BODIES = "api_edge.v1.events.bodies"',
        'import_module("api_edge.weather")',
        'Path("api_edge/settings.py").read_text()',
    ],
)
def test_a_name_of_the_other_half_is_found(source: str) -> None:
    assert named_in(source, ("api_edge",)) != set()
