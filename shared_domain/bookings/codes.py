"""Random codes: supplier references to be read aloud, and ticket codes that cannot be guessed."""

import secrets

#: Source: Crockford's base 32: no I, L, O or U, so nothing is misread.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

#: The letters that look like a digit, and are read as it.
_MISREAD = str.maketrans("ILO", "110")


def new_supplier_reference() -> str:
    """Return a reference such as ``PT-7Q4M2K9XRA``: 50 random bits."""
    return "PT-" + _random(10)


def new_ticket_code() -> str:
    """Return a ticket code, which admits the guest who shows it: 80 random bits."""
    return _random(16)


def correct_misread(code: str) -> str:
    """Return a typed code or reference in capitals with I, L and O read as 1, 1 and 0."""
    return code.translate(_MISREAD)


def _random(length: int) -> str:
    bits = secrets.randbits(5 * length)
    return "".join(_ALPHABET[(bits >> (5 * place)) & 31] for place in range(length))
