"""A key is recognisable, unpredictable, and any slip of the pen in it is found without asking."""

import zlib
from itertools import cycle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_domain import partners
from shared_domain.partners.key_format import BASE62

keys = st.builds(
    lambda is_test, numbers: partners.new_secret(
        is_test=is_test, draw=lambda _, stream=cycle(numbers): next(stream)
    ),
    st.booleans(),
    st.lists(st.integers(0, 61), min_size=32, max_size=32),
)


@given(keys)
def test_a_new_key_is_well_formed(key: str) -> None:
    assert partners.is_well_formed(key)
    assert len(key) == partners.KEY_LENGTH == 46


@given(keys, st.integers(0, 45), st.characters())
def test_one_changed_character_is_found(key: str, place: int, character: str) -> None:
    changed = key[:place] + character + key[place + 1 :]

    assert partners.is_well_formed(changed) == (changed == key)


@given(keys, st.integers(0, 44))
def test_two_swapped_characters_are_found(key: str, place: int) -> None:
    swapped = key[:place] + key[place + 1] + key[place] + key[place + 2 :]

    assert partners.is_well_formed(swapped) == (swapped == key)


@given(keys)
def test_live_and_test_cannot_be_exchanged(key: str) -> None:
    other = {"pk_live_": "pk_test_", "pk_test_": "pk_live_"}[key[:8]] + key[8:]

    assert not partners.is_well_formed(other)


@given(st.text())
def test_other_text_is_not_a_key(text: str) -> None:
    assert not partners.is_well_formed(text)


@pytest.mark.parametrize("damage", ["{}\n", " {}", "{} ", "{}x", "PK{}"])
def test_nothing_around_a_key_is_accepted(damage: str) -> None:
    assert not partners.is_well_formed(damage.format(partners.new_secret(is_test=False)))


def test_a_cut_off_key_is_found() -> None:
    key = partners.new_secret(is_test=True)

    assert not any(partners.is_well_formed(key[:length]) for length in range(len(key)))


def test_the_checksum_is_crc_32_of_all_before_it() -> None:
    key = partners.new_secret(is_test=False)
    number = 0
    for character in key[-6:]:
        number = number * 62 + BASE62.index(character)

    assert number == zlib.crc32(key[:-6].encode())


def test_no_two_keys_are_alike() -> None:
    assert len({partners.new_secret(is_test=False) for _ in range(1_000)}) == 1_000


def test_the_prefix_tells_the_mode_and_little_more() -> None:
    key = partners.new_secret(is_test=True)

    assert partners.key_prefix(key) == key[:14]
    assert key.startswith("pk_test_")
