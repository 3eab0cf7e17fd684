"""Who travels: a contact is changed by the keys that were sent, and nothing else."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from shared_domain.catalog import ContactField

#: The keys of a contact that were sent, by attribute name; None and "" clear a field.
ContactChange = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A guest's details; ``str()`` shows none of them, so that no log ever does."""

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

    def changed(self, change: ContactChange) -> "Contact":
        """Return this contact with the sent keys changed; the others stay."""
        if not change:
            return self
        values: dict[str, Any] = {
            name: value or None for name, value in change.items() if name != "locales"
        }
        if "locales" in change:
            values["locales"] = tuple(change["locales"] or ())
        return replace(self, **values)

    @property
    def name(self) -> str | None:
        """The full name as sent, else first and last name joined; never split the other way."""
        return self.full_name or " ".join(filter(None, (self.first_name, self.last_name))) or None

    def missing(self, required: Iterable[ContactField]) -> Iterator[ContactField]:
        """Yield the required fields that are empty; a full name stands for both names."""
        for field in required:
            if field in _NAMES and self.full_name:
                continue
            if not getattr(self, _ATTRIBUTES[field]):
                yield field


_NAMES = frozenset({ContactField.FIRST_NAME, ContactField.LAST_NAME})

_ATTRIBUTES = {
    ContactField.FIRST_NAME: "first_name",
    ContactField.LAST_NAME: "last_name",
    ContactField.EMAIL_ADDRESS: "email_address",
    ContactField.PHONE_NUMBER: "phone_number",
    ContactField.COUNTRY: "country",
    ContactField.NOTES: "notes",
    ContactField.LOCALES: "locales",
    ContactField.POSTAL_CODE: "postal_code",
}

NOBODY = Contact()
