"""The site's threads, shared out among callers, so that none of them can take every one.

A request gets one when its body is here, and gives it back when the site's answer is here, so a
caller holds it for as long as the site works, and not for as long as its own line takes. All writes
together have a share as well: those that wait for the lock of one row leave threads to reads.
"""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api_edge.proxy.errors import UpstreamBusy
from api_edge.proxy.limits import Limits

#: Who calls: an address, and the key where it is known. Each of them has its share.
Names = tuple[str, ...]

#: Among the names of every write; no address and no key is called so.
WRITES = "all writes"

_Waiting = asyncio.Future[None]
#: A caller's first name, and whether its writes wait there.
_Queue = tuple[str, bool]


class UpstreamConcurrency:
    """Hands out the threads, one caller after the other, and each caller's requests in order."""

    def __init__(self, limits: Limits) -> None:
        self._is_limited = limits.upstream_concurrency is not None
        self._most = limits.upstream_concurrency or 0
        self._share = limits.concurrency_per_caller
        self._share_of_writes = limits.write_concurrency
        self._seconds = limits.upstream_wait_seconds
        self._most_waiting = limits.max_waiting_requests
        self._taken: Counter[str] = Counter()
        self._in_all = 0
        #: By caller, reads apart from writes; callers that wait for nothing are not in it.
        self._waiting: OrderedDict[_Queue, deque[tuple[Names, _Waiting]]] = OrderedDict()
        self._count_waiting = 0

    @asynccontextmanager
    async def one(self, names: Names) -> AsyncIterator["UpstreamSlot"]:
        """Give one thread of the site.

        Raises:
            UpstreamBusy: none became free in time, or too many requests wait already.
        """
        thread = UpstreamSlot(self, names)
        if self._is_limited:
            await self._take(names)
            thread.is_held = True
        try:
            yield thread
        finally:
            thread.give_back()

    async def _take(self, names: Names) -> None:
        if self._is_free_for(names):
            self._grant(names)
            return
        queue = self._waiting.setdefault(_queue_of(names), deque())
        if self._count_waiting >= self._most_waiting or len(queue) >= self._most_waiting // 2:
            raise UpstreamBusy("too many requests wait for the site; nothing was done")
        granted: _Waiting = asyncio.get_running_loop().create_future()
        queue.append((names, granted))
        self._count_waiting += 1
        try:
            async with asyncio.timeout(self._seconds):
                await granted
        except BaseException as given_up:
            if granted.done() and not granted.cancelled():
                self.give_back(names)
            if isinstance(given_up, TimeoutError):
                raise UpstreamBusy("the site is busy; nothing was done") from None
            raise
        finally:
            self._leave(names, granted)

    def give_back(self, names: Names) -> None:
        """Take one thread back, and give it to the next caller that may have it."""
        self._in_all -= 1
        self._taken.subtract(names)
        for name in names:
            if self._taken[name] <= 0:
                del self._taken[name]
        self._serve_next()

    def _serve_next(self) -> None:
        for kind, queue in self._waiting.items():
            names, granted = queue[0]
            if self._is_free_for(names) and not granted.done():
                self._grant(names)
                granted.set_result(None)
                self._remove(kind, (names, granted))
                if kind in self._waiting:
                    self._waiting.move_to_end(kind)
                return

    def _is_free_for(self, names: Names) -> bool:
        return self._in_all < self._most and all(
            self._taken[name] < (self._share_of_writes if name is WRITES else self._share)
            for name in names
        )

    def _grant(self, names: Names) -> None:
        self._in_all += 1
        self._taken.update(names)

    def _leave(self, names: Names, granted: _Waiting) -> None:
        if (names, granted) in self._waiting.get(_queue_of(names), ()):
            self._remove(_queue_of(names), (names, granted))
            # It may have stood in the way of a request behind it.
            self._serve_next()

    def _remove(self, kind: _Queue, entry: tuple[Names, _Waiting]) -> None:
        queue = self._waiting[kind]
        queue.remove(entry)
        self._count_waiting -= 1
        if not queue:
            del self._waiting[kind]


def _queue_of(names: Names) -> _Queue:
    return names[0], WRITES in names


class UpstreamSlot:
    """One thread of the site, until it is given back."""

    __slots__ = ("_names", "_threads", "is_held")

    def __init__(self, threads: UpstreamConcurrency, names: Names) -> None:
        self._threads = threads
        self._names = names
        self.is_held = False

    def give_back(self) -> None:
        """Give it back; doing so twice does nothing."""
        if self.is_held:
            self.is_held = False
            self._threads.give_back(self._names)
