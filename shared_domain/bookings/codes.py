"""Random codes: supplier references to be read aloud, and ticket codes that cannot be guessed."""

import re
import secrets

#: Source: Crockford's base 32: no I, L, O or U, so nothing is misread.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

#: The letters that look like a digit, and are read as it.
_MISREAD = str.maketrans("ILO", "110")

#: A reference without its hyphens, and the number of a ticket behind it.
_REFERENCE = re.compile(rf"(?:PT)?([{_ALPHABET}]{{10}})([1-9][0-9]{{0,3}})?")


def new_supplier_reference() -> str:
    """Return a reference such as ``PT-7Q4M2K9XRA``: 50 random bits."""
    return "PT-" + _random(10)


def new_ticket_code() -> str:
    """Return a ticket code, which admits the guest who shows it: 80 random bits."""
    return _random(16)


def correct_misread(code: str) -> str:
    """Return a typed code or reference in capitals with I, L and O read as 1, 1 and 0."""
    return code.translate(_MISREAD)


def parse_reference(typed: str) -> tuple[str, str | None] | None:
    """Return the booking's reference in a typed text, and the ticket's where one is named.

    ``pt 7q4m 2k9x ra`` and ``7Q4M2K9XRA`` name ``PT-7Q4M2K9XRA``, and ``PT-7Q4M2K9XRA-2`` its
    second ticket. None where the text names neither.
    """
    compact = correct_misread(re.sub(r"[\s\-\u2010-\u2015]", "", typed.upper()))
    found = _REFERENCE.fullmatch(compact)
    if found is None:
        return None
    reference, number = f"PT-{found[1]}", found[2]
    return reference, f"{reference}-{number}" if number else None


def normalise_reference(typed: str) -> str:
    """Return the booking's reference in a typed text as it is stored.

    A text that is no reference of today's form is returned in capitals, without blanks around it.
    """
    found = parse_reference(typed)
    return typed.strip().upper() if found is None else found[0]


def _random(length: int) -> str:
    bits = secrets.randbits(5 * length)
    return "".join(_ALPHABET[(bits >> (5 * place)) & 31] for place in range(length))
