"""Spools: request and response bodies that wait, in memory while short and else in a file.

The files never have a name (``tempfile.TemporaryFile``), so that none outlives its process. They
are read and written in threads, so that a slow disk delays its own request only.
"""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Callable
from typing import IO, Any, TypeVar

from api_edge.proxy.limits import MEGABYTE, Limits

T = TypeVar("T")

#: What one spool keeps in memory before it is written to its file.
SPILL_BYTES = 512 * 1024

#: What is read from a file at once.
READ_BYTES = 256 * 1024


class SpoolFull(Exception):
    """A spool cannot take more bytes: memory and disk are used up, or the disk fails."""


class SpoolQuota:
    """The memory, disk and files that the spools of a process share; half the disk per caller."""

    def __init__(self, limits: Limits) -> None:
        self._folder = limits.spool_folder
        self._memory_left = limits.spool_memory_megabytes * MEGABYTE
        self._disk_left = limits.spool_megabytes * MEGABYTE
        self._share = self._disk_left // 2
        self._files_left = limits.spool_files
        #: Bytes on disk by caller; holds only callers that have some.
        self._on_disk: Counter[str] = Counter()

    def reserve_memory(self, added: int) -> bool:
        """Count bytes of memory, freed ones as negative; return whether the quota allows them."""
        self._memory_left -= added
        return self._memory_left >= 0

    def reserve_disk(self, caller: str, length: int) -> None:
        """Reserve bytes of disk for a caller.

        Raises:
            SpoolFull: all of the disk, or the caller's share of it, is taken.
        """
        if length > self._disk_left or self._on_disk[caller] + length > self._share:
            raise SpoolFull("no room on disk")
        self._disk_left -= length
        self._on_disk[caller] += length

    def release_disk(self, caller: str, length: int) -> None:
        self._disk_left += length
        self._on_disk[caller] -= length
        if self._on_disk[caller] <= 0:
            del self._on_disk[caller]

    def open_file(self) -> IO[bytes]:
        """Open a file without a name, to be closed with ``close_file``.

        Raises:
            SpoolFull: too many files are open.
            OSError: the system could not open it.
        """
        if self._files_left <= 0:
            raise SpoolFull("too many files")
        self._files_left -= 1
        try:
            return tempfile.TemporaryFile(dir=self._folder, buffering=0)
        except OSError:
            self._files_left += 1
            raise

    def close_file(self, file: IO[bytes]) -> None:
        file.close()
        self._files_left += 1


class Spool:
    """A first-in, first-out buffer of bytes; one task may write while another one reads."""

    def __init__(self, quota: SpoolQuota, caller: str) -> None:
        self._quota = quota
        self._caller = caller
        # The last bytes. All earlier ones are in the file.
        self._tail: list[bytes] = []
        self._tail_bytes = 0
        self._file: IO[bytes] | None = None
        self._read_to = self._written_to = 0
        self._reserved = 0
        self._thread_work: asyncio.Future[Any] | None = None
        self._lock = asyncio.Lock()

    @property
    def unread_bytes(self) -> int:
        return self._written_to - self._read_to + self._tail_bytes

    async def write(self, data: bytes) -> None:
        """Append bytes.

        Raises:
            SpoolFull: there is no room on disk. ``data`` is kept; further writes should wait.
        """
        has_memory = self._quota.reserve_memory(len(data))
        self._tail.append(data)
        self._tail_bytes += len(data)
        if self._tail_bytes > SPILL_BYTES or not has_memory:
            async with self._lock:
                await self._spill()

    async def read(self) -> bytes:
        """Return the next bytes, as many as are available; empty when all have been read.

        Raises:
            SpoolFull: the disk failed, and the bytes on it are lost.
        """
        if self._file is None and not self._lock.locked():
            return self._read_tail()
        async with self._lock:
            if self._file is None or self._read_to == self._written_to:
                return self._read_tail()
            try:
                data = await self._run_in_thread(self._read_file, self._file)
            except OSError as failed:
                raise SpoolFull(type(failed).__name__) from None
            self._read_to += len(data)
            return data

    def close(self) -> None:
        """Release memory, disk and file; unread bytes are lost."""
        self._read_tail()
        if self._reserved:
            self._quota.release_disk(self._caller, self._reserved)
            self._reserved = 0
        file, self._file = self._file, None
        if file is None:
            return
        if self._thread_work is None or self._thread_work.done():
            self._quota.close_file(file)
        else:
            # A thread still uses it: closed now, its descriptor could become another file's.
            self._thread_work.add_done_callback(lambda _: self._quota.close_file(file))

    def _read_tail(self) -> bytes:
        data = self._tail[0] if len(self._tail) == 1 else b"".join(self._tail)
        self._tail, self._tail_bytes = [], 0
        self._quota.reserve_memory(-len(data))
        return data

    async def _spill(self) -> None:
        """Move the bytes in memory to the end of the file."""
        if self._read_to == self._written_to:
            # All has been read: start over, so that a long stream needs no long file.
            self._read_to = self._written_to = 0
        length = self._tail_bytes
        grown = self._written_to + length - self._reserved
        if grown > 0:
            self._quota.reserve_disk(self._caller, grown)
            self._reserved += grown
        data = b"".join(self._tail)
        try:
            file = self._file = self._file or self._quota.open_file()
            await self._run_in_thread(self._write_file, file, data)
        except OSError as failed:
            raise SpoolFull(type(failed).__name__) from None
        self._read_tail()
        self._written_to += length

    async def _run_in_thread(self, work: Callable[..., T], *arguments: object) -> T:
        future = asyncio.get_running_loop().run_in_executor(None, work, *arguments)
        self._thread_work = future
        # Shielded: when the request is cancelled, the thread still runs to its end.
        return await asyncio.shield(future)

    def _write_file(self, file: IO[bytes], data: bytes) -> None:
        file.seek(self._written_to)
        rest = memoryview(data)
        while rest:
            rest = rest[file.write(rest) :]

    def _read_file(self, file: IO[bytes]) -> bytes:
        file.seek(self._read_to)
        data: bytes = file.read(min(READ_BYTES, self._written_to - self._read_to))
        if not data:
            raise OSError("the file has become shorter")
        return data
