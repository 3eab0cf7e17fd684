"""``PostgresProxy`` in a thread of its own, for tests that are not asynchronous."""

import asyncio
import threading
from asyncio import AbstractEventLoop
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.harness.postgres_proxy import Interruption, PostgresProxy


@dataclass(frozen=True)
class PostgresProxyThread:
    """Controls the proxy from the test's thread."""

    proxy: PostgresProxy
    loop: AbstractEventLoop

    @property
    def url(self) -> str:
        return self.proxy.url

    def cut(self) -> None:
        self.loop.call_soon_threadsafe(self.proxy.cut)

    def swallow(self) -> None:
        """See ``PostgresProxy``."""
        self.loop.call_soon_threadsafe(self.proxy.swallow)

    def restore(self) -> None:
        self.loop.call_soon_threadsafe(self.proxy.restore)

    def break_once_at(
        self, word: bytes, *, delivered: bool, for_long: bool = False, after: bytes = b""
    ) -> None:
        """See ``PostgresProxy``."""
        self.proxy.break_once_at(word, delivered=delivered, for_long=for_long, after=after)

    def interrupt(self, interruption: Interruption | None) -> None:
        """See ``PostgresProxy``."""
        self.proxy.interrupt(interruption)


@contextmanager
def running_postgres_proxy(url: str) -> Iterator[PostgresProxyThread]:
    """Run a proxy in a thread of its own."""
    loop, is_laid = asyncio.new_event_loop(), threading.Event()
    proxy = PostgresProxy(url)

    async def serve() -> None:
        async with proxy:
            is_laid.set()
            await asyncio.Event().wait()

    task = loop.create_task(serve())

    def run() -> None:
        try:
            loop.run_until_complete(task)
        except asyncio.CancelledError:
            loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    is_laid.wait()
    try:
        yield PostgresProxyThread(proxy, loop)
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()
