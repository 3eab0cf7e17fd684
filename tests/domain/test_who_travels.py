"""A contact is changed by the keys that were sent; a name is joined, and never split."""

from typing import Any

import pytest

from shared_domain.bookings import NOBODY, Contact
from shared_domain.catalog import ContactField

CLARA = Contact(first_name="Clara", last_name="Duarte", locales=("pt-PT", "en"))


@pytest.mark.parametrize(
    ("contact", "name"),
    [
        (CLARA, "Clara Duarte"),
        (Contact(first_name="Clara"), "Clara"),
        (Contact(last_name="Duarte"), "Duarte"),
        (Contact(full_name="C. Duarte", first_name="Clara", last_name="Duarte"), "C. Duarte"),
        (NOBODY, None),
    ],
)
def test_the_full_name_is_the_one_sent_or_joined(contact: Contact, name: str | None) -> None:
    assert contact.name == name


def test_a_full_name_is_never_split() -> None:
    contact = NOBODY.changed({"full_name": "Clara Maria Duarte"})

    assert (contact.first_name, contact.last_name) == (None, None)


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        ({}, CLARA),
        (
            {"first_name": "Ana"},
            Contact(first_name="Ana", last_name="Duarte", locales=CLARA.locales),
        ),
        ({"first_name": ""}, Contact(last_name="Duarte", locales=CLARA.locales)),
        ({"first_name": None}, Contact(last_name="Duarte", locales=CLARA.locales)),
        ({"locales": None}, Contact(first_name="Clara", last_name="Duarte")),
        ({"locales": ["fr"]}, Contact(first_name="Clara", last_name="Duarte", locales=("fr",))),
    ],
)
def test_only_what_was_sent_changes(change: dict[str, Any], changed: Contact) -> None:
    assert CLARA.changed(change) == changed


@pytest.mark.parametrize("field", list(ContactField))
def test_every_field_can_be_required(field: ContactField) -> None:
    everything = Contact(
        first_name="a", last_name="b", email_address="c@d.e", phone_number="1", postal_code="2",
        country="PT", locales=("pt",), notes="d",
    )  # fmt: skip

    assert list(NOBODY.missing([field])) == [field]
    assert list(everything.missing([field])) == []


def test_a_full_name_satisfies_both_names_and_nothing_else() -> None:
    required = [ContactField.FIRST_NAME, ContactField.LAST_NAME, ContactField.COUNTRY]

    assert list(Contact(full_name="Clara Duarte").missing(required)) == ["country"]


def test_a_contact_is_not_shown_in_logs() -> None:
    assert "Clara" not in f"{CLARA} {CLARA!r} {[CLARA]}"
