"""Numbers with their nouns in English, for messages to partners and staff users."""


def format_quantity(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: ``1 place``, ``0 places``, ``1,200 places``.

    ``plural`` is for nouns whose plural is not made with an s.
    """
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"
