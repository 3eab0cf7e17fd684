"""A booking of what was closed, switched off or taken from the partner is answered, never 500."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from tests.harness.clients import CLARA, OctoClient, a_slot
from tests.octo.edge import Edge

SAIL = {"productId": "private-sail", "unitItems": [{"unitId": "adult"}]}

WITHDRAWALS = {
    "closed": (
        "UPDATE catalog_departure SET is_open = false WHERE availability_id = %(slot)s",
        "UPDATE catalog_departure SET is_open = true WHERE availability_id = %(slot)s",
    ),
    "switched off": (
        "UPDATE catalog_product SET is_active = false WHERE code = 'private-sail'",
        "UPDATE catalog_product SET is_active = true WHERE code = 'private-sail'",
    ),
    "terms gone": (
        "CREATE TABLE kept_terms AS SELECT * FROM catalog_partnerterms;"
        "DELETE FROM catalog_partnerterms AS terms USING catalog_product AS product"
        " WHERE product.id = terms.product_id AND product.code = 'private-sail'",
        "INSERT INTO catalog_partnerterms SELECT * FROM kept_terms ON CONFLICT DO NOTHING;"
        "DROP TABLE kept_terms",
    ),
}


@contextmanager
def withdrawn(edge: Edge, what: str, slot: str) -> Iterator[None]:
    """Take the sail off sale for as long as the block lasts."""
    off, on = WITHDRAWALS[what]
    with psycopg.connect(edge.database.owner_url, autocommit=True) as owner:
        for statement in off.split(";"):
            owner.execute(statement, {"slot": slot} if "%(" in statement else None)
        try:
            yield
        finally:
            for statement in on.split(";"):
                owner.execute(statement, {"slot": slot} if "%(" in statement else None)


@pytest.mark.parametrize("what", WITHDRAWALS)
def test_every_request_has_an_answer(edge: Edge, partner: OctoClient, what: str) -> None:
    slot = a_slot("10:00")
    kept, dropped = (partner.reserved(slot, **SAIL) for _ in range(2))
    path, other_path = (f"/octo/bookings/{booking['uuid']}" for booking in (kept, dropped))

    with withdrawn(edge, what, slot):
        seen = partner.get(path)
        assert (seen.status, seen.body["status"]) == (200, "ON_HOLD")
        assert partner.get(f"/octo/bookings?localDate={slot[:10]}").status == 200
        named = partner.patch(path, {"contact": CLARA, "notes": "a pram"})
        assert (named.status, named.body["notes"]) == (200, "a pram")
        refused = [
            partner.reserve(slot, **SAIL),
            partner.post(f"{path}/extend"),
            partner.patch(path, {"expirationMinutes": 5}),
            partner.patch(path, {"unitItems": [*kept["unitItems"], {"unitId": "adult"}]}),
        ]
        expected = "UNPROCESSABLE_ENTITY" if what == "closed" else "INVALID_PRODUCT_ID"
        assert [(answer.status, answer.error) for answer in refused] == [(400, expected)] * 4
        confirmed = partner.post(f"{path}/confirm", {"contact": CLARA})
        assert (confirmed.status, confirmed.body["status"]) == (200, "PENDING")
        cancelled = partner.post(f"{other_path}/cancel")
        assert (cancelled.status, cancelled.body["status"]) == (200, "CANCELLED")
        assert partner.get(path).body["status"] == "PENDING"


def test_a_hold_without_a_date_has_its_ceiling_only(partner: OctoClient) -> None:
    wish = {"productId": "open-ticket", "availabilityId": None, "unitItems": [{"unitId": "adult"}]}
    held = partner.reserved(**wish, expirationMinutes=2**63)

    extended = partner.post(f"/octo/bookings/{held['uuid']}/extend", {"expirationMinutes": 60})

    assert extended.body == held
    assert partner.post(f"/octo/bookings/{held['uuid']}/confirm", {"contact": {}}).status == 200
