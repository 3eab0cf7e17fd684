"""Limit how many requests the upstream handles at once, and share its threads out among callers.

A request takes a slot when its body is buffered and releases it when the upstream's response is
read, so that slow uploads and downloads hold no thread of Django. One caller never has every slot.
All writes together have a share as well: writes that wait for the lock of one row leave threads
to reads. Comparisons, whose responses no caller gets, have a share of their own: they are served
after all callers, and never take the last slot.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api_edge.fair_slots import FairSlots, Keys, NoSlot, Slot
from api_edge.proxy.errors import UpstreamBusy
from api_edge.proxy.limits import Limits

#: Added to the keys of every write; no address and no API key has this name.
WRITES = "all writes"

#: The only key of a comparison, whichever caller's request it repeats.
COMPARISONS = "all comparisons"


class UpstreamConcurrency:
    """A fair concurrency limit: waiting callers take turns, each one's requests stay in order."""

    def __init__(self, limits: Limits) -> None:
        shares = {
            WRITES: limits.write_concurrency,
            COMPARISONS: limits.comparison_concurrency,
        }
        self._slots = limits.upstream_concurrency and FairSlots(
            limits.upstream_concurrency,
            share_of=lambda key: shares.get(key, limits.concurrency_per_caller),
            max_waiting=limits.max_waiting_requests,
            background=COMPARISONS,
        )
        self._wait_seconds = limits.upstream_wait_seconds

    @asynccontextmanager
    async def acquire(self, keys: Keys) -> AsyncIterator["UpstreamSlot"]:
        """Hold one slot of the upstream during the block, or until the slot is released.

        ``keys`` are the caller's address, its API key where that is known, and ``WRITES``; or
        ``COMPARISONS``. A caller's reads wait apart from its writes.

        Raises:
            UpstreamBusy: none became free in time, or too many requests wait already.
        """
        slot = UpstreamSlot(await self._take(self._slots, keys) if self._slots else None)
        try:
            yield slot
        finally:
            slot.release()

    async def _take(self, slots: FairSlots, keys: Keys) -> Slot:
        try:
            return await slots.take(
                keys, queue=(keys[0], WRITES in keys), wait_seconds=self._wait_seconds
            )
        except NoSlot as refused:
            message = (
                "too many requests wait for the upstream; nothing was done"
                if refused.is_queue_full
                else "the upstream is busy; nothing was done"
            )
            raise UpstreamBusy(message, wait_seconds=refused.retry_after_seconds) from None


class UpstreamSlot:
    """The right to have one request handled by the upstream, until it is released."""

    __slots__ = ("_slot",)

    def __init__(self, slot: Slot | None) -> None:
        """Without a ``slot``, the upstream has no limit."""
        self._slot = slot

    def release(self) -> None:
        """Release the slot; a second call does nothing."""
        if self._slot is not None:
            self._slot.release()
