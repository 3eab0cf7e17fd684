"""A price that 32 bits cannot hold is shown, booked, billed and described as it is."""

import json
from collections.abc import Iterator
from urllib.request import urlopen

import psycopg
import pytest

from shared_domain.money import HIGHEST_PRICE_MINOR
from tests.harness.clients import CLARA, OctoClient, a_day, slot_on
from tests.octo.edge import Edge

PRICING = {"Octo_Capabilities": "octo/pricing"}

#: 25,000,000.00 rupiah.
RUPIAH = 2_500_000_000


@pytest.fixture(params=[RUPIAH, HIGHEST_PRICE_MINOR])
def price(edge: Edge, request: pytest.FixtureRequest) -> Iterator[int]:
    """Sell the adults' tickets of the kayak at this price in pounds while a test runs."""
    with psycopg.connect(edge.database.owner_url) as owner:
        before = owner.execute(
            "SELECT price.id, original_minor, retail_minor FROM catalog_price AS price"
            "  JOIN catalog_unit AS unit ON unit.id = unit_id"
            "  JOIN catalog_option AS option ON option.id = unit.option_id"
            "  JOIN catalog_product AS product ON product.id = option.product_id"
            " WHERE product.code = 'river-kayak' AND unit.code = 'adult' AND currency = 'GBP'"
        ).fetchone()
        assert before is not None
        set_price(owner, before[0], request.param, request.param)
    yield int(request.param)
    with psycopg.connect(edge.database.owner_url) as owner:
        set_price(owner, *before)


def set_price(
    owner: "psycopg.Connection[object]", price_id: int, original: int, retail: int
) -> None:
    owner.execute(
        "UPDATE catalog_price SET original_minor = %s, retail_minor = %s WHERE id = %s",
        [original, retail, price_id],
    )


def test_it_is_shown_booked_and_cancelled_exactly(partner: OctoClient, price: int) -> None:
    day = a_day()
    asked = {"productId": "river-kayak", "optionId": "DEFAULT", "currency": "GBP"}
    party = {"localDate": day, "units": [{"id": "adult", "quantity": 2}]}

    slot = partner.post("/octo/availability", asked | party, **PRICING).body[0]
    held = partner.post(
        "/octo/bookings",
        asked | {"availabilityId": slot_on(day), "unitItems": [{"unitId": "adult"}] * 2},
        **PRICING,
    ).body
    confirmed = partner.post(
        f"/octo/bookings/{held['uuid']}/confirm", {"contact": CLARA}, **PRICING
    ).body
    cancelled = partner.post(f"/octo/bookings/{held['uuid']}/cancel", {}, **PRICING)

    assert slot["pricing"]["retail"] == held["pricing"]["retail"] == 2 * price
    assert confirmed["pricing"]["net"] == 2 * (price * 8 // 10)
    assert cancelled.status == 200


def test_more_tickets_than_a_booking_holds_have_no_total(partner: OctoClient, price: int) -> None:
    asked = {"productId": "river-kayak", "optionId": "DEFAULT", "localDate": a_day()}
    for quantity, has_total in ((1000, True), (1001, False), (1_000_000, False)):
        party = {"units": [{"id": "adult", "quantity": quantity}], "currency": "GBP"}

        slot = partner.post("/octo/availability", asked | party, **PRICING).body[0]

        assert slot["status"] == "SOLD_OUT"
        assert ("pricing" in slot) == has_total


def test_amounts_are_described_as_64_bits(edge: Edge) -> None:
    with urlopen(f"http://127.0.0.1:{edge.port}/openapi.json") as answer:
        schemas = json.load(answer)["components"]["schemas"]

    for name in ("Pricing", "PricingOfUnit", "Tax"):
        assert schemas[name]["properties"]["retail"]["format"] == "int64"
