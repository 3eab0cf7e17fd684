"""The repository's figures stay within their bounds."""

import re
from functools import cache

import pytest

from tests.repository.figures import HALVES, HOUSE, IT, NOBODY, ROOT, Repository


@cache
def repository() -> Repository:
    return Repository(ROOT)


@pytest.mark.parametrize("half", HALVES)
def test_no_two_public_classes_of_a_half_have_one_name(half: str) -> None:
    assert repository().classes_of_one_name(half) == set()


def test_moving_endpoints_takes_thirty_percent_of_production_at_most() -> None:
    assert 5 < repository().rollout_percent <= 30


def test_the_scaffold_has_four_hundred_lines_at_most() -> None:
    assert 100 < repository().scaffold_lines <= 400


def test_functions_are_named_by_verbs() -> None:
    named = {
        name
        for path, text in repository().production.items()
        for name in re.findall(r"def (\w+_of)\(", text)
    }

    # A question such as ``stage.is_ahead_of(other)`` begins with its verb.
    assert {name for name in named if not name.startswith("is_")} == set()


@pytest.mark.parametrize("pattern", [IT, NOBODY, HOUSE], ids=["it", "nobody", "the house"])
def test_no_word_stands_for_an_actor_without_naming_it(pattern: re.Pattern[str]) -> None:
    found = {path for path, text in repository().production.items() if pattern.search(text)}

    assert found == set()
