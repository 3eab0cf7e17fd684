"""References and codes use 32 characters that are not confused, and never come twice."""

import re

import pytest

from shared_domain.bookings.codes import new_supplier_reference, new_ticket_code, parse_reference

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


@pytest.mark.parametrize(
    "typed", ["PT-7Q4M2K9XRA", "pt-7q4m2k9xra", "pt 7q4m 2k9x ra", "PT7Q4M2K9XRA", "7Q4M2K9XRA"]
)
def test_a_reference_is_known_however_it_is_typed(typed: str) -> None:
    assert parse_reference(typed) == ("PT-7Q4M2K9XRA", None)


@pytest.mark.parametrize("typed", ["PT-7Q4M2K9XRA-12", "pt 7q4m2k9xra 12", "PT7Q4M2K9XRA12"])
def test_a_tickets_number_names_its_booking_too(typed: str) -> None:
    assert parse_reference(typed) == ("PT-7Q4M2K9XRA", "PT-7Q4M2K9XRA-12")


@pytest.mark.parametrize("typed", ["", "PT-", "PT-7Q4M", "PT-7Q4M2K9XRA-0", "7Q4M2K9XRA7Q4M2K"])
def test_other_texts_are_no_reference(typed: str) -> None:
    assert parse_reference(typed) is None
