"""Contact data and references are stored in one normal form; blank texts are null."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.harness.clients import OctoClient, a_slot, a_uuid

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


def test_every_text_has_one_normal_form(partner: OctoClient) -> None:
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
def test_a_blank_text_is_null(partner: OctoClient, blank: str) -> None:
    texts = {name: blank for name in STORED if name != "locales"}

    booking = partner.reserved(contact=texts, notes=blank, resellerReference=blank)

    assert {booking["contact"][name] for name in texts} == {None}
    assert (booking["notes"], booking["resellerReference"]) == (None, None)


@pytest.mark.parametrize("blank", ["\u00a0", "\u200b \u3164"])
def test_a_blank_name_is_missing_when_a_booking_is_confirmed(
    partner: OctoClient, blank: str
) -> None:
    uuid = partner.reserved()["uuid"]

    refused = partner.post(
        f"/octo/bookings/{uuid}/confirm", {"contact": {"firstName": blank, "lastName": "Duarte"}}
    )

    assert (refused.status, refused.error) == (400, "UNPROCESSABLE_ENTITY")
    assert refused.message == "required to confirm, and missing: contact.firstName"


def test_a_number_is_read_by_the_country_that_was_sent_before(partner: OctoClient) -> None:
    booking = partner.reserved(contact={"country": "gb"})

    changed = partner.patch(
        f"/octo/bookings/{booking['uuid']}", {"contact": {"phoneNumber": "020 7946 0000"}}
    )

    assert changed.body["contact"]["phoneNumber"] == "+442079460000"


def test_a_repeat_may_spell_the_same_differently(partner: OctoClient) -> None:
    slot, uuid = a_slot(), a_uuid()
    number, same_number = "+351210000000", "+351 210 000 000"
    first = partner.reserved(slot, uuid=uuid, contact={"phoneNumber": number}, notes="a")

    again = partner.reserved(slot, uuid=uuid, contact={"phoneNumber": same_number}, notes=" a")

    assert again == first


ODD = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"]),
        st.sampled_from("aZ09+@.-_ \u00a0\u200b\u202e\n\r\t\x00\x1b\u2800\u3164\u0301\u0958ß"),
    ),
    max_size=20,
)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    contact=st.fixed_dictionaries(
        {}, optional={name: ODD for name in STORED if name not in ("locales", "country")}
    ),
    notes=ODD,
    reference=ODD | st.just("\u0958" * 255),
)
def test_whatever_is_sent_is_refused_by_name_or_stored_for_good(
    partner: OctoClient, contact: dict[str, str], notes: str, reference: str
) -> None:
    answer = partner.reserve(
        DAY_FOR_ODD_TEXTS, contact=contact, notes=notes, resellerReference=reference
    )

    assert answer.status in (200, 400), answer.body
    if answer.status == 400:
        assert answer.error == "BAD_REQUEST"
        assert any(name in answer.message for name in (*contact, "notes", "resellerReference"))
        return
    booking = answer.body
    sent_again = {name: value for name, value in booking["contact"].items() if value is not None}
    changed = partner.patch(
        f"/octo/bookings/{booking['uuid']}",
        {
            "contact": sent_again,
            "notes": booking["notes"],
            "resellerReference": booking["resellerReference"],
        },
    )
    # The change may come in the next second.
    assert changed.body == booking | {"utcUpdatedAt": changed.body["utcUpdatedAt"]}
    assert partner.post(f"/octo/bookings/{booking['uuid']}/cancel", {}).status == 200


DAY_FOR_ODD_TEXTS = a_slot()


def test_a_reference_is_found_however_it_is_spelled(partner: OctoClient) -> None:
    reference = f"TRV-{a_uuid()}"
    booking = partner.reserved(resellerReference=f" {reference}")

    for query in (
        f"resellerReference=%20{reference}%09",
        f"supplierReference=%C2%A0{booking['supplierReference']}",
    ):
        found = partner.get(f"/octo/bookings?{query}")

        assert [shown["uuid"] for shown in found.body] == [booking["uuid"]]
        assert found.body[0]["resellerReference"] == reference
