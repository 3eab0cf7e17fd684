"""Resource limits of the edge: connections, rates, memory, disk and the upstream's threads.

Each has an environment variable (``api_edge/settings.py``). All are per edge process, except
``upstream_threads``, which is that of the whole upstream, and ``calls_per_second_per_key`` and
``calls_per_second_per_address``, which the processes of one machine count together.

Limits of several processes
    - Upstream threads: of T threads each of N processes uses c = max(2, ceil(T / N)), and one
      caller has max(1, c × share) in each. In all that is N × max(1, c × share): half of T by
      default while N is at most T / 2, and N when there are more. Where it would be all of T,
      the edge does not start (``Limits.find_conflict``).
    - Connections, WebSockets, spools: N times as many as one process allows, also per address.
      They protect the memory and file descriptors of one process; the disk is 8 GB for each. To
      bound a machine, divide by N.
"""

import tempfile
from dataclasses import dataclass
from math import ceil
from pathlib import Path

MEGABYTE = 1024 * 1024

#: File descriptors for the database, the upstream, logs and libraries.
OTHER_DESCRIPTORS = 128


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Every limit with its default; the module says what several processes add up to."""

    #: Requests that the upstream handles at once, all its processes together; 0: no limit.
    #: Source: ``deploy/up`` runs Django as two processes of four threads.
    upstream_threads: int = 8
    #: How many edge processes share them; set by gunicorn's worker (``worker.py``).
    edge_processes: int = 1
    #: The share of them, in per cent, that one caller may have at once.
    caller_share_percent: int = 50
    #: The share of them, in per cent, that the writes of all callers may have at once: writes that
    #: wait for one locked row leave threads to reads.
    write_share_percent: int = 75
    #: How long a request waits for one of them before it is answered 503.
    upstream_wait_seconds: float = 5.0
    #: Requests of one process that may wait for one, at most half of them one caller's.
    max_waiting_requests: int = 1_000
    #: The largest request body for the upstream.
    max_body_megabytes: int = 2_048
    #: How far a response may be read ahead of its caller.
    max_read_ahead_megabytes: int = 256
    #: Buffered request and response bodies: in memory, on disk, and as files.
    spool_memory_megabytes: int = 32
    spool_megabytes: int = 8_192
    spool_files: int = 256
    spool_folder: Path = Path(tempfile.gettempdir())
    #: Open connections, in all and per address; file descriptors may allow fewer.
    max_connections: int = 4_096
    max_connections_per_address: int = 1_024
    #: Open WebSockets of one process; one caller has half of them at most.
    max_websockets: int = 512
    #: How long an event stream of the upstream may be silent.
    stream_seconds: float = 3_600.0
    #: How long a caller may take to send its first request, and the head of any request.
    head_seconds: float = 30.0
    #: How long a caller may take to send a body or to read a response: the grace time, and a
    #: second more for each ``min_bytes_per_second``. Source: Apache's mod_reqtimeout.
    grace_seconds: float = 20.0
    min_bytes_per_second: int = 500
    #: The longest time for a body, however steadily it arrives.
    body_seconds: float = 3_600.0

    #: Average calls per second, with bursts of three seconds' worth. 0: no limit. A key may have
    #: a limit of its own (``ApiKey.rate_limit_per_second``). A caller that
    #: ``PORTICO_IDENTIFY_CALLER`` names is counted like a key.
    calls_per_second_per_key: int = 100
    #: All calls from one address, with a key or without.
    calls_per_second_per_address: int = 200

    def connections_within(self, descriptors: int) -> int:
        """Return how many connections of callers fit into so many file descriptors."""
        others = min(self.spool_files, descriptors // 4) + min(OTHER_DESCRIPTORS, descriptors // 4)
        # Without a limit, each caller's connection may need one to the upstream as well.
        each = 2 if self.upstream_threads == 0 else 1
        return max(1, min(self.max_connections, (descriptors - others) // each))

    @property
    def upstream_concurrency(self) -> int | None:
        """How many requests this process has at the upstream at once; None: no limit."""
        if self.upstream_threads == 0:
            return None
        return max(2, ceil(self.upstream_threads / self.edge_processes))

    @property
    def concurrency_per_caller(self) -> int:
        """The most of ``upstream_concurrency`` that one caller has at once."""
        return max(1, (self.upstream_concurrency or 0) * self.caller_share_percent // 100)

    @property
    def write_concurrency(self) -> int:
        """The most of ``upstream_concurrency`` that are writes at once."""
        return max(1, (self.upstream_concurrency or 0) * self.write_share_percent // 100)

    def find_conflict(self) -> str | None:
        """Return why one caller could hold every upstream thread through several processes."""
        held = self.edge_processes * self.concurrency_per_caller
        if (
            self.upstream_threads < 2
            or held < self.upstream_threads
            or self.caller_share_percent == 100
        ):
            return None
        return (
            f"{self.edge_processes} edge processes would let one caller hold all of the site's "
            f"{self.upstream_threads} threads (PORTICO_SITE_THREADS); start at most "
            f"{max(1, self.upstream_threads // 2)} of them, or run the site with more threads"
        )


DEFAULT_LIMITS = Limits()
