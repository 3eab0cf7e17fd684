"""A search returns the caller's own bookings that match every filter, newest first."""

from urllib.parse import urlencode
from uuid import uuid4

from tests.harness.clients import OctoClient, a_day, a_slot, slot_on


def found(program: OctoClient, **filters: str) -> list[str]:
    answer = program.get(f"/octo/bookings?{urlencode(filters)}")
    assert answer.status == 200, answer.body
    return [booking["uuid"] for booking in answer.body]


def test_by_either_reference(partner: OctoClient) -> None:
    reference = f"TRV {uuid4()} & Söhne"
    first = partner.reserved(resellerReference=reference)
    second = partner.confirmed(resellerReference=reference)

    assert found(partner, resellerReference=reference) == [second["uuid"], first["uuid"]]
    assert found(partner, supplierReference=first["supplierReference"]) == [first["uuid"]]


def test_by_our_reference_as_it_was_written_down(partner: OctoClient) -> None:
    booking = partner.confirmed()
    code = booking["supplierReference"].removeprefix("PT-").lower()

    for written in (f"pt-{code}", code, f"PT {code[:4]} {code[4:]}"):
        assert found(partner, supplierReference=written) == [booking["uuid"]]
    assert found(partner, supplierReference=f"pt-{code}-1") == []


def test_by_travel_date(partner: OctoClient) -> None:
    before, on, after = sorted(a_day() for _ in range(3))
    bookings = {day: partner.reserved(slot_on(day))["uuid"] for day in (before, on, after)}

    assert found(partner, localDate=on) == [bookings[on]]
    assert found(partner, localDateStart=on, localDateEnd=after) == [bookings[after], bookings[on]]
    assert found(partner, localDate=after, localDateStart=on, localDateEnd=after) == [
        bookings[after]
    ]
    assert found(partner, localDate=before, localDateStart=on, localDateEnd=after) == []


def test_every_filter_must_match(partner: OctoClient) -> None:
    slot = a_slot()
    uuid = partner.reserved(slot)["uuid"]

    day = {"localDate": slot[:10]}
    assert found(partner, productId="river-kayak", optionId="DEFAULT", **day) == [uuid]
    assert found(partner, productId="city-museum", **day) == []
    assert found(partner, productId="no-such-product", **day) == []
    assert found(partner, optionId="", resellerReference="", **day) == [uuid]
    assert found(partner, resellerReference="none", **day) == []


def test_no_partner_finds_anothers_bookings(
    partner: OctoClient, rival: OctoClient, testing_partner: OctoClient
) -> None:
    slot = a_slot()
    live = partner.reserved(slot)["uuid"]
    theirs = rival.reserved(slot)["uuid"]
    test = testing_partner.reserved(slot)["uuid"]

    assert found(rival, localDate=slot[:10]) == [theirs]
    assert found(testing_partner, localDate=slot[:10]) == [test]
    assert found(partner, localDate=slot[:10]) == [live]
