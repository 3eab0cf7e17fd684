"""Locales: language tags (RFC 5646), accepted in common spellings and stored in one."""

import re

from shared_domain.contact_data.errors import Form, InvalidText, WrongForm
from shared_domain.contact_data.texts import normalise_line

LONGEST_LOCALE = 35

#: Languages of one guest.
MOST_LOCALES = 20

#: Source: RFC 5646 (BCP 47), section 2.1, "langtag".
_TAG = re.compile(
    r"""
    [a-z]{2,3} (?: -[a-z]{3} ){0,3}                 # language: longer ones were never registered
    (?: -[a-z]{4} )?                                # script
    (?: -(?: [a-z]{2} | [0-9]{3} ) )?               # region
    (?: -(?: [a-z0-9]{5,8} | [0-9][a-z0-9]{3} ) )*  # variants
    (?: -[0-9a-wy-z] (?: -[a-z0-9]{2,8} )+ )*       # extensions
    (?: -x (?: -[a-z0-9]{1,8} )+ )?                 # private use
    """,
    re.VERBOSE,
)


def normalise_locale(text: str) -> str:
    """Return the tag in its canonical spelling: ``EN-gb`` and ``en_GB`` are ``en-GB``.

    Source: RFC 5646, section 2.1.1: small letters, save for regions and scripts.

    Raises:
        InvalidText: it is not a language tag.
    """
    tag = normalise_line(text).replace("_", "-").lower()
    if len(text) > LONGEST_LOCALE or not _TAG.fullmatch(tag):
        raise InvalidText(WrongForm(Form.LOCALE))
    subtags = tag.split("-")
    spelled = subtags[:1]
    for subtag in subtags[1:]:
        follows_singleton = any(len(earlier) == 1 for earlier in spelled)
        if follows_singleton:
            spelled.append(subtag)
        elif len(subtag) == 2:
            spelled.append(subtag.upper())
        elif len(subtag) == 4 and subtag.isalpha():
            spelled.append(subtag.title())
        else:
            spelled.append(subtag)
    return "-".join(spelled)
