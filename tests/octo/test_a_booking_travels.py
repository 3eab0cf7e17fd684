"""A booking is reserved, confirmed, changed and cancelled as OCTO's section 6 says."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import psycopg

from tests.harness.clients import (
    ABSENT,
    CLARA,
    NO_CONTACT,
    OctoClient,
    a_day,
    a_slot,
    a_uuid,
    slot_on,
)
from tests.octo.edge import Edge


def test_a_reservation_holds_places_for_half_an_hour(partner: OctoClient) -> None:
    slot = a_slot()

    held = partner.reserved(slot)

    assert held["status"] == "ON_HOLD"
    assert held["utcCreatedAt"] == held["utcUpdatedAt"]
    assert held["utcExpiresAt"] > held["utcCreatedAt"]
    assert held["cancellable"] is True
    assert held["freesale"] is False
    assert held["contact"] == NO_CONTACT
    assert held["availability"]["id"] == held["availabilityId"] == slot
    assert held["product"]["id"] == held["productId"] == "river-kayak"
    assert held["option"]["id"] == held["optionId"] == "DEFAULT"
    assert [item["unit"]["id"] for item in held["unitItems"]] == ["adult", "adult"]
    assert [item["ticket"]["deliveryOptions"] for item in held["unitItems"]] == [[], []]
    assert held["voucher"] is None
    assert partner.vacancies(slot) == 10


def test_confirming_issues_tickets(partner: OctoClient) -> None:
    held = partner.reserved(unitItems=[{"unitId": "adult"}])

    confirmed = partner.post(
        f"/octo/bookings/{held['uuid']}/confirm", {"contact": CLARA, "resellerReference": "TRV-1"}
    ).body

    assert confirmed["status"] == "CONFIRMED"
    assert confirmed["utcExpiresAt"] is None
    assert confirmed["utcConfirmedAt"] == confirmed["utcUpdatedAt"]
    assert confirmed["resellerReference"] == "TRV-1"
    assert confirmed["contact"]["fullName"] == "Clara Duarte"
    formats = confirmed["unitItems"][0]["ticket"]["deliveryOptions"]
    assert [delivery["deliveryFormat"] for delivery in formats] == ["QRCODE", "CODE128"]
    assert all(delivery["deliveryValue"] for delivery in formats)
    assert partner.get(f"/octo/bookings/{held['uuid']}").body == confirmed


def test_confirming_twice_changes_nothing(partner: OctoClient) -> None:
    confirmed = partner.confirmed()

    again = partner.post(
        f"/octo/bookings/{confirmed['uuid']}/confirm", {"contact": {"firstName": "Rosa"}}
    )

    assert again.body == confirmed


def test_a_product_without_instant_confirmation_is_pending(partner: OctoClient) -> None:
    held = partner.reserved(
        slot_on(a_day(), "10:00"), productId="private-sail", unitItems=[{"unitId": "adult"}]
    )

    pending = partner.post(f"/octo/bookings/{held['uuid']}/confirm", {"contact": {}}).body

    assert pending["status"] == "PENDING"
    assert pending["utcConfirmedAt"] is None
    assert pending["voucher"]["deliveryOptions"] == []
    assert pending["unitItems"][0]["ticket"]["deliveryOptions"] == []


def test_a_whole_day_is_booked_with_one_voucher(partner: OctoClient) -> None:
    booking = partner.confirmed(
        slot_on(a_day(), "00:00"), productId="city-museum", unitItems=[{"unitId": "adult"}]
    )

    assert booking["availability"]["allDay"] is True
    assert booking["voucher"]["deliveryOptions"]
    assert booking["unitItems"][0]["ticket"] is None


def test_an_open_ticket_needs_no_date(partner: OctoClient) -> None:
    booking = partner.confirmed(
        productId="open-ticket", availabilityId=ABSENT, unitItems=[{"unitId": "adult"}]
    )

    assert booking["freesale"] is True
    assert booking["availabilityId"] is None
    assert booking["availability"] is None


def test_a_hold_can_be_extended(partner: OctoClient) -> None:
    held = partner.reserved(expirationMinutes=5)

    extended = partner.post(f"/octo/bookings/{held['uuid']}/extend", {"expirationMinutes": 10}).body

    assert extended["utcExpiresAt"] > held["utcExpiresAt"]


def test_a_hold_never_lasts_longer_than_the_ceiling(partner: OctoClient) -> None:
    held = partner.reserved(expirationMinutes=10**30)
    extended = partner.post(
        f"/octo/bookings/{held['uuid']}/extend", {"expirationMinutes": 10**30}
    ).body

    lasts = datetime.fromisoformat(held["utcExpiresAt"]) - datetime.fromisoformat(
        held["utcCreatedAt"]
    )
    assert lasts == timedelta(minutes=240)
    assert extended["utcExpiresAt"] >= held["utcExpiresAt"]


def test_absent_fields_stay_as_they_are(partner: OctoClient) -> None:
    held = partner.reserved(notes="by the window", resellerReference="A-1", contact=CLARA)

    changed = partner.patch(
        f"/octo/bookings/{held['uuid']}", {"contact": {"lastName": "Dias"}, "notes": None}
    ).body

    assert changed["contact"] == held["contact"] | {
        "lastName": "Dias",
        "fullName": "Clara Dias",
    }
    assert changed["notes"] is None
    assert changed["resellerReference"] == "A-1"
    assert changed["unitItems"] == held["unitItems"]


def test_guests_are_picked_up_where_their_partner_says(partner: OctoClient) -> None:
    held = partner.reserved(pickupHotel=" Hotel do Chiado ", pickupTime="08:00")
    path = f"/octo/bookings/{held['uuid']}"

    assert (held["pickupHotel"], held["pickupTime"]) == ("Hotel do Chiado", None)
    assert partner.patch(path, {"notes": "late"}).body["pickupHotel"] == "Hotel do Chiado"
    assert partner.patch(path, {"pickupHotel": None}).body["pickupHotel"] is None


def test_a_rebooking_moves_the_places(partner: OctoClient) -> None:
    old, new = a_slot(), a_slot("14:00")
    booking = partner.confirmed(old)

    moved = partner.patch(f"/octo/bookings/{booking['uuid']}", {"availabilityId": new}).body

    assert moved["status"] == "CONFIRMED"
    assert moved["availabilityId"] == new
    assert [partner.vacancies(slot) for slot in (old, new)] == [12, 10]


def test_a_rebooking_that_is_refused_changes_nothing(partner: OctoClient) -> None:
    old, full = a_slot(), a_slot()
    partner.reserved(full, unitItems=[{"unitId": "family"}, {"unitId": "family"}])
    partner.reserved(full, unitItems=[{"unitId": "family"}])
    booking = partner.confirmed(old)

    refused = partner.patch(f"/octo/bookings/{booking['uuid']}", {"availabilityId": full})

    assert (refused.status, refused.error) == (400, "UNPROCESSABLE_ENTITY")
    assert partner.get(f"/octo/bookings/{booking['uuid']}").body == booking
    assert [partner.vacancies(slot) for slot in (old, full)] == [10, 0]


def test_unit_items_are_kept_by_their_uuid(partner: OctoClient) -> None:
    held = partner.reserved()
    kept, _ = held["unitItems"]

    changed = partner.patch(
        f"/octo/bookings/{held['uuid']}",
        {"unitItems": [{"unitId": "adult", "uuid": kept["uuid"]}, {"unitId": "child"}]},
    ).body

    assert changed["unitItems"][0] == kept
    assert changed["unitItems"][1]["unitId"] == "child"
    assert len(changed["unitItems"]) == 2


def test_cancelling_frees_the_places(partner: OctoClient) -> None:
    slot = a_slot()
    booking = partner.confirmed(slot)

    cancelled = partner.post(
        f"/octo/bookings/{booking['uuid']}/cancel", {"reason": "Guest fell ill"}
    ).body

    assert cancelled["status"] == "CANCELLED"
    assert cancelled["cancellable"] is False
    assert cancelled["cancellation"]["refund"] == "FULL"
    assert cancelled["cancellation"]["reason"] == "Guest fell ill"
    assert cancelled["unitItems"][0]["ticket"]["deliveryOptions"] == []
    assert partner.vacancies(slot) == 12


def test_an_empty_body_is_read_as_an_empty_object(partner: OctoClient) -> None:
    held = partner.reserved()

    extended = partner.post(f"/octo/bookings/{held['uuid']}/extend")
    cancelled = partner.post(
        f"/octo/bookings/{held['uuid']}/cancel", b"", Content_Type="text/plain"
    )

    assert (extended.status, extended.body["status"]) == (200, "ON_HOLD")
    assert (cancelled.status, cancelled.body["status"]) == (200, "CANCELLED")


def test_a_repeated_reservation_returns_the_booking_that_exists(partner: OctoClient) -> None:
    slot, uuid = a_slot(), a_uuid()

    held = partner.reserved(slot, uuid=uuid.upper())
    again = partner.reserved(slot, uuid=uuid)

    assert held == again
    assert held["uuid"] == uuid
    assert partner.vacancies(slot) == 10


def test_a_uuid_with_other_content_is_refused(partner: OctoClient) -> None:
    slot, uuid = a_slot(), a_uuid()
    partner.reserved(slot, uuid=uuid)

    refused = partner.reserve(slot, uuid=uuid, unitItems=[{"unitId": "adult"}])

    assert (refused.status, refused.error) == (400, "INVALID_BOOKING_UUID")
    assert refused.body["uuid"] == uuid


def test_what_a_partner_sees_of_a_booking_counts_no_other_bookings(
    partner: OctoClient, edge: Edge
) -> None:
    booking = partner.confirmed()

    with psycopg.connect(edge.database.owner_url) as owner:
        rows = owner.execute(
            "SELECT b.id, b.departure_id, b.product_id, b.option_id, b.partner_id, i.id"
            "  FROM bookings_booking b JOIN bookings_unititem i ON i.booking_id = b.id"
            " WHERE b.uuid = %s",
            [booking["uuid"]],
        ).fetchall()
    numbers = {str(number) for row in rows for number in row}
    assert booking["id"] == booking["uuid"]
    assert not numbers & set(ids_in(booking))


def ids_in(answer: Any) -> Iterator[str]:
    """Yield every id and reference in an answer, however deep."""
    if isinstance(answer, list):
        for part in answer:
            yield from ids_in(part)
    elif isinstance(answer, dict):
        for name, value in answer.items():
            if name.lower().endswith(("id", "reference")) and value is not None:
                yield str(value)
            yield from ids_in(value)


def test_a_uuid_that_others_use_is_free(
    partner: OctoClient, rival: OctoClient, testing_partner: OctoClient
) -> None:
    slot, uuid = a_slot(), a_uuid()
    programs = (partner, rival, testing_partner)

    made = [program.reserved(slot, uuid=uuid)["supplierReference"] for program in programs]

    assert len(set(made)) == 3
    found = [program.get(f"/octo/bookings/{uuid}").body for program in programs]
    assert [booking["supplierReference"] for booking in found] == made


def test_an_expired_hold_cannot_be_confirmed(partner: OctoClient, edge: Edge) -> None:
    slot = a_slot()
    held = partner.reserved(slot)
    with psycopg.connect(edge.database.owner_url) as owner:
        owner.execute(
            "UPDATE bookings_booking SET hold_expires_at = now() WHERE uuid = %s", [held["uuid"]]
        )

    refused = partner.post(f"/octo/bookings/{held['uuid']}/confirm", {"contact": CLARA})

    assert (refused.error, refused.body["uuid"]) == ("INVALID_BOOKING_UUID", held["uuid"])
    assert partner.get(f"/octo/bookings/{held['uuid']}").body["status"] == "EXPIRED"
    assert partner.vacancies(slot) == 12
