"""Lingering close: the response arrives although the caller is still sending (RFC 9112, 9.6).

A connection that is closed with unread bytes is reset, and a reset can overtake the response. So
the connection is closed for writing, and what comes is read and dropped: until the caller closes,
sends nothing for a while, or has sent for too long or too much.
"""

import asyncio

#: Without a byte for so long, the caller has the response or will not read it; and in all. Source:
#: nginx, lingering_timeout and lingering_time.
IDLE_SECONDS, LONGEST_SECONDS = 5.0, 30.0

#: More than any body that the edge takes: callers who send on after a refusal are not read for
#: ever. Dropping costs about a millisecond of processor time for 4 MB.
MAX_DISCARDED_BYTES = 64 * 1024 * 1024


class LingeringClose:
    """Counts the bytes dropped on one connection, and aborts the connection at its limits."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._discarded_bytes = 0
        self._last: asyncio.TimerHandle | None = None
        self._idle: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Close for writing, and keep reading within the limits."""
        if self._last is None:
            self._transport.write_eof()
            self._last = self._loop.call_later(LONGEST_SECONDS, self._transport.abort)
            self._wait_for_more()

    def discard(self, length: int) -> None:
        """Count dropped bytes, before or after the close."""
        self._discarded_bytes += length
        if self._discarded_bytes > MAX_DISCARDED_BYTES:
            self._transport.abort()
        elif self._last is not None:
            self._wait_for_more()

    def forget_discarded(self) -> None:
        """Reset the count: the request has ended, and the connection is kept open."""
        self._discarded_bytes = 0

    def end(self) -> None:
        """Cancel the timers of a closed connection."""
        for timer in (self._last, self._idle):
            if timer is not None:
                timer.cancel()

    def _wait_for_more(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        self._idle = self._loop.call_later(IDLE_SECONDS, self._transport.abort)
