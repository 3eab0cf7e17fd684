"""References and codes use 32 characters that are not confused, and never come twice."""

import re

import pytest

from shared_domain.bookings.codes import new_supplier_reference, new_ticket_code

UNMISTAKABLE = "[0-9A-HJKMNP-TV-Z]"


def test_a_reference_can_be_read_aloud() -> None:
    assert re.fullmatch(rf"PT-{UNMISTAKABLE}{{10}}", new_supplier_reference())


def test_a_ticket_code_holds_80_bits() -> None:
    assert re.fullmatch(rf"{UNMISTAKABLE}{{16}}", new_ticket_code())


@pytest.mark.parametrize("make", [new_supplier_reference, new_ticket_code])
def test_none_comes_twice(make: object) -> None:
    assert callable(make)
    assert len({make() for _ in range(10_000)}) == 10_000


def test_every_character_is_used() -> None:
    used = {character for _ in range(2_000) for character in new_ticket_code()}

    assert len(used) == 32
