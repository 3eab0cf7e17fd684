"""Contact data and references are stored in one normal form; blank texts are null."""

import pytest

from tests.octo.api import Program, a_slot, a_uuid

SENT_AND_STORED = {
    "fullName": (" Clara\u00a0\r\nDuarte\u200b", "Clara\u00a0 Duarte"),
    "firstName": ("Jose\u0301", "José"),
    "lastName": ("\u202eDuarte\u202c", "Duarte"),
    "emailAddress": (" jürgen@MÜLLER.example ", "jürgen@müller.example"),
    "phoneNumber": ("210 000 000", "+351210000000"),
    "postalCode": ("1100-148\n", "1100-148"),
    "country": ("pt", "PT"),
    "locales": (["pt_PT", "EN", "en"], ["pt-PT", "en"]),
    "notes": ("a\r\nb ", "a\nb"),
}

SENT = {name: sent for name, (sent, _) in SENT_AND_STORED.items()}

STORED = {name: stored for name, (_, stored) in SENT_AND_STORED.items()}


def test_every_text_has_one_normal_form(partner: Program) -> None:
    booking = partner.reserved(
        contact=SENT,
        notes="\u00a0\nno nuts\r\n",
        resellerReference="\tTRV-1 ",
        unitItems=[{"unitId": "adult", "resellerReference": " T-1", "contact": SENT}],
    )

    assert booking["contact"] == booking["unitItems"][0]["contact"] == STORED
    assert booking["notes"] == "no nuts"
    assert booking["resellerReference"] == "TRV-1"
    assert booking["unitItems"][0]["resellerReference"] == "T-1"


@pytest.mark.parametrize("blank", ["", " ", "\u00a0", "\u200b", "\t", "\u2800", "\u3164", "\ufeff"])
def test_a_blank_text_is_null(partner: Program, blank: str) -> None:
    texts = {name: blank for name in STORED if name != "locales"}

    booking = partner.reserved(contact=texts, notes=blank, resellerReference=blank)

    assert {booking["contact"][name] for name in texts} == {None}
    assert (booking["notes"], booking["resellerReference"]) == (None, None)


@pytest.mark.parametrize("blank", ["\u00a0", "\u200b \u3164"])
def test_a_blank_name_is_missing_when_a_booking_is_confirmed(partner: Program, blank: str) -> None:
    uuid = partner.reserved()["uuid"]

    refused = partner.post(
        f"/octo/bookings/{uuid}/confirm", {"contact": {"firstName": blank, "lastName": "Duarte"}}
    )

    assert (refused.status, refused.error) == (400, "UNPROCESSABLE_ENTITY")
    assert refused.message == "required to confirm, and missing: contact.firstName"


def test_a_number_is_read_by_the_country_that_was_sent_before(partner: Program) -> None:
    booking = partner.reserved(contact={"country": "gb"})

    changed = partner.patch(
        f"/octo/bookings/{booking['uuid']}", {"contact": {"phoneNumber": "020 7946 0000"}}
    )

    assert changed.body["contact"]["phoneNumber"] == "+442079460000"


def test_a_repeat_may_spell_the_same_differently(partner: Program) -> None:
    slot, uuid = a_slot(), a_uuid()
    number, same_number = "+351210000000", "+351 210 000 000"
    first = partner.reserved(slot, uuid=uuid, contact={"phoneNumber": number}, notes="a")

    again = partner.reserved(slot, uuid=uuid, contact={"phoneNumber": same_number}, notes=" a")

    assert again == first


def test_a_reference_is_found_however_it_is_spelled(partner: Program) -> None:
    reference = f"TRV-{a_uuid()}"
    booking = partner.reserved(resellerReference=f" {reference}")

    found = partner.get(f"/octo/bookings?resellerReference=%20{reference}%09")

    assert [it["uuid"] for it in found.body] == [booking["uuid"]]
    assert found.body[0]["resellerReference"] == reference
