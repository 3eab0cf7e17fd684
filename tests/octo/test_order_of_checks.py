"""What is wrong is told in OCTO's order: key, body, product, option, slot, items, units, limits."""

import pytest

from tests.harness.clients import ABSENT, OctoClient, a_slot
from tests.octo.edge import Edge

#: Each line mends the first thing that is wrong with the line before.
LADDER = [
    ({"productId": 1}, "BAD_REQUEST"),
    ({"productId": "river-canoe"}, "INVALID_PRODUCT_ID"),
    ({"productId": "river-kayak"}, "INVALID_OPTION_ID"),
    ({"optionId": "DEFAULT"}, "INVALID_AVAILABILITY_ID"),
    ({"availabilityId": None}, "UNPROCESSABLE_ENTITY"),
    ({"unitItems": [{"unitId": "dog"}] * 9}, "INVALID_UNIT_ID"),
    ({"unitItems": [{"unitId": "adult"}] * 9}, "UNPROCESSABLE_ENTITY"),
]


def test_the_first_thing_wrong_is_the_one_told(partner: OctoClient) -> None:
    slot = a_slot()
    reservation: dict[str, object] = {
        "optionId": "EVENING", "availabilityId": "never", "unitItems": [],
    }  # fmt: skip

    told = []
    for mended, _ in LADDER:
        reservation |= {key: slot if value is None else value for key, value in mended.items()}
        told.append(partner.post("/octo/bookings", reservation).error)

    assert told == [code for _, code in LADDER]


BROKEN_BODIES = {
    "broken JSON": (b"{", "application/json"),
    "wrong content type": (b"{}", "text/plain"),
    "too long": (b" " * 1_100_000, "application/json"),
    "wrong shape": (b'{"productId": 1}', "application/json"),
    "not UTF-8": (b"\xff", "application/json"),
}


@pytest.mark.parametrize(("body", "kind"), BROKEN_BODIES.values(), ids=BROKEN_BODIES)
def test_the_key_comes_before_the_body(edge: Edge, body: bytes, kind: str) -> None:
    without_a_key = OctoClient(edge.port, None).post("/octo/bookings", body, Content_Type=kind)
    with_an_unknown_key = OctoClient(edge.port, "pk_live_wrong").post(
        "/octo/bookings", body, Content_Type=kind
    )
    by_a_reader = OctoClient(edge.port, edge.keys.readers).post(
        "/octo/bookings", body, Content_Type=kind
    )
    by_a_partner = OctoClient(edge.port, edge.keys.live).post(
        "/octo/bookings", body, Content_Type=kind
    )

    answers = [without_a_key, with_an_unknown_key, by_a_reader, by_a_partner]
    assert [(answer.status, answer.error) for answer in answers] == [
        (401, "UNAUTHORIZED"),
        (403, "FORBIDDEN"),
        (403, "FORBIDDEN"),
        (400, "BAD_REQUEST"),
    ]


def test_the_key_comes_before_an_unknown_id_and_a_bad_query(stranger: OctoClient) -> None:
    answers = [
        stranger.get("/octo/products/nothing"),
        stranger.get("/octo/bookings"),
        stranger.get("/octo/bookings/no-uuid"),
        stranger.post("/octo/bookings/no-uuid/cancel", {"force": 1}),
    ]

    assert {(answer.status, answer.error) for answer in answers} == {(401, "UNAUTHORIZED")}
    assert {answer.headers["WWW-Authenticate"] for answer in answers} == {"Bearer"}


def test_a_missing_slot_is_told_before_missing_items(partner: OctoClient) -> None:
    refused = partner.reserve(availabilityId=ABSENT, unitItems=ABSENT)

    assert refused.message.startswith("availabilityId is required")


def test_an_unknown_booking_is_told_before_what_is_wanted_of_it(partner: OctoClient) -> None:
    refused = partner.patch(
        "/octo/bookings/0b6f2a54-8c1e-4d37-9a60-5e2f7c3b9d18", {"productId": "river-canoe"}
    )

    assert refused.error == "INVALID_BOOKING_UUID"


@pytest.mark.parametrize("uuid", ["zzz", "3f1c9a52-7d0e-4b86-a1f4-9c2d5e8b7a60"])
def test_the_body_comes_before_the_booking(partner: OctoClient, uuid: str) -> None:
    refused = partner.send(
        "PATCH", f"/octo/bookings/{uuid}", {"productId": 1}, checked=uuid != "zzz"
    )

    assert (refused.status, refused.error) == (400, "BAD_REQUEST")
    assert refused.message.startswith("productId must be text")
