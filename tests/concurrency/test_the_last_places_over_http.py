"""The last places are sold once by a real edge of several processes, to callers over HTTP."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import aiohttp
import psycopg
import pytest

from tests.harness.clients import a_day, slot_on
from tests.harness.committed_data import populate
from tests.harness.databases import CommittedDatabase
from tests.harness.servers import running_edge

EDGE_PROCESSES = 3


@dataclass(frozen=True)
class Edge:
    port: int
    key: str
    database: CommittedDatabase

    def post(self, bodies: list[dict[str, Any]]) -> list[tuple[int, dict[str, Any]]]:
        """Send reservations on connections of their own, all at once."""
        return asyncio.run(self._post(bodies))

    async def _post(self, bodies: list[dict[str, Any]]) -> list[tuple[int, dict[str, Any]]]:
        address = f"http://127.0.0.1:{self.port}/octo/bookings"
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            headers={"Authorization": f"Bearer {self.key}"},
        ) as session:

            async def reserve(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
                async with session.post(address, json=body) as response:
                    return response.status, json.loads(await response.read())

            return await asyncio.gather(*map(reserve, bodies))


@pytest.fixture(scope="module")
def edge(
    make_committed_database: Callable[[], AbstractContextManager[CommittedDatabase]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Edge]:
    # No caller gives up on a slow machine: this is about places, not about patience.
    patience = {
        f"PORTICO_EDGE_{name}_SECONDS": "60" for name in ("POOL_WAIT", "LOCK_WAIT", "STATEMENT")
    }
    with make_committed_database() as database:
        keys = populate(database.owner_url)
        log = tmp_path_factory.mktemp("edge") / "edge.log"
        # No request is for Django.
        with running_edge(
            "", log, database=database, workers=EDGE_PROCESSES, **patience
        ) as running:
            yield Edge(running.port, keys.live, database)


def reservation(slot: str, tickets: int = 1) -> dict[str, Any]:
    return {
        "uuid": str(uuid4()),
        "productId": "river-kayak",
        "optionId": "DEFAULT",
        "availabilityId": slot,
        "unitItems": [{"unitId": "adult"}] * tickets,
    }


def test_200_callers_for_the_last_10_places(edge: Edge) -> None:
    slot = slot_on(a_day(), "09:30")
    ((status, _),) = edge.post([reservation(slot, tickets=2)])
    assert status == 200

    answers = edge.post([reservation(slot) for _ in range(200)])

    said = Counter((status, body.get("status") or body["error"]) for status, body in answers)
    assert said == {(200, "ON_HOLD"): 10, (400, "UNPROCESSABLE_ENTITY"): 190}
    assert _stored(edge, slot) == (11, 12)


def test_simultaneous_retries_make_one_booking(edge: Edge) -> None:
    slot = slot_on(a_day(), "14:00")
    body = reservation(slot, tickets=3)

    answers = edge.post([body] * 40)

    assert {status for status, _ in answers} == {200}
    assert len({answer["id"] for _, answer in answers}) == 1
    assert _stored(edge, slot) == (1, 3)


def _stored(edge: Edge, slot: str) -> tuple[Any, ...] | None:
    """Count the bookings of a slot, and the places that it believes are taken."""
    with psycopg.connect(edge.database.owner_url) as owner:
        return owner.execute(
            "SELECT count(*), max(departure.reserved) FROM bookings_booking AS booking"
            "  JOIN catalog_departure AS departure ON departure.id = booking.departure_id"
            "  JOIN catalog_product AS product ON product.id = booking.product_id"
            " WHERE departure.availability_id = %s AND product.code = 'river-kayak'",
            [slot],
        ).fetchone()
