"""A worker's delivery loop ends when it is cancelled, also while a delivery run ends."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any, cast

import pytest

from core_site.webhooks.sending.delivery_loop import DeliveryLoop, Listening
from shared_domain.webhooks import Lane
from tests.harness.waiting import EVENTUALLY_SECONDS


class NothingIsAnnounced:
    """A connection that listens, and hears nothing."""

    async def execute(self, statement: bytes) -> None:
        pass

    async def notifies(self) -> AsyncIterator[None]:
        await asyncio.Event().wait()
        yield


class OneDestination:
    """One claim; its delivery lasts until the test ends it."""

    most_at_once = dict.fromkeys(Lane, 1)
    most_claimed = 1

    def __init__(self) -> None:
        self.is_looked_at, self.look_ends = asyncio.Event(), asyncio.Event()
        self.claimed = ["claim"]

    async def mark(self) -> bool:
        return False

    async def claim(self, lane: Lane, *, most: int) -> Sequence[str]:
        claimed, self.claimed = self.claimed[:most], self.claimed[most:]
        return claimed

    async def deliver(self, claimed: str) -> None:
        self.is_looked_at.set()
        await self.look_ends.wait()

    async def release(self, claimed: Sequence[Any]) -> None:
        raise AssertionError("the delivery has ended")


@pytest.mark.parametrize("steps", range(8))
def test_however_close_the_end_of_a_look_is(steps: int) -> None:
    async def cancel_after_the_end() -> bool:
        deliveries = OneDestination()
        loop = DeliveryLoop(deliveries, cast(Listening, NothingIsAnnounced()))
        running = asyncio.create_task(loop.run())
        await deliveries.is_looked_at.wait()
        deliveries.look_ends.set()
        for _ in range(steps):
            # One turn of the event loop.
            await asyncio.sleep(0)
        running.cancel()
        await asyncio.wait({running}, timeout=EVENTUALLY_SECONDS)
        return running.cancelled()

    assert asyncio.run(cancel_after_the_end())
