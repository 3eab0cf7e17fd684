"""Names of cities, as callers send them: letters of any script, and signs such as hyphens."""

import unicodedata
from enum import StrEnum

SHORTEST_CITY, LONGEST_CITY = 2, 80

#: As in Saint-Denis, L'Aquila, St. Louis and Washington, D.C.
_SIGNS = frozenset(" -'’.,")


class CityRule(StrEnum):
    """The rules for the name of a city; partners' programs may rely on the values."""

    #: It has ``SHORTEST_CITY`` to ``LONGEST_CITY`` characters.
    LENGTH = "length"
    #: It has letters, among them blanks, hyphens, apostrophes, dots and commas.
    CHARACTERS = "characters"


class InvalidCity(ValueError):
    """A text that cannot be the name of a city; ``rule`` is what it breaks."""

    def __init__(self, rule: CityRule) -> None:
        super().__init__(rule.value)
        self.rule = rule


def parse_city(text: str) -> str:
    """Return the name of a city in one form: composed characters, single blanks.

    Raises:
        InvalidCity: it is too short or too long, or holds other characters than names do.
    """
    if len(text) > 4 * LONGEST_CITY:
        raise InvalidCity(CityRule.LENGTH)
    name = " ".join(unicodedata.normalize("NFC", text).split(" ")).strip()
    name = " ".join(part for part in name.split(" ") if part)
    if not SHORTEST_CITY <= len(name) <= LONGEST_CITY:
        raise InvalidCity(CityRule.LENGTH)
    kinds = [unicodedata.category(sign)[0] for sign in name]
    if (
        not all(kind in "LM" or sign in _SIGNS for kind, sign in zip(kinds, name, strict=True))
        or "L" not in kinds
    ):
        raise InvalidCity(CityRule.CHARACTERS)
    return name
