"""Token buckets for rate limits, in memory that the processes of this machine share.

The memory is a file without a name that the processes inherit (``proxy/shared_memory.py``).
Another server's processes have one each. Each caller has a bucket in the form of one number, the
time at which it will be full again (GCRA, the generic cell rate algorithm: ITU-T I.371, annex A).

- The number of buckets is fixed. A caller's bucket is one of eight, found by its hash; when all
  eight are others', the one that has been full for longest is taken.
- A call is counted under a lock of the file (POSIX record locks), for those eight only. The kernel
  releases it when a process dies; should a process be stopped while it has it, the others wait for
  a moment and go on without it, which may let a call too many through, and nothing worse.
- Moments are those of ``time.monotonic_ns``, which is one clock for all processes of a machine.
"""

import fcntl
import mmap
import os
import time
from collections.abc import Callable
from hashlib import blake2b
from struct import Struct
from typing import IO

from api_edge.proxy.shared_memory import COUNTERS

#: Buckets of one hash, and how many such sets there are: 64 Ki callers in 1 MB.
WAYS = 8
SETS = 8_192

#: The caller's fingerprint, and when its bucket will be full again, in nanoseconds.
BUCKET = Struct("<QQ")
SET = Struct("<" + "QQ" * WAYS)

SECOND = 1_000_000_000


#: How often a lock is tried; each try lets other processes run.
TRIES = 200


class TokenBuckets:
    """Buckets that refill at a steady rate; each call takes one token."""

    def __init__(
        self, file: IO[bytes] = COUNTERS, *, clock: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self._clock = clock
        # Kept open for its locks, as long as this object lives.
        self._file = file
        self._descriptor = file.fileno()
        os.ftruncate(self._descriptor, SETS * SET.size)
        self._memory = mmap.mmap(self._descriptor, SETS * SET.size)

    def take(self, caller: str, *, per_second: float, burst: int) -> float:
        """Take a token, and return 0; when there is none, return the seconds until there is one.

        ``burst`` is how many a full bucket holds. Measured: 3.5 µs.
        """
        digest = blake2b(caller.encode(), digest_size=12).digest()
        # Zero marks a bucket that is free.
        fingerprint = int.from_bytes(digest[:8], "little") or 1
        start = int.from_bytes(digest[8:], "little") % SETS * SET.size
        between = int(SECOND / per_second)
        is_locked = self._lock(start)
        try:
            now = self._clock()
            entry, full_at = self._find(start, fingerprint)
            full_at = max(full_at, now)
            too_early = full_at + between - now - burst * between
            if too_early > 0:
                return too_early / SECOND
            BUCKET.pack_into(self._memory, entry, fingerprint, full_at + between)
            return 0.0
        finally:
            if is_locked:
                fcntl.lockf(self._descriptor, fcntl.LOCK_UN, SET.size, start)

    def _lock(self, start: int) -> bool:
        for _ in range(TRIES):
            try:
                fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, SET.size, start)
            except OSError:
                os.sched_yield()
            else:
                return True
        return False

    def _find(self, start: int, fingerprint: int) -> tuple[int, int]:
        """Return the offset of the caller's bucket, old or new, and when it will be full again."""
        values = SET.unpack_from(self._memory, start)
        fingerprints, moments = values[::2], values[1::2]
        if fingerprint in fingerprints:
            way = fingerprints.index(fingerprint)
            return start + way * BUCKET.size, moments[way]
        way = moments.index(min(moments))
        return start + way * BUCKET.size, 0
