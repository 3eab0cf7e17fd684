"""The connection pool of a process, in which writes never hold all connections.

A request that waits for a row lock holds its connection meanwhile. Writing requests may hold only a
share of the pool, so that reads go on, as in the edge (``api_edge/postgresql/pool.py``).
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.http import HttpRequest, HttpResponse
from psycopg import OperationalError
from psycopg_pool import ConnectionPool, PoolTimeout

from core_site.postgresql.connection import Connection, DeadlineExceeded
from shared_domain import deadline, postgres

#: The fraction of a pool's connections that writes may hold at once.
SHARE_OF_WRITES = 0.6

#: How long a session may take to show that it still is there.
CHECK_SECONDS = 3.0

READS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})

_of_thread = threading.local()


@contextmanager
def writing(is_writing: bool = True) -> Iterator[None]:
    """Mark this thread as writing, or not, within the block; writes are limited to their share."""
    before = getattr(_of_thread, "is_writing", False)
    _of_thread.is_writing = is_writing
    try:
        yield
    finally:
        _of_thread.is_writing = before


class WritesTakeTheirShare:
    """Middleware that marks writing requests; it must precede any middleware that queries."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in READS:
            return self._get_response(request)
        with writing():
            return self._get_response(request)


class Pool(ConnectionPool[Connection]):
    """A connection pool that reserves connections for reads, and hands out sessions that work."""

    def __init__(self, *arguments: Any, max_size: int, **options: Any) -> None:
        self._read_only_sessions = postgres.ReadOnlySessions()
        self._drained_last_at = float("-inf")
        self._writes = threading.BoundedSemaphore(max(1, int(max_size * SHARE_OF_WRITES)))
        super().__init__(*arguments, max_size=max_size, **options)

    def getconn(self, timeout: float | None = None) -> Connection:
        """Take a connection; a thread marked as writing takes it from the share of writes.

        Its session has just answered. One that does not is replaced, as are all idle ones.

        Raises:
            PoolTimeout: no connection was free in time, or the share of writes was in use.
            DeadlineExceeded: the request's deadline has passed: no session could show in time that
                it works, and all would be taken for dead.
        """
        most = self.timeout if timeout is None else timeout
        if deadline.seconds_left(most) <= 0:
            raise DeadlineExceeded
        if not getattr(_of_thread, "is_writing", False):
            return self._take_working(deadline.seconds_left(most))
        if not self._writes.acquire(timeout=deadline.seconds_left(most)):
            raise PoolTimeout("the writes have taken their share of the connections")
        try:
            connection = self._take_working(deadline.seconds_left(most))
        except BaseException:
            self._writes.release()
            raise
        connection.holds_share_of_writes = True
        return connection

    def putconn(self, conn: Connection) -> None:
        """Return a connection to the pool, and to the share of writes if it was taken from it."""
        if conn.holds_share_of_writes:
            conn.holds_share_of_writes = False
            self._writes.release()
        super().putconn(conn)

    def _take_working(self, seconds: float) -> Connection:
        """Take a session that works, in so many seconds.

        The pool's own check waits for a second before it tries a third session, and for two before
        a fourth: longer than the readiness check may take.

        Raises:
            PoolTimeout: there was none in time.
        """
        ends_at = time.monotonic() + seconds
        while True:
            connection = super().getconn(ends_at - time.monotonic())
            try:
                if self._works(connection):
                    return connection
                connection.close()
            except BaseException:
                super().putconn(connection)
                raise
            super().putconn(connection)

    def _works(self, connection: Connection) -> bool:
        """Return whether a session may be handed out; if not, those of its age are drained.

        All of them may be dead, and so may those that are being opened meanwhile.
        """
        if connection.asked_for_at < self._drained_last_at:
            return False
        try:
            with deadline.within(min(CHECK_SECONDS, deadline.seconds_left(CHECK_SECONDS))):
                connection.execute("")
            if not self._read_only_sessions.is_stale(connection, now=time.monotonic()):
                return True
        except OperationalError:
            pass
        self._drained_last_at = time.monotonic()
        self.drain()
        return False
