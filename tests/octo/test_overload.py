"""Under overload waiting is bounded: what is beyond is refused at once, and all else goes on."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg
import pytest
from fastapi import FastAPI
from starlette.requests import Request

from api_edge import fair_slots
from api_edge.fair_slots import FairSlots, NoSlot
from api_edge.http.exception_handlers import handle_database_error, handle_http_exception
from api_edge.postgresql.pool import PoolBusy
from api_edge.proxy.errors import UpstreamBusy
from tests.harness.clients import OctoClient, a_slot, request_once
from tests.harness.servers import running_bare_edge
from tests.harness.waiting import EVENTUALLY_SECONDS, LOCK_WAITS, eventually
from tests.octo.edge import Edge
from tests.octo.patient_edge import READY_WITHIN

CALLS = 40

#: Of the ten connections of a process six are for writes, three of them for one departure. Of those
#: that wait, half may want one departure.
AT_ONCE, MOST_WAITING = 3, 20

#: However busy the machine is, what waits here waits until the test lets it go on.
PATIENCE = {
    "PORTICO_EDGE_LOCK_WAIT_SECONDS": "3000",
    "PORTICO_EDGE_STATEMENT_SECONDS": "3000",
    "PORTICO_EDGE_POOL_WAIT_SECONDS": "3000",
    "PORTICO_CALL_SECONDS": "3000",
    "PORTICO_KEY_CALLS_PER_SECOND": "0",
    "PORTICO_ADDRESS_CALLS_PER_SECOND": "0",
    READY_WITHIN: "3000",
}

ONE_ADULT = [{"unitId": "adult"}]


@pytest.fixture(scope="module")
def crowded(edge: Edge, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    log = tmp_path_factory.mktemp("crowded") / "edge.log"
    with running_bare_edge(
        edge.database,
        log,
        app="tests.octo.patient_edge:create_app",
        PORTICO_EDGE_MOST_WAITING=str(MOST_WAITING),
        **PATIENCE,
    ) as port:
        yield Edge(port, edge.keys, edge.database, log)


def test_a_burst_on_one_departure_leaves_connections_to_all_else(crowded: Edge) -> None:
    slot, uuids = a_slot(), [str(uuid4()) for _ in range(CALLS)]
    partner = OctoClient(crowded.port, crowded.keys.live)
    with (
        psycopg.connect(crowded.database.owner_url, autocommit=True) as owner,
        psycopg.connect(crowded.database.owner_url) as locking,
        ThreadPoolExecutor(CALLS) as callers,
    ):
        owner.execute(
            "UPDATE catalog_departure SET capacity = 1000 WHERE availability_id = %s", [slot]
        )
        locking.execute(
            "SELECT 1 FROM catalog_departure WHERE availability_id = %s FOR UPDATE", [slot]
        )
        try:
            reserving = [
                callers.submit(
                    OctoClient(crowded.port, crowded.keys.live).reserve,
                    slot,
                    uuid=uuid,
                    unitItems=ONE_ADULT,
                )
                for uuid in uuids
            ]
            patient = AT_ONCE + MOST_WAITING // 2
            assert eventually(lambda: sum(call.done() for call in reserving) == CALLS - patient)
            assert eventually(lambda: _count_of_lock_waits(owner) == AT_ONCE)

            refused = [call.result() for call in reserving if call.done()]
            other, read = partner.reserve(), partner.get("/octo/products")
            ready = request_once(crowded.port, "GET", "/health/ready")
            assert _stored(owner, uuids) == 0
        finally:
            locking.rollback()
        reserved = [call.result() for call in reserving if call.result().status == 200]

    assert {(answer.status, answer.error) for answer in refused} == {(503, "INTERNAL_SERVER_ERROR")}
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in refused)
    assert [answer.status for answer in (other, read, ready)] == [200, 200, 200]
    assert len(reserved) == patient

    again = [partner.reserve(slot, uuid=uuid, unitItems=ONE_ADULT).status for uuid in uuids]

    assert again == [200] * CALLS
    with psycopg.connect(crowded.database.owner_url) as owner:
        assert _stored(owner, uuids) == CALLS
        taken = owner.execute(
            "SELECT reserved FROM catalog_departure"
            " WHERE availability_id = %s AND reserved > 0", [slot]
        ).fetchall()  # fmt: skip
    assert taken == [(CALLS,)]


def _count_of_lock_waits(owner: "psycopg.Connection[tuple[int]]") -> int:
    row = owner.execute(LOCK_WAITS).fetchone()
    return row[0] if row else 0


def _stored(owner: "psycopg.Connection[tuple[int]]", uuids: list[str]) -> int:
    row = owner.execute(
        "SELECT count(*) FROM bookings_booking WHERE uuid = ANY(%s::uuid[])", [uuids]
    ).fetchone()
    return row[0] if row else 0


@pytest.mark.parametrize(("path", "said"), [("/octo/bookings", "2"), ("/v1/users", "40")])
@pytest.mark.parametrize("is_of_django", [False, True])
def test_octos_clients_are_asked_to_wait_no_longer_than_they_do(
    path: str, said: str, is_of_django: bool
) -> None:
    request = Request(
        {
            "type": "http",
            "method": "GET",
            "path": path,
            "headers": [],
            "app": FastAPI(),
            "state": {"request_id": str(uuid4())},
        }
    )

    if is_of_django:
        answer = handle_http_exception(request, UpstreamBusy("busy", wait_seconds=40))
    else:
        answer = handle_database_error(request, PoolBusy("full", retry_after_seconds=40))

    assert asyncio.run(answer).headers["Retry-After"] == said


def test_a_refusal_says_how_long_those_before_it_will_take(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr(fair_slots.time, "monotonic", lambda: now)

    async def story() -> list[int]:
        nonlocal now
        told = []
        slots = FairSlots(2, share_of=lambda _: 1, max_waiting=6)

        async def refuse(key: str) -> None:
            with pytest.raises(NoSlot) as refused:
                await slots.take((key,), queue=key, wait_seconds=3000)
            assert refused.value.is_queue_full
            told.append(refused.value.retry_after_seconds)

        first = await slots.take(("hot",), queue="hot", wait_seconds=0)
        waiting = [
            asyncio.create_task(slots.take(("hot",), queue="hot", wait_seconds=3000))
            for _ in range(3)
        ]
        await asyncio.wait(waiting, timeout=0)
        # Nothing was measured, and nothing runs for long yet.
        await refuse("hot")
        now += 4.0
        # The one that runs has taken four seconds, and three wait for the same.
        await refuse("hot")
        # Another key is served at once.
        (await slots.take(("cold",), queue="cold", wait_seconds=0)).release()
        first.release()
        for task in waiting:
            (await task).release()
        return told

    assert asyncio.run(story()) == [1, 12]


def test_a_slot_that_ends_makes_room_for_all_that_it_was_in_the_way_of() -> None:
    async def story() -> None:
        slots = FairSlots(4, share_of=lambda _: 1, max_waiting=6)
        of_both = await slots.take(("a", "b"), queue="a", wait_seconds=0)
        waiting = [
            asyncio.create_task(slots.take((key,), queue=key, wait_seconds=3000)) for key in "ab"
        ]
        await asyncio.wait(waiting, timeout=0)

        of_both.release()

        await asyncio.wait_for(asyncio.gather(*waiting), EVENTUALLY_SECONDS)

    asyncio.run(story())
