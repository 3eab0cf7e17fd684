"""A bound on the memory that request bodies take in this process, over all requests.

What goes to Django alone waits in a spool instead (``proxy/spool.py``). This is for bodies
that the edge reads itself: its own endpoints', and those that both halves are given.
"""

from types import TracebackType

MEGABYTE = 1024 * 1024


class BodyMemory:
    """The memory for bodies: each request takes what it needs and releases it at its end."""

    def __init__(self, most_bytes: int) -> None:
        self.bytes_left = most_bytes

    def hold(self) -> "BodyMemoryLease":
        return BodyMemoryLease(self)


class BodyMemoryLease:
    """The share of one request: ``with BODY_MEMORY.hold() as held``."""

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
        """Count so many bytes; return False when all requests together now exceed the bound."""
        self._memory.bytes_left -= length
        self._length += length
        return self._memory.bytes_left >= 0


#: Of this process. Sixty-four of the longest bodies that an endpoint takes.
BODY_MEMORY = BodyMemory(64 * MEGABYTE)
