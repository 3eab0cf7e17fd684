"""Telephone numbers: accepted in any common spelling, stored as E.164 where that is possible."""

import re

import phonenumbers

from shared_domain.contact_data.errors import Form, InvalidText, WrongForm
from shared_domain.contact_data.texts import normalise_line

#: The shortest numbers that can be dialled, such as 112.
FEWEST_DIGITS = 3

#: What parts a number in E.164 and its extension.
_BEFORE_EXTENSION = " ext. "

#: The beginning of a telephone number's address in a web page (RFC 3966).
_SCHEME = re.compile(r"tel:\s*", re.IGNORECASE)


def normalise_telephone(text: str, *, country: str | None = None) -> str:
    """Return the number as E.164 (``+351210000000``, and ``ext. 12`` behind it), else as typed.

    A number without ``+`` is read as a number of ``country`` (a code of two letters) if it is valid
    there. Whether a text is accepted does not depend on the country.

    Raises:
        InvalidText: it is not a number, and has too few digits or too many letters for one that
            a person can dial.
    """
    line = normalise_line(text)
    written = _SCHEME.sub("", line, count=1) if _SCHEME.match(line) else line
    number = _international(written)
    if number is None and not _looks_like_one(line):
        raise InvalidText(WrongForm(Form.TELEPHONE))
    if number is None and country is not None:
        number = _national(written, country)
    # Letters that are not an extension's say something that E.164 cannot: "(hotel)", "FLOWERS".
    if number is None or (_letters(written) and not number.extension):
        return line
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{e164}{_BEFORE_EXTENSION}{number.extension}" if number.extension else e164


def build_telephone_url(stored: str) -> str:
    """Return the URL that dials a stored number (RFC 3966), with its extension as a parameter.

    Telephones leave letters out of a number that they dial: ``ext. 12`` would become two digits of
    it.
    """
    number, _, extension = stored.partition(_BEFORE_EXTENSION)
    url = "tel:" + "".join(number.split())
    return f"{url};ext={extension}" if extension else url


def _international(text: str) -> phonenumbers.PhoneNumber | None:
    number = _parse(text, None)
    return number if number is not None and phonenumbers.is_possible_number(number) else None


def _national(text: str, country: str) -> phonenumbers.PhoneNumber | None:
    # Merely possible is not enough here: a foreign guest's local number would get a wrong code.
    number = _parse(text, country)
    return number if number is not None and phonenumbers.is_valid_number(number) else None


def _parse(text: str, country: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None


def _looks_like_one(line: str) -> bool:
    digits = sum(char.isdecimal() for char in line)
    return digits >= FEWEST_DIGITS and _letters(line) <= digits


def _letters(line: str) -> int:
    return sum(char.isalpha() for char in line)
