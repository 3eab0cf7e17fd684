"""A number stands with its noun: 1 place, 2 places.

That every refusal says so, at every door: ``tests/both_doors``.
"""

import pytest

from shared_domain.quantities import format_quantity


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "0 entries"), (1, "1 entry"), (2, "2 entries"), (1200, "1,200 entries")],
)
def test_the_noun_follows_the_number(number: int, words: str) -> None:
    assert format_quantity(number, "entry", "entries") == words
