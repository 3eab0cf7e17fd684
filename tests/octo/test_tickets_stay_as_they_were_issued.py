"""Staff may change how a product delivers its codes: guests keep those that they have."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.harness.clients import CLARA, OctoClient
from tests.octo.edge import Edge

CHANGE = "UPDATE catalog_product SET delivery_methods = %s WHERE code = 'river-kayak'"


@pytest.fixture
def owner(edge: Edge) -> Iterator[psycopg.Connection]:
    with psycopg.connect(edge.database.owner_url, autocommit=True) as owner:
        yield owner
        owner.execute(CHANGE, [["TICKET"]])


@pytest.mark.parametrize("methods", [["VOUCHER"], ["TICKET", "VOUCHER"]])
def test_a_sold_booking_shows_and_keeps_its_tickets(
    partner: OctoClient, owner: psycopg.Connection, methods: list[str]
) -> None:
    held, later = partner.reserved(), partner.reserved()
    path = f"/octo/bookings/{held['uuid']}"
    sold = partner.post(f"{path}/confirm", {"contact": CLARA}).body

    owner.execute(CHANGE, [methods])
    seen = partner.get(path).body
    smaller = partner.patch(path, {"unitItems": sold["unitItems"][:1]}).body
    of_today = partner.post(f"/octo/bookings/{later['uuid']}/confirm", {"contact": CLARA}).body

    for booking in (seen, smaller):
        assert (booking["deliveryMethods"], booking["voucher"]) == (["TICKET"], None)
        assert booking["product"]["deliveryMethods"] == methods
    assert [item["ticket"] for item in seen["unitItems"]] == [
        item["ticket"] for item in sold["unitItems"]
    ]
    assert smaller["unitItems"][0]["ticket"] == sold["unitItems"][0]["ticket"]
    assert of_today["deliveryMethods"] == methods
    assert of_today["voucher"]["deliveryOptions"]
