"""What is typed into the search box may be a name, a number, a reference or a code."""

from uuid import UUID

import pytest

from shared_domain.search import Search, parse_search


def parsed(typed: str) -> Search:
    search = parse_search(typed)
    assert search is not None
    return search


@pytest.mark.parametrize("typed", ["", " ", "a", "º", "\u200b\u200b", " x\n"])
def test_what_is_too_short_is_not_looked_for(typed: str) -> None:
    assert parse_search(typed) is None


@pytest.mark.parametrize("typed", ["李", "김", "𠮷"])
def test_a_family_name_of_one_character_is(typed: str) -> None:
    assert parsed(typed).text == typed


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [
        ("912 345 678", ("912345678",)),
        ("+351 912-345-678", ("351912345678", "912345678")),
        ("00351912345678", ("351912345678", "912345678")),
        ("tel:+44 (0)20 7946 0000", ("442079460000", "2079460000")),
        ("0171/1234567", ("1711234567",)),
        ("\u0661\u0662\u0663\u0664", ("1234",)),
        ("123", ()),
        ("+1", ()),
        ("2 adults", ()),
        ("Clara", ()),
    ],
)
def test_a_telephone_number_in_any_spelling(typed: str, numbers: tuple[str, ...]) -> None:
    assert parsed(typed).telephones == numbers


@pytest.mark.parametrize(
    ("typed", "reference", "code", "is_whole"),
    [
        ("PT-7Q4M2K9XRA", "7Q4M2K9XRA", "PT7Q4M2K9XRA", True),
        ("pt 7q4m", "7Q4M", "PT7Q4M", False),
        ("7q4m2k9xra", "7Q4M2K9XRA", "7Q4M2K9XRA", True),
        ("PT-7Q4M2K9XRA-12", "7Q4M2K9XRA", "PT7Q4M2K9XRA12", True),
        ("#7q4m2k9xra 1", "7Q4M2K9XRA", "7Q4M2K9XRA1", True),
        ("351912345678", "351912345678", "351912345678", False),
        ("PT-OIL", "011", None, False),
        ("7q", "7Q", None, False),
        ("0123456789abcdef", "0123456789ABCDEF", "0123456789ABCDEF", True),
        ("Anna", None, None, False),
        ("Núñez 7", None, None, False),
    ],
)
def test_a_reference_or_a_code(
    typed: str, reference: str | None, code: str | None, is_whole: bool
) -> None:
    search = parsed(typed)

    assert (search.reference, search.code, search.is_whole) == (reference, code, is_whole)


def test_an_id_with_and_without_hyphens() -> None:
    wanted = UUID("0192f0c1-7a51-7c55-8d3c-3a5f6f0f7a11")

    assert parsed(str(wanted)).uuid == parsed(wanted.hex.upper()).uuid == wanted
    assert parsed("0192f0c1").uuid is None


def test_a_text_of_any_length_is_cut() -> None:
    assert len(parsed("a" * 10_000).text) == 200
