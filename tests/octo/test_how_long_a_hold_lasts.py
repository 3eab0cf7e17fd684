"""A hold lasts no longer than its ceiling, and a partner holds no more than a share at once."""

import json
from datetime import datetime
from typing import Any

import psycopg
import pytest

from tests.harness.clients import CLARA, OctoClient, a_slot, a_uuid, request
from tests.octo.edge import Edge

#: The ceiling of the partners in this world.
CEILING_MINUTES = 240


def minutes_held(booking: Any) -> float:
    created, expires = (
        datetime.fromisoformat(booking[key]) for key in ("utcCreatedAt", "utcExpiresAt")
    )
    return (expires - created).total_seconds() / 60


@pytest.fixture
def soon(edge: Edge) -> str:
    """A slot whose cut-off is in 20 minutes."""
    return cut_off_in(edge, a_slot(), "20 minutes")


def cut_off_in(edge: Edge, slot: str, interval: str) -> str:
    with psycopg.connect(edge.database.owner_url) as owner:
        owner.execute(
            "UPDATE catalog_departure AS departure SET booking_cutoff_at = now() + %s::interval"
            "  FROM catalog_option AS option, catalog_product AS product"
            " WHERE option.id = departure.option_id AND product.id = option.product_id"
            "   AND product.code = 'river-kayak' AND departure.availability_id = %s",
            [interval, slot],
        )
    return slot


def test_extending_again_and_again_ends_at_the_ceiling(partner: OctoClient) -> None:
    held = partner.reserved()

    for _ in range(5):
        answer = partner.post(
            f"/octo/bookings/{held['uuid']}/extend", {"expirationMinutes": CEILING_MINUTES}
        )
        assert answer.status == 200

    assert minutes_held(answer.body) == CEILING_MINUTES


def test_so_does_patching(partner: OctoClient) -> None:
    held = partner.reserved(expirationMinutes=200)

    for minutes in (100, 2**63, 10**30):
        answer = partner.patch(f"/octo/bookings/{held['uuid']}", {"expirationMinutes": minutes})
        assert answer.status == 200

    assert minutes_held(answer.body) == CEILING_MINUTES


@pytest.mark.parametrize("minutes", [CEILING_MINUTES + 1, 2**63])
def test_reserving_is_cut_silently(partner: OctoClient, minutes: int) -> None:
    assert minutes_held(partner.reserved(expirationMinutes=minutes)) == CEILING_MINUTES


def test_at_its_ceiling_it_comes_back_unchanged(partner: OctoClient) -> None:
    held = partner.reserved(expirationMinutes=CEILING_MINUTES)

    extended = partner.post(f"/octo/bookings/{held['uuid']}/extend", {"expirationMinutes": 1})

    assert extended.body == held


def test_a_hold_ends_with_the_cut_off(partner: OctoClient, soon: str) -> None:
    held = partner.reserved(soon)
    assert held["utcExpiresAt"] == held["availability"]["utcCutoffAt"]

    extended = partner.post(f"/octo/bookings/{held['uuid']}/extend", {"expirationMinutes": 60})

    assert extended.body == held


def test_moving_to_an_earlier_cut_off_cuts_it(partner: OctoClient, soon: str) -> None:
    held = partner.reserved(expirationMinutes=60)

    moved = partner.patch(f"/octo/bookings/{held['uuid']}", {"availabilityId": soon}).body

    assert moved["utcExpiresAt"] == moved["availability"]["utcCutoffAt"] < held["utcExpiresAt"]


def test_a_cut_off_that_has_passed_ends_it_for_every_request(
    edge: Edge, partner: OctoClient
) -> None:
    slot = a_slot()
    held = partner.reserved(slot)
    path = f"/octo/bookings/{held['uuid']}"
    cut_off_in(edge, slot, "-1 second")

    seen = partner.get(path).body
    assert (seen["status"], seen["cancellable"]) == ("EXPIRED", False)
    assert partner.vacancies(slot) == 12
    confirmed = partner.post(f"{path}/confirm", {"contact": CLARA})
    assert (confirmed.status, confirmed.error) == (400, "INVALID_BOOKING_UUID")
    for answer in (
        partner.post(f"{path}/extend"),
        partner.patch(path, {"expirationMinutes": 5}),
        partner.patch(path, {"notes": "late"}),
        partner.post(f"{path}/cancel"),
    ):
        assert (answer.status, answer.error) == (400, "UNPROCESSABLE_ENTITY")
        assert "EXPIRED" in answer.message


def test_it_changed_when_it_ended_before_that_is_stored(edge: Edge, partner: OctoClient) -> None:
    held = partner.reserved(resellerReference=(reference := a_uuid()))
    with psycopg.connect(edge.database.owner_url) as owner:
        owner.execute(
            "UPDATE bookings_booking SET created_at = created_at - interval '2 hours',"
            " updated_at = created_at - interval '2 hours',"
            " hold_expires_at = created_at - interval '1 hour' WHERE uuid = %s",
            [held["uuid"]],
        )

    seen = partner.get(f"/octo/bookings/{held['uuid']}").body
    export = f"/v1/bookings/export?resellerReference={reference}"
    answer = request(partner.connection, "GET", export, key=partner.key)

    assert seen["utcCreatedAt"] < seen["utcUpdatedAt"] == seen["utcExpiresAt"]
    assert json.loads(answer.text.splitlines()[0])["utcUpdatedAt"] == seen["utcUpdatedAt"]


def test_what_the_supplier_did_not_decide_is_rejected(edge: Edge, partner: OctoClient) -> None:
    slot = a_slot()
    confirmed = partner.confirmed(slot)
    with psycopg.connect(edge.database.owner_url) as owner:
        owner.execute(
            "UPDATE bookings_booking SET status = 'PENDING' WHERE uuid = %s", [confirmed["uuid"]]
        )
    assert partner.get(f"/octo/bookings/{confirmed['uuid']}").body["status"] == "PENDING"

    cut_off_in(edge, slot, "-1 second")

    seen = partner.get(f"/octo/bookings/{confirmed['uuid']}").body
    assert (seen["status"], seen["cancellable"], seen["utcExpiresAt"]) == ("REJECTED", False, None)
    assert {item["status"] for item in seen["unitItems"]} == {"REJECTED"}
    assert partner.vacancies(slot) == 12


def test_a_partners_holds_take_no_more_than_its_share(
    rival: OctoClient, partner: OctoClient
) -> None:
    slot = a_slot()
    five = [{"unitId": "adult"}] * 5
    first = rival.reserved(slot, unitItems=five)
    second = rival.reserved(slot, unitItems=five[:4])

    refused = rival.reserve(slot, unitItems=five[:1])
    more = rival.patch(f"/octo/bookings/{second['uuid']}", {"unitItems": five})

    for answer in (refused, more):
        assert (answer.status, answer.error) == (400, "UNPROCESSABLE_ENTITY")
        assert "of its 12 places on hold already" in answer.message
    assert partner.reserve(slot, unitItems=five[:1]).status == 200
    rival.post(f"/octo/bookings/{first['uuid']}/confirm", {"contact": CLARA})
    assert rival.reserve(slot, unitItems=five[:1]).status == 200
