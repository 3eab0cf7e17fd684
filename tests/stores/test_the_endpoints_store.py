"""Each half says what it has when it starts, in any order; only a decision moves a stage."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from psycopg import AsyncConnection

from api_edge.postgresql.database import PsycopgDatabase, connection_arguments
from shared_domain import rollout
from shared_domain.database import Database
from shared_domain.rollout import Budget, CallerName, Endpoint, EndpointName, Side, Stage
from shared_domain.rollout.sql_store import SqlEndpointStore
from tests.harness.databases import CommittedDatabase
from tests.harness.waiting import EVENTUALLY_SECONDS
from tests.stores.both import Teller

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)

BOATS, BOAT, NEW_BOAT = ("GET", "/v1/boats"), ("GET", "/v1/boats/{id}"), ("POST", "/v1/boats")
ALICE = CallerName("alice")

EDGE, DJANGO = Side.EDGE, Side.DJANGO


async def register(
    database: Database, side: Side, *names: EndpointName, upstream: str = ""
) -> None:
    store = SqlEndpointStore(database)
    await rollout.register_endpoints(names, side=side, upstream=upstream, now=NOW, store=store)


async def state(database: Database, name: EndpointName) -> tuple[str, bool, bool]:
    """Return the stage, and which half has it."""
    found = await rollout.get_endpoint(name, store=SqlEndpointStore(database))
    return found.stage.value, found.is_on_edge, found.is_on_django


async def force(database: Database, name: EndpointName, stage: str, **different: Any) -> Endpoint:
    return await rollout.set_stage(
        *(name, Stage(stage)),
        **{"reason": "for the test", "actor": "ana", "is_forced": True, "now": NOW} | different,
        store=SqlEndpointStore(database),
    )


def test_what_only_the_edge_has_is_the_edges(tell: Teller) -> None:
    async def story(database: Database) -> Any:
        await register(database, EDGE, BOATS)
        return await state(database, BOATS)

    assert tell(story) == ("edge", True, False)


def test_django_answers_whichever_half_registers_first(tell: Teller) -> None:
    async def story(database: Database) -> Any:
        await register(database, EDGE, BOATS)
        await register(database, DJANGO, BOATS, BOAT)
        await register(database, EDGE, BOATS, BOAT)
        return await state(database, BOATS), await state(database, BOAT)

    assert tell(story) == (("django", True, True), ("django", True, True))


def test_each_of_several_sites_speaks_for_itself_only(tell: Teller) -> None:
    async def story(database: Database) -> Any:
        await register(database, DJANGO, BOATS)
        await register(database, DJANGO, BOAT, upstream="orders")
        # A worker of the first starts anew, and the other one has lost its endpoint.
        await register(database, DJANGO, BOATS)
        before = await state(database, BOATS), await state(database, BOAT)
        await register(database, DJANGO, upstream="orders")
        return before, (await state(database, BOATS), await state(database, BOAT))

    here, gone = ("django", False, True), ("django", False, False)
    assert tell(story) == ((here, here), (here, gone))


def test_a_decision_survives_every_restart(tell: Teller) -> None:
    async def story(database: Database) -> Any:
        await register(database, DJANGO, BOATS)
        await register(database, EDGE, BOATS)
        await force(database, BOATS, "canary", percent=20)
        before = await rollout.get_endpoint(BOATS, store=SqlEndpointStore(database))
        for side in (EDGE, DJANGO, DJANGO, EDGE):
            await register(database, side, BOATS)
        return before, await rollout.get_endpoint(BOATS, store=SqlEndpointStore(database))

    before, after = tell(story)

    assert before == after
    assert (after.stage, after.percent, after.stage_since) == (Stage.CANARY, 20, NOW)


def test_a_view_that_comes_back_takes_nothing_from_the_edge(tell: Teller) -> None:
    async def story(database: Database) -> Any:
        await register(database, DJANGO, BOATS)
        await register(database, EDGE, BOATS)
        await force(database, BOATS, "edge")
        await register(database, DJANGO)
        gone = await state(database, BOATS)
        await register(database, DJANGO, BOATS)
        return gone, await state(database, BOATS)

    assert tell(story) == (("edge", True, False), ("edge", True, True))


def test_a_budget_is_no_decision_about_the_stage(tell: Teller) -> None:
    async def story(database: Database) -> Any:
        await register(database, EDGE, BOATS)
        await rollout.set_budget(
            BOATS, budget=Budget(errors=9), reason="noisy", actor="ana", now=NOW,
            store=SqlEndpointStore(database),
        )  # fmt: skip
        await register(database, DJANGO, BOATS)
        return await state(database, BOATS)

    assert tell(story) == ("django", True, True)


def test_what_a_half_no_longer_has_it_loses_and_nothing_else(tell: Teller) -> None:
    async def story(database: Database) -> Any:
        await register(database, DJANGO, BOATS, BOAT, NEW_BOAT)
        await register(database, EDGE, BOATS, BOAT)
        await register(database, EDGE, BOATS)
        await register(database, DJANGO, BOATS, BOAT)
        return [await state(database, name) for name in (BOATS, BOAT, NEW_BOAT)]

    assert tell(story) == [
        ("django", True, True),
        ("django", False, True),
        ("django", False, False),
    ]


def test_parameters_may_have_other_names(tell: Teller) -> None:
    async def story(database: Database) -> Any:
        await register(database, DJANGO, ("GET", "/v1/boats/{pk}"))
        await register(database, EDGE, BOAT)
        found = await rollout.list_endpoints(store=SqlEndpointStore(database))
        return [
            endpoint.name for endpoint in found if endpoint.path_template.startswith("/v1/boats")
        ]

    assert tell(story) == ["GET /v1/boats/{id}"]


def test_two_routes_of_one_shape_are_one_endpoint(tell: Teller) -> None:
    async def story(database: Database) -> Any:
        await register(database, DJANGO, ("GET", "/v1/boats/{number}"), ("GET", "/v1/boats/{name}"))
        await register(database, EDGE, ("GET", "/v1/boats/{b}"), ("GET", "/v1/boats/{a}"))
        found = await rollout.list_endpoints(store=SqlEndpointStore(database))
        return [
            endpoint.name for endpoint in found if endpoint.path_template.startswith("/v1/boats")
        ]

    # The first route is the one that answers, in either framework.
    assert tell(story) == ["GET /v1/boats/{b}"]


def test_pins_and_costs_are_kept_as_they_were_saved(tell: Teller) -> None:
    async def story(database: Database) -> Any:
        store = SqlEndpointStore(database)
        await register(database, DJANGO, BOATS)
        await register(database, EDGE, BOATS)
        known = await force(database, BOATS, "canary", percent=5)
        for side in (Side.EDGE, Side.DJANGO):
            await rollout.pin_partner(
                BOATS,
                ALICE,
                side,
                reason="asked",
                actor="ana",
                now=NOW,
                store=store,
            )
        spent = await rollout.spend_budget(known, errors=2, mismatches=1, now=NOW, store=store)
        return known, spent, await rollout.get_endpoint(BOATS, store=store)

    known, spent, kept = tell(story)

    expected = replace(known, errors=2, mismatches=1, pins={ALICE: Side.DJANGO})
    assert spent == kept == expected


def test_all_processes_may_start_at_once(committed_database: CommittedDatabase) -> None:
    names = [("GET", f"/v1/boats/{number}") for number in range(30)]

    async def start(side: Side, own: list[EndpointName]) -> None:
        url = committed_database.owner_url
        async with await AsyncConnection.connect(url, **connection_arguments()) as connection:
            for _ in range(5):
                async with connection.transaction():
                    await register(PsycopgDatabase(connection), side, *own)

    async def start_all() -> list[Endpoint]:
        both = [(EDGE, names), (DJANGO, names[::-1])]
        await asyncio.gather(*(start(side, own) for side, own in both * 4))
        url = committed_database.owner_url
        async with await AsyncConnection.connect(url, **connection_arguments()) as connection:
            return await SqlEndpointStore(PsycopgDatabase(connection)).all()

    found = asyncio.run(asyncio.wait_for(start_all(), EVENTUALLY_SECONDS))

    assert len(found) == len({endpoint.salt for endpoint in found}) == 30
    assert {(endpoint.stage, endpoint.is_on_edge, endpoint.is_on_django) for endpoint in found} == {
        (Stage.DJANGO, True, True)
    }
