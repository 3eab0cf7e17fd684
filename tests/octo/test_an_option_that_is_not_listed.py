"""An option without units or start times is not sold; the others of its product are."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.harness.clients import CLARA, OctoClient
from tests.octo.edge import Edge

KAYAK = "SELECT id FROM catalog_product WHERE code = 'river-kayak'"

#: Another option, as staff save it first: without units and start times.
ADD = f"""
INSERT INTO catalog_option
       (product_id, code, internal_name, is_default, position, cancellation_cutoff_amount,
        cancellation_cutoff_unit, allows_late_cancellation, late_refund_percent,
        required_contact_fields, min_units)
SELECT product_id, 'SUNSET', 'Sunset', false, 9, cancellation_cutoff_amount,
       cancellation_cutoff_unit, false, 0, required_contact_fields, 1
  FROM catalog_option
 WHERE product_id = ({KAYAK})
"""

SCHEDULES = f"""
UPDATE catalog_schedule SET is_active = %s
 WHERE option_id IN (SELECT id FROM catalog_option
                      WHERE product_id = ({KAYAK}) AND code = 'DEFAULT')
"""


@pytest.fixture
def owner(edge: Edge) -> Iterator[psycopg.Connection]:
    with psycopg.connect(edge.database.owner_url, autocommit=True) as owner:
        owner.execute(ADD)
        yield owner
        owner.execute(SCHEDULES, [True])
        owner.execute("DELETE FROM catalog_option WHERE code = 'SUNSET'")


def test_the_other_option_is_found_and_sold(partner: OctoClient, owner: psycopg.Connection) -> None:
    held = partner.reserved()
    shown = partner.get("/octo/products/river-kayak").body
    asked = {"productId": "river-kayak", "optionId": "SUNSET", "localDate": "2026-07-14"}
    refused = partner.post("/octo/availability", asked)
    moved = partner.patch(f"/octo/bookings/{held['uuid']}", {"optionId": "SUNSET"})
    confirmed = partner.post(f"/octo/bookings/{held['uuid']}/confirm", {"contact": CLARA}).body

    for product in (shown, held["product"], confirmed["product"]):
        assert [option["id"] for option in product["options"]] == ["DEFAULT"]
    assert (refused.error, refused.body["optionId"]) == ("INVALID_OPTION_ID", "SUNSET")
    assert (moved.error, moved.body["optionId"]) == ("INVALID_OPTION_ID", "SUNSET")


def test_a_booking_shows_the_option_that_it_is_for(
    partner: OctoClient, owner: psycopg.Connection
) -> None:
    held = partner.reserved()
    owner.execute(SCHEDULES, [False])

    hidden = partner.get("/octo/products/river-kayak")
    seen = partner.get(f"/octo/bookings/{held['uuid']}").body

    assert hidden.error == "INVALID_PRODUCT_ID"
    assert seen["option"]["id"] == "DEFAULT"
    assert [option["id"] for option in seen["product"]["options"]] == ["DEFAULT"]
