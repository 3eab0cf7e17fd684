"""``run_now`` drives a service without an event loop, and says so when one tries to wait."""

import asyncio

import pytest

from shared_domain.refusals import Refused
from shared_domain.run_now import WouldHaveWaited, run_now


async def add(one: int, other: int) -> int:
    return one + other


async def add_twice(number: int) -> int:
    return await add(await add(number, number), number)


def test_it_returns_what_the_service_returns() -> None:
    assert run_now(add_twice(2)) == 6


def test_it_raises_what_the_service_raises() -> None:
    async def refuse() -> None:
        raise Refused

    with pytest.raises(Refused):
        run_now(refuse())


def test_it_works_inside_an_event_loop_too() -> None:
    async def django_view() -> int:
        return run_now(add(1, 2))

    assert asyncio.run(django_view()) == 3


def test_waiting_is_a_mistake_that_says_how_to_repair_it() -> None:
    cleaned_up = []

    async def wait() -> None:
        try:
            await asyncio.sleep(0)
        finally:
            cleaned_up.append("yes")

    with pytest.raises(WouldHaveWaited) as mistake:
        run_now(wait())

    assert "wait" in str(mistake.value)
    assert "DjangoDatabase" in str(mistake.value)
    assert cleaned_up == ["yes"]
