"""Parse a typed search text: what it may be, such as a reference, a code or a telephone number."""

import re
import unicodedata
from dataclasses import dataclass
from uuid import UUID

import phonenumbers

from shared_domain.bookings import correct_misread
from shared_domain.contact_data import search_term

#: Longer texts are cut: no name, reference or address is found by more.
LONGEST_TYPED = 200

#: Fewer letters than this would match most bookings.
SHORTEST_TYPED = 2

#: From here on, one character is a family name: Chinese, Japanese, Korean.
FIRST_OF_IDEOGRAPHS = "\u2e80"

#: Fewer digits than this are no telephone number to look for.
FEWEST_DIGITS = 4

#: So many characters of a voucher's or ticket's code, of ours, are looked for; fewer mean others.
SHORTEST_CODE = 6

OUR_PREFIX = "PT"

#: Whole references, without ``PT-``, and whole codes: see ``shared_domain/bookings/codes.py``.
WHOLE_REFERENCE, WHOLE_CODE = 10, 16
WHOLE = frozenset({WHOLE_REFERENCE, WHOLE_CODE})

#: A whole reference with the number that a ticket adds to it, as on printed tickets: ``PT-…-2``.
#: Digits alone are a telephone number.
_OF_A_TICKET = re.compile(rf"(?![0-9]+\Z)([0-9A-Z]{{{WHOLE_REFERENCE}}})[0-9]{{1,4}}\Z")

_TELEPHONE = re.compile(r"(tel:)?[\d\s()+./\-\u2010-\u2015]+\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A typed search text, and what it may be.

    ``text`` is compared with names, addresses and the reseller's references. ``telephones`` are
    digits that a stored number may begin or end with. ``reference`` is the part of our reference
    behind ``PT-``, ``code`` a voucher's or a ticket's code, ``uuid`` that of a booking or of the
    request that changed it. A word without digits is no part of a code: "Anna" is a name.
    """

    text: str
    telephones: tuple[str, ...] = ()
    reference: str | None = None
    code: str | None = None
    uuid: UUID | None = None

    @property
    def is_whole(self) -> bool:
        """True for a reference or a code that has all of its characters."""
        return bool({len(self.reference or ""), len(self.code or "")} & WHOLE)


def parse_search(typed: str) -> Search | None:
    """Parse a typed text; None when it is too short to search for.

    Blanks around it and invisible characters do not count.
    """
    text = search_term(typed)[:LONGEST_TYPED]
    plain = unicodedata.normalize("NFKC", text).upper()
    if len(text) < SHORTEST_TYPED and plain < FIRST_OF_IDEOGRAPHS:
        return None
    code = re.sub(r"[\s\-\u2010-\u2015_.#]", "", plain)
    named = code.removeprefix(OUR_PREFIX)
    if (of_a_ticket := _OF_A_TICKET.match(named)) is not None:
        named = of_a_ticket[1]
    is_named = re.match(rf"{OUR_PREFIX}[\s\-\u2010-\u2015]", plain) is not None
    is_code = (
        code.isascii()
        and code.isalnum()
        and (is_named or len(named) in WHOLE or any(map(str.isdigit, code)))
    )
    return Search(
        text=text,
        telephones=_telephones(text),
        reference=correct_misread(named) if is_code and len(named) >= SHORTEST_TYPED else None,
        code=correct_misread(code) if is_code and len(code) >= SHORTEST_CODE else None,
        uuid=_uuid(text),
    )


def fold_words(text: str) -> list[str]:
    """Return the words of a text without accents and case, nearly as PostgreSQL compares them.

    For showing why a booking was found; PostgreSQL alone decides which are found.
    """
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    marked = "".join(char for char in decomposed if not unicodedata.category(char).startswith("M"))
    return re.findall(r"[^\W_]+", marked.casefold())


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _telephones(text: str) -> tuple[str, ...]:
    """Return the digits of a number, without the zeros that a call begins with, in each spelling.

    ``+351 912 345 678`` is also ``912345678``, as a guest in the country may have given it.
    """
    plain = unicodedata.normalize("NFKC", text)
    if not _TELEPHONE.match(plain):
        return ()
    written = plain.replace("(0)", "")
    digits = "".join(str(unicodedata.decimal(char)) for char in written if char.isdecimal())
    is_international = "+" in written or digits.startswith("00")
    number = digits.lstrip("0")
    if len(number) < FEWEST_DIGITS:
        return ()
    national = _national_part(number) if is_international else None
    return tuple(dict.fromkeys(way for way in (number, national) if way))


def _national_part(digits: str) -> str | None:
    try:
        parsed = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return None
    return str(parsed.national_number) if phonenumbers.is_possible_number(parsed) else None
