"""A build is the sources of both halves: the same code is the same build, other code another."""

import subprocess
import sys
from pathlib import Path

import pytest

from api_edge.rollout.builds import RunningBuilds
from shared_domain.rollout import Build, is_valid_release, wire
from tests.domain.endpoints_in_memory import endpoint

FINGERPRINT = "from shared_domain.rollout import source_fingerprint; print(source_fingerprint({}))"


def fingerprint(folder: Path, *modules: str) -> str:
    """Return what a process of its own says, as each computes it once."""
    return run(folder, FINGERPRINT.format(", ".join(map(repr, modules))))


def run(folder: Path, code: str) -> str:
    environment = {"PYTHONPATH": f"{folder}:{Path.cwd()}"}
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_code_counts_and_what_the_code_leaves_behind_does_not(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    (shop / "__pycache__").mkdir(parents=True)
    (shop / "routes.py").write_text("PRICE = 1\n")
    before = fingerprint(tmp_path, "shop.routes")

    for left_behind in ("__pycache__/routes.pyc", "shop.sqlite3", ".routes.py.swp"):
        (shop / left_behind).write_text("by use")
    assert fingerprint(tmp_path, "shop.edge", "shop.routes") == before

    # What only another module of the program imports is loaded with it.
    (tmp_path / "prices.py").write_text("RATE = 3\n")
    loading = "import prices; from shared_domain.rollout import loaded_modules as of; print(of())"
    assert "'prices'" in run(tmp_path, loading)

    # A part of the package that no endpoint lives in is code as well.
    (shop / "prices.py").write_text("PRICE = 2\n")
    assert fingerprint(tmp_path, "shop.routes") != before


def test_the_pair_has_a_short_name() -> None:
    assert Build("", "3f9a1c2e" + "0" * 24, "2026.11.1").short == "3f9a1c2e/2026.11.1"


@pytest.mark.parametrize("text", ["", " ", "-1", "a b", "a\nb", "ü", "a" * 65, "a;b", "../a"])
def test_a_release_has_a_plain_name(text: str) -> None:
    assert not is_valid_release(text)
    assert is_valid_release("2026.11.1+g3f9a_c-2")


def test_the_token_does_not_tell_the_key() -> None:
    assert "key" not in wire.token(wire.Purpose.RELEASE, "key")
    assert wire.token(wire.Purpose.RELEASE, "key") != wire.token(wire.Purpose.RELEASE, "other key")


def test_an_answer_without_a_release_is_of_an_unknown_one() -> None:
    builds, on_both = RunningBuilds("e" * 32, parity_key=None), endpoint()
    for status, release, wanted in (
        # Before Django is heard, a refusal of the server before it says nothing.
        (400, "", None),
        (502, "", None),
        (0, None, None),
        (200, "", "unknown"),
        (200, "not a release", "unknown"),
        (200, "r1", "r1"),
        (400, "", "r1"),
        (503, "", "r1"),
        (404, "r2", "r2"),
        (302, "", "unknown"),
    ):
        builds.record_release(on_both, release, status)

        of_answer, now = (
            builds.build_for_response(on_both, release, status),
            builds.current_build(on_both),
        )
        assert (now.release if now else None) == wanted
        assert of_answer == now
