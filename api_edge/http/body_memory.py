"""Limit the memory that request bodies take in this process, over all requests.

Only bodies that the edge reads itself count: those of its own endpoints, and those that are sent to
both halves. A body for Django alone is buffered in a spool instead (``proxy/spool.py``).
"""

from types import TracebackType

MEGABYTE = 1024 * 1024


class BodyMemory:
    """A quota of bytes for request bodies: a request takes some, and returns them at its end."""

    def __init__(self, most_bytes: int) -> None:
        self.bytes_left = most_bytes

    def hold(self) -> "BodyMemoryLease":
        return BodyMemoryLease(self)


class BodyMemoryLease:
    """The bytes that one request has taken: ``with BODY_MEMORY.hold() as held``."""

    __slots__ = ("_length", "_memory")

    def __init__(self, memory: BodyMemory) -> None:
        self._memory = memory
        self._length = 0

    def __enter__(self) -> "BodyMemoryLease":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._memory.bytes_left += self._length
        self._length = 0

    def take(self, length: int) -> bool:
        """Take so many bytes; return False when all requests together now exceed the quota."""
        self._memory.bytes_left -= length
        self._length += length
        return self._memory.bytes_left >= 0


#: The quota of this process: sixty-four of the longest bodies that an endpoint accepts.
BODY_MEMORY = BodyMemory(64 * MEGABYTE)
