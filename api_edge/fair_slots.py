"""Slots for what may run at once, shared out fairly, with a bounded queue for what has to wait.

What runs is counted by its keys, each of which has a share: one caller, or one row that many want
to lock, never has every slot. What finds no slot waits in the queue of its first key; queues take
turns, and each one's requests stay in order. Beyond the bound of the queues it is refused at once.
"""

import asyncio
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Hashable
from math import ceil

#: What a request is counted by.
Keys = tuple[str, ...]

#: The longest wait that a refusal announces: what was measured says nothing about later.
MOST_RETRY_SECONDS = 60

#: How much the latest duration counts in the mean.
WEIGHT_OF_LATEST = 1 / 16

_Waiting = asyncio.Future[None]


class NoSlot(Exception):
    """No slot became free in time, or too many requests wait already; nothing was done.

    ``retry_after_seconds`` estimates when the requests that wait now will have been served.
    """

    def __init__(self, *, is_queue_full: bool, retry_after_seconds: int) -> None:
        super().__init__("too many wait" if is_queue_full else "none was free in time")
        self.is_queue_full = is_queue_full
        self.retry_after_seconds = retry_after_seconds


class FairSlots:
    """A limit of requests that run at once, ``most``, divided among keys.

    ``share_of`` returns how many slots one key may have at once. ``max_waiting`` requests may wait
    in all, half of them in one queue. Requests with the key ``background`` are served after all
    others, and never take the last slot.
    """

    def __init__(
        self,
        most: int,
        *,
        share_of: Callable[[str], int],
        max_waiting: int,
        background: str | None = None,
    ) -> None:
        self._most = most
        self._share_of = share_of
        self._max_waiting = max_waiting
        self._background = background
        self._taken: Counter[str] = Counter()
        #: Slots that are taken, and since when.
        self._held: dict[Slot, float] = {}
        #: Queues in which something waits.
        self._waiting: OrderedDict[Hashable, deque[tuple[Slot, _Waiting]]] = OrderedDict()
        self._count_waiting = 0
        self._mean_seconds = 0.0

    async def take(self, keys: Keys, *, queue: Hashable, wait_seconds: float) -> "Slot":
        """Take a slot, which the caller releases.

        Raises:
            NoSlot: none became free in time, or too many wait already.
        """
        slot = Slot(self, keys, queue)
        if self._has_room_for(keys):
            self._grant(slot)
            return slot
        queued = self._waiting.setdefault(queue, deque())
        if self._count_waiting >= self._max_waiting or len(queued) >= self._max_waiting // 2:
            if not queued:
                del self._waiting[queue]
            raise NoSlot(is_queue_full=True, retry_after_seconds=self._retry_after_seconds(slot))
        granted: _Waiting = asyncio.get_running_loop().create_future()
        queued.append((slot, granted))
        self._count_waiting += 1
        try:
            async with asyncio.timeout(wait_seconds):
                await granted
        except BaseException as given_up:
            slot.release()
            if isinstance(given_up, TimeoutError):
                retry_after_seconds = self._retry_after_seconds(slot)
                raise NoSlot(is_queue_full=False, retry_after_seconds=retry_after_seconds) from None
            raise
        finally:
            self._leave_queue(slot, granted)
        return slot

    def _retry_after_seconds(self, slot: "Slot") -> int:
        """Return in how many seconds those that wait before it will have been served."""
        now = time.monotonic()
        ages = [now - since for since in self._held.values()]
        # What runs has taken so long at least, should nothing have ended lately.
        each = max(self._mean_seconds, sum(ages) / len(ages) if ages else 0.0)
        at_once = min([self._most, *map(self._share_of, slot.keys)])
        of_queue = len(self._waiting.get(slot.queue, ())) / at_once
        return estimate_seconds(each, max(of_queue, self._count_waiting / self._most))

    def release(self, slot: "Slot") -> None:
        """Return a slot, if it is taken, and grant what it was in the way of."""
        since = self._held.pop(slot, None)
        if since is None:
            return
        self._mean_seconds = moving_mean(self._mean_seconds, time.monotonic() - since)
        self._taken.subtract(slot.keys)
        for key in slot.keys:
            if self._taken[key] <= 0:
                del self._taken[key]
        self._serve_waiting()

    def _serve_waiting(self) -> None:
        """Grant what can be: one slot has several keys, and so may make room in several queues."""
        while self._serve_next():
            pass

    def _serve_next(self) -> bool:
        # Sorting keeps the order of the others.
        for name, queued in sorted(self._waiting.items(), key=self._is_in_background):
            slot, granted = queued[0]
            if self._has_room_for(slot.keys) and not granted.done():
                self._grant(slot)
                granted.set_result(None)
                self._remove(slot, granted)
                if name in self._waiting:
                    self._waiting.move_to_end(name)
                return True
        return False

    def _is_in_background(self, queue: tuple[Hashable, deque[tuple["Slot", _Waiting]]]) -> bool:
        _, waiting = queue
        slot, _ = waiting[0]
        return self._background in slot.keys

    def _has_room_for(self, keys: Keys) -> bool:
        most = self._most - 1 if self._background in keys else self._most
        return len(self._held) < most and all(
            self._taken[key] < self._share_of(key) for key in keys
        )

    def _grant(self, slot: "Slot") -> None:
        self._held[slot] = time.monotonic()
        self._taken.update(slot.keys)

    def _leave_queue(self, slot: "Slot", granted: _Waiting) -> None:
        if (slot, granted) in self._waiting.get(slot.queue, ()):
            self._remove(slot, granted)
            # It may have blocked the request behind it.
            self._serve_waiting()

    def _remove(self, slot: "Slot", granted: _Waiting) -> None:
        queued = self._waiting[slot.queue]
        queued.remove((slot, granted))
        self._count_waiting -= 1
        if not queued:
            del self._waiting[slot.queue]


class Slot:
    """The right to run, until it is released."""

    __slots__ = ("_slots", "keys", "queue")

    def __init__(self, slots: FairSlots, keys: Keys, queue: Hashable) -> None:
        self._slots = slots
        self.keys = keys
        self.queue = queue

    def release(self) -> None:
        """Release the slot; a second call does nothing, nor one for a slot that was not taken."""
        self._slots.release(self)


def moving_mean(mean: float, latest: float) -> float:
    """Return the exponential moving average of the latest durations."""
    return mean + (latest - mean) * WEIGHT_OF_LATEST if mean else latest


def estimate_seconds(each: float, rounds: float) -> int:
    """Return how long this many rounds take, in whole seconds for ``Retry-After``."""
    return min(MOST_RETRY_SECONDS, max(1, ceil(each * rounds)))
