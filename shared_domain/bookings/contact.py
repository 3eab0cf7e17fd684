"""Contact details of a guest: their normal form, and changes by the keys that were sent."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from shared_domain import contact_data
from shared_domain.bookings.errors import InvalidDetails, TextPath
from shared_domain.catalog import ContactField

#: The keys of a contact that were sent, by attribute name; None and blank texts clear a field.
ContactChange = Mapping[str, Any]

#: The longest name that a mail greets by; few real ones are longer.
MAX_GREETED_NAME = 60

#: Programs for mail make a link of these: addresses of pages and mailboxes, long numbers.
_LOOKS_LIKE_A_LINK = re.compile(r"://|@|\w{2,}\.[^\W\d_]{2,}|(?:\d[\W_]?){6,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A guest's contact details; ``repr()`` hides them, so that no log shows them."""

    full_name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email_address: str | None = None
    phone_number: str | None = None
    postal_code: str | None = None
    country: str | None = None
    locales: tuple[str, ...] = ()
    notes: str | None = None

    def __repr__(self) -> str:
        return "Contact(…)"

    def with_changes(self, change: ContactChange) -> "Contact":
        """Return this contact with the sent keys changed, in their normal form; the others stay.

        Raises:
            InvalidDetails: a value is not what its field takes; see ``contact_data``.
        """
        if not change:
            return self
        normal = normalise_contact(change, country=self.country)
        return replace(self, **normal)

    @property
    def name(self) -> str | None:
        """The full name as sent, else first and last name joined; a full name is never split."""
        if not _is_missing(self.full_name):
            return self.full_name
        return " ".join(_skip_blank((self.first_name, self.last_name))) or None

    @property
    def greeting_name(self) -> str | None:
        """The name for the greeting of an e-mail; None where it would not read as a name.

        Anyone can book under any name and have the tickets sent to a stranger. A very long name,
        or one that a mail client would show as a link, could turn the greeting into an
        advertisement, so it is left out.
        """
        name = contact_data.shown_on_one_line(self.name or "")
        if len(name) > MAX_GREETED_NAME or _LOOKS_LIKE_A_LINK.search(name):
            return None
        return None if contact_data.is_blank(name) else name

    def missing(self, required: Iterable[ContactField]) -> Iterator[ContactField]:
        """Yield the required fields that are blank; a full name stands for both names."""
        for field in required:
            if field in _NAMES and not _is_missing(self.full_name):
                continue
            if _is_missing(getattr(self, field.attribute)):
                yield field


def normalise_contact(
    change: ContactChange, *, ticket: int | None = None, country: str | None = None
) -> dict[str, Any]:
    """Return the keys of a change with their values in normal form, None for what is blank.

    ``ticket`` is the position of the ticket whose contact it is, None for the booking's own.
    ``country`` is the contact's stored country: a telephone number without ``+`` is read as one of
    that country, unless the change names another.

    Raises:
        InvalidDetails: a value is not what its field takes.
    """
    normal: dict[str, Any] = {}
    for name, value in change.items():
        if name == "locales":
            normal[name] = _locales(value or (), ticket)
        else:
            path = TextPath(name, ticket, is_of_contact=True)
            normal[name] = normalise_text(_RULES[name], value, path=path)
    telephone = normal.get("phone_number")
    if telephone is not None:
        known = normal.get("country", country)
        normal["phone_number"] = contact_data.normalise_telephone(telephone, country=known)
    return normal


def normalise_text(rule: Callable[[str], str], text: str | None, *, path: TextPath) -> str | None:
    """Return a text normalised by a rule of ``contact_data``, None for a blank one.

    Raises:
        InvalidDetails: the rule refuses it.
    """
    if text is None or not contact_data.strip_blanks(text):
        return None
    try:
        return rule(text)
    except contact_data.InvalidText as invalid:
        raise InvalidDetails(path, invalid.flaw) from None


def _locales(tags: Sequence[str], ticket: int | None) -> tuple[str, ...]:
    normal: dict[str, None] = {}
    for position, tag in enumerate(tags):
        try:
            normal[contact_data.normalise_locale(tag)] = None
        except contact_data.InvalidText as invalid:
            path = TextPath("locales", ticket, is_of_contact=True, position=position)
            raise InvalidDetails(path, invalid.flaw) from None
    return tuple(normal)


def _is_missing(value: str | tuple[str, ...] | None) -> bool:
    if isinstance(value, str):
        return contact_data.is_blank(value)
    return all(map(contact_data.is_blank, value or ()))


def _skip_blank(texts: Iterable[str | None]) -> Iterator[str]:
    return (text for text in texts if text is not None and not _is_missing(text))


_NAMES = frozenset({ContactField.FIRST_NAME, ContactField.LAST_NAME})

_RULES: Mapping[str, Callable[[str], str]] = {
    "full_name": contact_data.normalise_line,
    "first_name": contact_data.normalise_line,
    "last_name": contact_data.normalise_line,
    "email_address": contact_data.normalise_email,
    "phone_number": contact_data.normalise_telephone,
    "postal_code": contact_data.normalise_line,
    "country": contact_data.normalise_country,
    "notes": contact_data.normalise_note,
}

NO_CONTACT = Contact()
