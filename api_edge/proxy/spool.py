"""Bodies that wait between caller and site: in memory while they are short, else in a file.

The files have no name from the start (``tempfile.TemporaryFile``), so that none outlives its
process. Files are read and written in threads: a disk that is slow holds up its own request only.
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
    """There is no room left, neither in memory nor on disk, or the disk fails."""


class SpoolQuota:
    """The room that all spools of this process share; one caller has half of the disk at most."""

    def __init__(self, limits: Limits) -> None:
        self._folder = limits.spool_folder
        self._memory_left = limits.spool_memory_megabytes * MEGABYTE
        self._disk_left = limits.spool_megabytes * MEGABYTE
        self._share = self._disk_left // 2
        self._files_left = limits.spool_files
        #: Only callers that have something on disk are in it.
        self._on_disk: Counter[str] = Counter()

    def holds_in_memory(self, added: int) -> bool:
        """Take ``added`` bytes of memory (or give them back), and return whether that is well."""
        self._memory_left -= added
        return self._memory_left >= 0

    def take_disk(self, caller: str, length: int) -> None:
        """Raises SpoolFull."""
        if length > self._disk_left or self._on_disk[caller] + length > self._share:
            raise SpoolFull("no room on disk")
        self._disk_left -= length
        self._on_disk[caller] += length

    def give_back_disk(self, caller: str, length: int) -> None:
        self._disk_left += length
        self._on_disk[caller] -= length
        if self._on_disk[caller] <= 0:
            del self._on_disk[caller]

    def open_file(self) -> IO[bytes]:
        """Raises SpoolFull, OSError."""
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
    """Bytes in the order in which they came; one task may add while another one takes."""

    def __init__(self, space: SpoolQuota, caller: str) -> None:
        self._space = space
        self._caller = caller
        # What came last. All that came before is in the file.
        self._tail: list[bytes] = []
        self._tail_bytes = 0
        self._file: IO[bytes] | None = None
        self._read_to = self._written_to = 0
        self._reserved = 0
        self._working: asyncio.Future[Any] | None = None
        self._turn = asyncio.Lock()

    @property
    def unread_bytes(self) -> int:
        return self._written_to - self._read_to + self._tail_bytes

    async def add(self, data: bytes) -> None:
        """Add at the end.

        Raises:
            SpoolFull: there is no room on disk. Nothing is lost, and what comes next should wait.
        """
        has_memory = self._space.holds_in_memory(len(data))
        self._tail.append(data)
        self._tail_bytes += len(data)
        if self._tail_bytes > SPILL_BYTES or not has_memory:
            async with self._turn:
                await self._spill()

    async def take(self) -> bytes:
        """Return the next bytes, as many as are at hand; none when all has been taken."""
        if self._file is None and not self._turn.locked():
            return self._take_tail()
        async with self._turn:
            if self._file is None or self._read_to == self._written_to:
                return self._take_tail()
            try:
                data = await self._in_thread(self._read, self._file)
            except OSError as failed:
                raise SpoolFull(type(failed).__name__) from None
            self._read_to += len(data)
            return data

    def close(self) -> None:
        """Give all room back; what has not been taken is lost."""
        self._take_tail()
        if self._reserved:
            self._space.give_back_disk(self._caller, self._reserved)
            self._reserved = 0
        file, self._file = self._file, None
        if file is None:
            return
        if self._working is None or self._working.done():
            self._space.close_file(file)
        else:
            # A thread is still at it: closed now, its descriptor could be another file's.
            self._working.add_done_callback(lambda _: self._space.close_file(file))

    def _take_tail(self) -> bytes:
        data = self._tail[0] if len(self._tail) == 1 else b"".join(self._tail)
        self._tail, self._tail_bytes = [], 0
        self._space.holds_in_memory(-len(data))
        return data

    async def _spill(self) -> None:
        """Move what is in memory to the end of the file."""
        if self._read_to == self._written_to:
            # All of it has been read: begin again, so that a long stream needs no long file.
            self._read_to = self._written_to = 0
        length = self._tail_bytes
        grown = self._written_to + length - self._reserved
        if grown > 0:
            self._space.take_disk(self._caller, grown)
            self._reserved += grown
        data = b"".join(self._tail)
        try:
            file = self._file = self._file or self._space.open_file()
            await self._in_thread(self._write, file, data)
        except OSError as failed:
            raise SpoolFull(type(failed).__name__) from None
        self._take_tail()
        self._written_to += length

    async def _in_thread(self, work: Callable[..., T], *arguments: object) -> T:
        working = asyncio.get_running_loop().run_in_executor(None, work, *arguments)
        self._working = working
        # Shielded: when the request is given up, the thread goes on to its end all the same.
        return await asyncio.shield(working)

    def _write(self, file: IO[bytes], data: bytes) -> None:
        file.seek(self._written_to)
        rest = memoryview(data)
        while rest:
            rest = rest[file.write(rest) :]

    def _read(self, file: IO[bytes]) -> bytes:
        file.seek(self._read_to)
        data: bytes = file.read(min(READ_BYTES, self._written_to - self._read_to))
        if not data:
            raise OSError("the file has become shorter")
        return data
