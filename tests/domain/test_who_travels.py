"""A contact is changed by the keys that were sent; a name is joined, and never split."""

from typing import Any

import pytest

from shared_domain.bookings import NO_CONTACT, Contact, InvalidDetails
from shared_domain.catalog import ContactField
from shared_domain.contact_data import ControlCharacter, Form, TextFlaw, TooLong, WrongForm

CLARA = Contact(first_name="Clara", last_name="Duarte", locales=("pt-PT", "en"))


@pytest.mark.parametrize(
    ("contact", "name"),
    [
        (CLARA, "Clara Duarte"),
        (Contact(first_name="Clara"), "Clara"),
        (Contact(last_name="Duarte"), "Duarte"),
        (Contact(full_name="C. Duarte", first_name="Clara", last_name="Duarte"), "C. Duarte"),
        (NO_CONTACT, None),
    ],
)
def test_the_full_name_is_the_one_sent_or_joined(contact: Contact, name: str | None) -> None:
    assert contact.name == name


def test_a_full_name_is_never_split() -> None:
    contact = NO_CONTACT.with_changes({"full_name": "Clara Maria Duarte"})

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
    assert CLARA.with_changes(change) == changed


@pytest.mark.parametrize("field", list(ContactField))
def test_every_field_can_be_required(field: ContactField) -> None:
    everything = Contact(
        first_name="a", last_name="b", email_address="c@d.e", phone_number="1", postal_code="2",
        country="PT", locales=("pt",), notes="d",
    )  # fmt: skip

    assert list(NO_CONTACT.missing([field])) == [field]
    assert list(everything.missing([field])) == []


def test_a_full_name_satisfies_both_names_and_nothing_else() -> None:
    required = [ContactField.FIRST_NAME, ContactField.LAST_NAME, ContactField.COUNTRY]

    assert list(Contact(full_name="Clara Duarte").missing(required)) == ["country"]


BLANK = "\u00a0\u200b\t"


def test_what_cannot_be_seen_is_missing() -> None:
    stored = Contact(full_name=BLANK, first_name=BLANK, last_name="Duarte", locales=(BLANK,))

    assert stored.name == "Duarte"
    assert list(stored.missing(list(ContactField))) == [
        field for field in ContactField if field is not ContactField.LAST_NAME
    ]
    assert CLARA.with_changes({"first_name": BLANK}) == CLARA.with_changes({"first_name": None})


@pytest.mark.parametrize(
    ("change", "stored"),
    [
        ({"first_name": " Clara\nMaria "}, {"first_name": "Clara Maria"}),
        ({"email_address": "Clara@EXAMPLE.com"}, {"email_address": "Clara@example.com"}),
        ({"country": "gb"}, {"country": "GB"}),
        ({"locales": ["en_GB", "EN-gb", "fr"]}, {"locales": ("en-GB", "fr")}),
        ({"phone_number": "210 000 000"}, {"phone_number": "+351210000000"}),
        (
            {"phone_number": "020 7946 0000", "country": "gb"},
            {"phone_number": "+442079460000", "country": "GB"},
        ),
        ({"phone_number": "210 000 000", "country": None}, {"phone_number": "210 000 000"}),
        ({"notes": "a\r\nb"}, {"notes": "a\nb"}),
    ],
)
def test_a_contact_is_stored_in_its_normal_form(
    change: dict[str, Any], stored: dict[str, Any]
) -> None:
    changed = Contact(country="PT").with_changes(change)

    assert {name: getattr(changed, name) for name in stored} == stored


@pytest.mark.parametrize(
    ("change", "flaw"),
    [
        ({"first_name": "Cla\x07ra"}, ControlCharacter(7)),
        ({"email_address": "clara"}, WrongForm(Form.EMAIL_ADDRESS)),
        ({"phone_number": "n/a"}, WrongForm(Form.TELEPHONE)),
        ({"country": "Portugal"}, WrongForm(Form.COUNTRY)),
        ({"locales": ["en", "!"]}, WrongForm(Form.LOCALE)),
        ({"last_name": "x" * 256}, TooLong(255)),
    ],
)
def test_what_a_field_does_not_take_is_refused_by_its_name(
    change: dict[str, Any], flaw: TextFlaw
) -> None:
    with pytest.raises(InvalidDetails) as refused:
        NO_CONTACT.with_changes(change)

    path = refused.value.field
    assert [path.name] == list(change)
    assert refused.value.flaw == flaw
    assert path.is_of_contact
    assert path.position == (1 if path.name == "locales" else None)


@pytest.mark.parametrize(
    "name",
    [
        "Clara Duarte",
        "O'Neill & Co",
        "J. R. Smith Jr.",
        "李小龍",
        "Dr. Ana",
        "Élodie d'Été",
        "Tom 2",
    ],
)
def test_a_mail_greets_by_name(name: str) -> None:
    assert Contact(full_name=name).greeting_name == name


@pytest.mark.parametrize(
    "name",
    [
        "WIN at http://prizes.example",
        "Visit prizes.example now",
        "PRIZES.EXAMPLE",
        "write to eve@prizes.example",
        "Call 0800 123 456",
        "a" * 61,
        BLANK,
        "",
    ],
)
def test_a_name_that_advertises_is_not_greeted_by(name: str) -> None:
    assert Contact(full_name=name).greeting_name is None


def test_a_name_from_before_is_greeted_on_one_line() -> None:
    assert Contact(full_name="Clara\r\n\r\nDuarte").greeting_name == "Clara Duarte"


def test_a_contact_is_not_shown_in_logs() -> None:
    assert "Clara" not in f"{CLARA} {CLARA!r} {[CLARA]}"
