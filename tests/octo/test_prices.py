"""With the capability octo/pricing every price appears where OCTO says, and nowhere else."""

import json

from tests.harness.clients import CLARA, OctoClient, a_day, a_slot, slot_on

PRICING = {"Octo_Capabilities": "octo/pricing"}

ADULT = {
    "original": 5000, "retail": 4500, "net": 3600, "currency": "EUR", "currencyPrecision": 2,
    "includedTaxes": [{"name": "VAT 6%", "original": 283, "retail": 255, "net": 204}],
}  # fmt: skip

SAIL = {
    "original": 60_500, "retail": 60_000, "net": 48_000, "currency": "JPY", "currencyPrecision": 0,
    "includedTaxes": [{"name": "VAT 6%", "original": 3425, "retail": 3396, "net": 2717}],
}  # fmt: skip


def test_products_show_their_lowest_price_in_each_currency(partner: OctoClient) -> None:
    kayak = partner.get("/octo/products/river-kayak", **PRICING).body

    assert (kayak["defaultCurrency"], kayak["pricingPer"]) == ("EUR", "UNIT")
    assert kayak["availableCurrencies"] == ["EUR", "GBP"]
    adult = kayak["options"][0]["units"][0]
    assert adult["pricingFrom"][0] == ADULT
    assert adult["pricingFrom"][1]["currency"] == "GBP"
    assert "pricing" not in adult
    assert "pricingFrom" not in kayak["options"][0]


def test_a_product_priced_per_booking_shows_it_on_its_options(partner: OctoClient) -> None:
    sail = partner.get("/octo/products/private-sail", **PRICING).body

    assert sail["options"][0]["pricingFrom"] == [SAIL]
    assert "pricingFrom" not in sail["options"][0]["units"][0]


def test_slots_show_the_price_of_each_unit(partner: OctoClient) -> None:
    question = {"productId": "river-kayak", "optionId": "DEFAULT", "localDate": a_day()}

    slots = partner.post("/octo/availability", question, **PRICING).body

    assert [slot["unitPricing"][0] for slot in slots] == [{"unitId": "adult"} | ADULT] * 2
    assert all("pricing" not in slot for slot in slots)


def test_slots_show_the_total_of_a_party(partner: OctoClient) -> None:
    question = {
        "productId": "river-kayak", "optionId": "DEFAULT", "localDate": a_day(), "currency": "GBP",
        "units": [{"id": "adult", "quantity": 2}, {"id": "child", "quantity": 1}],
    }  # fmt: skip

    slot = partner.post("/octo/availability", question, **PRICING).body[0]

    assert slot["pricing"]["retail"] == 2 * 3900 + 1950
    assert slot["pricing"]["currency"] == "GBP"


def test_the_calendar_shows_the_lowest_price_of_each_day(partner: OctoClient) -> None:
    day = a_day()
    dates = {"localDateStart": day, "localDateEnd": day}
    kayak = {"productId": "river-kayak", "optionId": "DEFAULT"} | dates
    sail = {"productId": "private-sail", "optionId": "DEFAULT"} | dates
    party = {"units": [{"id": "adult", "quantity": 3}]}

    (per_unit,) = partner.post("/octo/availability/calendar", kayak, **PRICING).body
    (of_party,) = partner.post("/octo/availability/calendar", kayak | party, **PRICING).body
    (per_booking,) = partner.post("/octo/availability/calendar", sail, **PRICING).body

    assert per_unit["unitPricingFrom"][0] == {"unitId": "adult"} | ADULT
    assert "pricingFrom" not in per_unit
    assert of_party["pricingFrom"]["retail"] == 3 * 4500
    assert per_booking["pricingFrom"] == SAIL
    assert "unitPricingFrom" not in per_booking


def test_a_booking_shows_its_own_price(partner: OctoClient) -> None:
    held = partner.reserved(a_slot())

    booking = partner.get(f"/octo/bookings/{held['uuid']}", **PRICING).body

    assert booking["pricing"]["retail"] == 9000
    assert booking["pricing"]["includedTaxes"][0]["retail"] == 510
    assert [item["pricing"] for item in booking["unitItems"]] == [ADULT, ADULT]
    assert booking["unitItems"][0]["unit"]["pricing"][0] == ADULT
    assert "pricingFrom" not in json.dumps(booking)
    assert "pricing" not in booking["availability"]


def test_a_booking_priced_as_a_whole_has_no_prices_of_items(partner: OctoClient) -> None:
    held = partner.reserved(
        slot_on(a_day(), "10:00"), productId="private-sail", unitItems=[{"unitId": "adult"}]
    )

    booking = partner.get(f"/octo/bookings/{held['uuid']}", **PRICING).body

    assert booking["pricing"] == SAIL
    assert booking["option"]["pricing"] == [SAIL]
    assert "pricing" not in booking["unitItems"][0]


def test_without_the_capability_there_is_no_price_at_all(partner: OctoClient) -> None:
    held = partner.reserved(a_slot(), currency="XXX")
    answers = [
        held,
        partner.post(f"/octo/bookings/{held['uuid']}/confirm", {"contact": CLARA}).body,
        partner.get("/octo/products").body,
        partner.post(
            "/octo/availability",
            {"productId": "river-kayak", "optionId": "DEFAULT", "localDate": a_day()},
        ).body,
    ]

    assert "ricing" not in json.dumps(answers)
    assert "urrenc" not in json.dumps(answers)


def test_a_currency_that_is_not_offered_is_a_bad_request(partner: OctoClient) -> None:
    refused = partner.post(
        "/octo/availability",
        {
            "productId": "river-kayak",
            "optionId": "DEFAULT",
            "localDate": a_day(),
            "currency": "USD",
        },
        **PRICING,
    )

    assert (refused.error, refused.status) == ("BAD_REQUEST", 400)
    assert refused.message.startswith("currency must be one of")
