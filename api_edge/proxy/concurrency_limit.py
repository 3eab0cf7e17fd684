"""Limit how many requests the upstream handles at once, and share its threads out among callers.

A request takes a slot when its body is buffered and releases it when the upstream's response is
read, so that slow uploads and downloads hold no thread of Django. One caller never has every slot.
All writes together have a share as well: writes that wait for the lock of one row leave threads
to reads. Comparisons, whose responses no caller gets, have a share of their own: they are served
after all callers, and never take the last slot.
"""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api_edge.proxy.errors import UpstreamBusy
from api_edge.proxy.limits import Limits

#: What a request is counted by: its caller's address, and its API key where that is known.
LimitKeys = tuple[str, ...]

#: Added to the keys of every write; no address and no API key has this name.
WRITES = "all writes"

#: The only key of a comparison, whichever caller's request it repeats.
COMPARISONS = "all comparisons"

_Waiting = asyncio.Future[None]
#: A caller's address, and whether its writes or its reads wait in the queue.
_QueueKey = tuple[str, bool]


class UpstreamConcurrency:
    """A fair concurrency limit: waiting callers take turns, each one's requests stay in order."""

    def __init__(self, limits: Limits) -> None:
        self._is_limited = limits.upstream_concurrency is not None
        self._max = limits.upstream_concurrency or 0
        self._share = limits.concurrency_per_caller
        self._share_of = {
            WRITES: limits.write_concurrency,
            COMPARISONS: limits.comparison_concurrency,
        }
        self._wait_seconds = limits.upstream_wait_seconds
        self._max_waiting = limits.max_waiting_requests
        self._taken: Counter[str] = Counter()
        self._total = 0
        #: By caller, reads apart from writes; callers that wait for nothing are not in it.
        self._waiting: OrderedDict[_QueueKey, deque[tuple[LimitKeys, _Waiting]]] = OrderedDict()
        self._count_waiting = 0

    @asynccontextmanager
    async def acquire(self, keys: LimitKeys) -> AsyncIterator["UpstreamSlot"]:
        """Hold one slot of the upstream during the block, or until the slot is released.

        Raises:
            UpstreamBusy: none became free in time, or too many requests wait already.
        """
        slot = UpstreamSlot(self, keys)
        if self._is_limited:
            await self._wait_for_slot(keys)
            slot.is_held = True
        try:
            yield slot
        finally:
            slot.release()

    async def _wait_for_slot(self, keys: LimitKeys) -> None:
        if self._has_room_for(keys):
            self._grant(keys)
            return
        queue = self._waiting.setdefault(_queue_key(keys), deque())
        if self._count_waiting >= self._max_waiting or len(queue) >= self._max_waiting // 2:
            raise UpstreamBusy("too many requests wait for the upstream; nothing was done")
        granted: _Waiting = asyncio.get_running_loop().create_future()
        queue.append((keys, granted))
        self._count_waiting += 1
        try:
            async with asyncio.timeout(self._wait_seconds):
                await granted
        except BaseException as given_up:
            if granted.done() and not granted.cancelled():
                self.release(keys)
            if isinstance(given_up, TimeoutError):
                raise UpstreamBusy("the upstream is busy; nothing was done") from None
            raise
        finally:
            self._leave_queue(keys, granted)

    def release(self, keys: LimitKeys) -> None:
        """Take one slot back, and grant it to the next caller that may have it."""
        self._total -= 1
        self._taken.subtract(keys)
        for key in keys:
            if self._taken[key] <= 0:
                del self._taken[key]
        self._serve_next()

    def _serve_next(self) -> None:
        # Callers first: sorting keeps their order.
        for queue_key, queue in sorted(self._waiting.items(), key=_is_of_comparisons):
            keys, granted = queue[0]
            if self._has_room_for(keys) and not granted.done():
                self._grant(keys)
                granted.set_result(None)
                self._remove(queue_key, (keys, granted))
                if queue_key in self._waiting:
                    self._waiting.move_to_end(queue_key)
                return

    def _has_room_for(self, keys: LimitKeys) -> bool:
        most = self._max - 1 if COMPARISONS in keys else self._max
        return self._total < most and all(
            self._taken[key] < self._share_of.get(key, self._share) for key in keys
        )

    def _grant(self, keys: LimitKeys) -> None:
        self._total += 1
        self._taken.update(keys)

    def _leave_queue(self, keys: LimitKeys, granted: _Waiting) -> None:
        if (keys, granted) in self._waiting.get(_queue_key(keys), ()):
            self._remove(_queue_key(keys), (keys, granted))
            # It may have blocked the request behind it.
            self._serve_next()

    def _remove(self, key: _QueueKey, entry: tuple[LimitKeys, _Waiting]) -> None:
        queue = self._waiting[key]
        queue.remove(entry)
        self._count_waiting -= 1
        if not queue:
            del self._waiting[key]


def _is_of_comparisons(entry: tuple[_QueueKey, object]) -> bool:
    (name, _), _ = entry
    return name == COMPARISONS


def _queue_key(keys: LimitKeys) -> _QueueKey:
    return keys[0], WRITES in keys


class UpstreamSlot:
    """The right to have one request handled by the upstream, until it is released."""

    __slots__ = ("_concurrency", "_keys", "is_held")

    def __init__(self, concurrency: UpstreamConcurrency, keys: LimitKeys) -> None:
        self._concurrency = concurrency
        self._keys = keys
        self.is_held = False

    def release(self) -> None:
        """Release the slot; a second call does nothing."""
        if self.is_held:
            self.is_held = False
            self._concurrency.release(self._keys)
