"""Contact data gets the same verdict and is stored alike, whichever door it comes through."""

from functools import cache
from typing import Any

import pytest

from shared_domain.catalog import ContactField
from tests.both_doors.doors import Stack, StaffBrowser
from tests.harness.clients import OctoClient, a_slot

#: Odd values of each field of a contact, in OCTO's spelling.
ODD = {
    "firstName": [
        "Clara", " Clara ", "\u00a0", "\u200b\u3164", "\u2800", "\u0301", "Clara\nDuarte",
        "Clara\r\nDuarte", "Cla\tra", "Cla\u2028ra", "\u202eClara\u202c", "Cla\u200bra",
        "Jose\u0301", "Cla\x00ra", "Cla\x07ra", "Cla\x9fra", "x" * 255, "x" * 256, " " * 300 + "x",
        "👩\u200d🚀", "<b>", "WIN http://prizes.example",
    ],
    "lastName": ["\u00ad", "\ufeffDuarte", "D'Angelo", "\x85", "e\u0301" * 255],
    "emailAddress": [
        "clara@example.com", " Clara@EXAMPLE.com ", "jürgen@müller.example",
        "a@xn--mller-kva.example",
        "nonsense", "a@b", "a@localhost", "a@hotel.test", "a..b@example.com", "a b@example.com",
        "clara@example.com\nBcc: eve@example.com", "\u202aclara@example.com\u202c",
        "a\u200bb@example.com", "x" * 243 + "@example.com", "Clara <clara@example.com>", "\u00a0",
    ],
    "phoneNumber": [
        "+351 210 000 000", "210 000 000", "00351 210 000 000", "+351210000000;ext=12",
        "+351 210 000 000 (hotel)", "112", "12", "nonsense", "n/a", "\u200b", "+999 123 456",
        "＋３５１ ２１０ ０００ ０００", "tel:+351-210-000-000", "1" * 256,
    ],
    "postalCode": ["1100-148", " sw1a 1aa\n", "\u00a0", "x" * 256, "\x1b[31m"],
    "country": ["PT", "pt", " Gb ", "Portugal", "XX", "XK", "P", "ß", "\u200b"],
    "notes": ["a\r\nb", " a ", "\u2003", "a\x00", "a\x0bb", "x" * 10_000, "x" * 10_001],
}  # fmt: skip

LOCALES = ["pt_PT", "EN-gb", "pt_PT!", "zh_hant_tw", "english", "pt-PT", "x", "es-419", "\u200b"]


def sample(cases: list[Any]) -> list[Any]:
    """Leave some of the cases for every day: tests/domain tests the rule itself with all of them.

    Each case is a booking at either door.
    """
    return [
        pytest.param(*case, marks=[pytest.mark.long] if number % 6 else [])
        for number, case in enumerate(cases)
    ]


CASES = sample([(field, value) for field, values in ODD.items() for value in values])


@pytest.fixture
def asks_for(stack: Stack) -> Any:
    """Let the kayak's option demand one field and nothing else, until the test ends."""
    before = stack.connection.execute(
        "SELECT id, required_contact_fields FROM catalog_option"
    ).fetchall()

    def ask(field: str) -> None:
        stack.connection.execute(
            "UPDATE catalog_option SET required_contact_fields = %s", [[field]]
        )

    yield ask
    for option_id, fields in before:
        stack.connection.execute(
            "UPDATE catalog_option SET required_contact_fields = %s WHERE id = %s",
            [fields, option_id],
        )


def stored_by_partner(stack: Stack, field: str, value: object) -> object:
    """Return what the API stored, or None when it refused and stored nothing."""
    uuid = _held(stack.partner, field)
    answer = stack.partner.post(f"/octo/bookings/{uuid}/confirm", {"contact": {field: value}})
    return _stored(stack, uuid, field, is_refused=answer.status != 200)


def stored_by_staff(stack: Stack, field: str, typed: str) -> object:
    """Return what the admin stored, or None when it refused and stored nothing."""
    uuid = _held(stack.partner, field)
    browser: StaffBrowser = stack.staff
    filled_in = {f"contact.{ContactField(field).attribute}": typed}
    is_accepted = browser.is_accepted(stack.admin_page(uuid, "confirm"), **filled_in)
    return _stored(stack, uuid, field, is_refused=not is_accepted)


def _held(partner: OctoClient, field: str) -> str:
    # A country that was known before: it is the one by which a national number is read.
    known = {} if field == "country" else {"country": "PT"}
    booking = partner.reserved(a_slot_of_ours(), contact=known, unitItems=[{"unitId": "adult"}])
    return str(booking["uuid"])


@cache
def a_slot_of_ours() -> str:
    return a_slot()


def _stored(stack: Stack, uuid: str, field: str, *, is_refused: bool) -> object:
    booking = stack.row(uuid)["booking"]
    given_back = stack.partner.post(f"/octo/bookings/{uuid}/cancel", {})
    assert given_back.status == 200
    assert booking["status"] == ("ON_HOLD" if is_refused else "CONFIRMED")
    assert (field in booking["contact"]) != is_refused
    return booking["contact"].get(field)


@pytest.mark.parametrize(("field", "value"), CASES, ids=lambda text: ascii(text)[:40])
def test_a_field_of_a_contact(stack: Stack, asks_for: Any, field: str, value: str) -> None:
    asks_for(field)

    assert stored_by_partner(stack, field, value) == stored_by_staff(stack, field, value)


@pytest.mark.parametrize("tag", sample([(tag,) for tag in LOCALES]), ids=ascii)
def test_a_language(stack: Stack, asks_for: Any, tag: str) -> None:
    asks_for("locales")

    assert stored_by_partner(stack, "locales", [tag]) == stored_by_staff(stack, "locales", tag)
