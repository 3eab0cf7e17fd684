"""Labels of the catalogue's enumerations and ages, for forms, lists and messages of the admin."""

from collections.abc import Iterable
from enum import StrEnum

from shared_domain.catalog import NO_HIGHEST_AGE
from shared_domain.quantities import format_quantity

#: Labels that differ from the capitalised words of the value.
_TITLES = {
    "START_TIME": "Start times",
    "QRCODE": "QR code",
    "CODE128": "Code 128",
    "AZTECCODE": "Aztec code",
    "UNIT": "Ticket",
    "firstName": "First name",
    "lastName": "Last name",
    "emailAddress": "E-mail",
    "phoneNumber": "Telephone",
    "locales": "Languages",
    "postalCode": "Postal code",
    "minute": "Minutes",
    "hour": "Hours",
    "day": "Days",
    "UNTIL_CUTOFF": "Until the cut-off",
    "ALWAYS": "Always, until the start",
    "NEVER": "Never, once confirmed",
}


#: Of a unit that both limits leave open.
ANY_AGE = "any age"


def title(value: str) -> str:
    """Return the label of a value: ``Opening hours`` for ``OPENING_HOURS``."""
    return _TITLES.get(value) or value.replace("_", " ").capitalize()


def format_ages(youngest: int, oldest: int) -> str:
    """Return whom a unit is for: ``18 to 64 years``, ``65 years and older``, ``any age``."""
    if oldest == NO_HIGHEST_AGE:
        return f"{format_quantity(youngest, 'year')} and older" if youngest else ANY_AGE
    years = format_quantity(oldest, "year")
    return f"{youngest} to {years}" if youngest < oldest else years


def choices(enumeration: Iterable[StrEnum]) -> list[tuple[str, str]]:
    """Return the choices of a field; plain strings, so that no migration imports them."""
    return [(member.value, title(member.value)) for member in enumeration]
