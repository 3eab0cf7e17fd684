"""Contact data and other short texts: what both doors accept, and how it is stored.

The partner API and the staff's forms call these functions, so the same input gets the same verdict
and the same stored value at either door. Each function returns the normal form, which it returns
unchanged when it is given it again, or raises ``InvalidText`` with the rule that is broken, of
which each door makes its words. What was stored under older rules is read as it is.

What was decided, and why:

- **Blank** is a text in which nothing can be seen: spaces of every kind, zero-width characters,
  fillers, combining marks on their own. It counts as missing, since a guest whose name is one
  no-break space cannot be greeted. Blanks around a text are taken off.
- **One line stays one line.** A line break or tab inside it becomes a space, as it mostly comes
  from a spreadsheet's cell. Marks that turn the direction of writing, and other invisible
  characters that telephones add when a text is copied, are taken out. Other control characters are
  refused: they are never typed. The joiners of Persian, of Indian scripts and of emoji stay.
- **E-mail**: what the library ``email-validator`` accepts by syntax, international local parts
  and domains included; stored as it normalises them and compared case-folded (``email_key``).
  Names of no public domain (``.test``, ``.local``, ``localhost``) are refused as it does, because
  no ticket can arrive there. Whether an address exists is not looked up: a name server that is
  down must not turn guests away.
- **Telephone**: stored as E.164 when ``phonenumbers`` can read it, by its ``+`` or by the
  contact's country. Otherwise a text of mostly digits is stored as it was typed: partners pass on
  what guests wrote, and a number that only a person can dial is worth more than none.
- **Country**: a code of ISO 3166-1, in capitals or not, from the list that the locked ``tzdata``
  carries; and XK, which is in general use for Kosovo.
- **Locale**: a tag of BCP 47, also with ``_`` and in any capitals, stored in its canonical
  spelling.
- **Time**: a time of day, stored as ``HH:MM``; ``8.30`` and ``8h30`` are understood.
"""

from shared_domain.contact_data.countries import COUNTRIES, normalise_country
from shared_domain.contact_data.email_addresses import (
    LONGEST_EMAIL,
    SHORTEST_EMAIL,
    email_key,
    mailbox_for_smtp,
    normalise_email,
)
from shared_domain.contact_data.errors import (
    ControlCharacter,
    Form,
    HasBlanks,
    InvalidText,
    TextFlaw,
    TooLong,
    TooShort,
    WrongForm,
)
from shared_domain.contact_data.locales import LONGEST_LOCALE, MOST_LOCALES, normalise_locale
from shared_domain.contact_data.telephones import build_telephone_url, normalise_telephone
from shared_domain.contact_data.texts import (
    LONGEST_LINE,
    LONGEST_NOTE,
    check_length,
    is_blank,
    normalise_line,
    normalise_note,
    search_key,
    search_term,
    shown_on_one_line,
    strip_blanks,
)
from shared_domain.contact_data.times import normalise_time

__all__ = [
    # Blanks, one line, several lines
    "check_length",
    "is_blank",
    "normalise_line",
    "normalise_note",
    "shown_on_one_line",
    "search_key",
    "search_term",
    "strip_blanks",
    "LONGEST_LINE",
    "LONGEST_NOTE",
    # E-mail
    "email_key",
    "mailbox_for_smtp",
    "normalise_email",
    "LONGEST_EMAIL",
    "SHORTEST_EMAIL",
    # Telephone, country, locale
    "build_telephone_url",
    "normalise_telephone",
    "normalise_country",
    "COUNTRIES",
    "normalise_locale",
    "LONGEST_LOCALE",
    "MOST_LOCALES",
    # A time of day
    "normalise_time",
    # Why a text cannot be used
    "InvalidText",
    "TextFlaw",
    "ControlCharacter",
    "Form",
    "HasBlanks",
    "TooLong",
    "TooShort",
    "WrongForm",
]
