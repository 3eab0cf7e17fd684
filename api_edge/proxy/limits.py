"""How much of a process callers may take: connections, time, memory, disk, the site's threads.

Each has a setting in the environment (``LIMITS`` in ``api_edge/settings.py``). All are per edge
process except ``upstream_threads``, which is the whole site's, and ``calls_per_second_per_key`` and
``calls_per_second_per_address``, which the processes of one machine count together.

What several processes come to
    - The site: of T threads each of N processes hands out c = max(2, ceil(T / N)), and one caller
      has max(1, c × share) of each. In all that is N × max(1, c × share): half of T by default
      while N is at most T / 2, and N when there are more. Where it would be all of T,
      the edge does not start (``Limits.find_conflict``).
    - Connections, WebSockets, spools: N times as many as one process allows, also for one address.
      What they protect, memory and file descriptors, is a process's own, and the disk is 8 GB
      each. A bound of a machine is one for N processes divided by N.
"""

import tempfile
from dataclasses import dataclass
from math import ceil
from pathlib import Path

MEGABYTE = 1024 * 1024

#: For the database, the site, logs, libraries.
OTHER_DESCRIPTORS = 128


@dataclass(frozen=True, kw_only=True)
class Limits:
    #: Requests that the site works on at once, all its processes together; 0: it has no such limit.
    #: Source: ``deploy/up`` runs the site as two processes of four threads.
    upstream_threads: int = 8
    #: How many edge processes share them; gunicorn's worker says so (``worker.py``).
    edge_processes: int = 1
    #: The share of them, in per cent, that one caller may have at once.
    caller_share_percent: int = 50
    #: The share of them, in per cent, that writes may have at once, whoever asks for them: those
    #: that wait for one locked row leave threads to reads.
    write_share_percent: int = 75
    #: How long a request waits for one of them before it is answered 503.
    upstream_wait_seconds: float = 5.0
    #: Requests of one process that may wait for one; one caller has half of it at most.
    max_waiting_requests: int = 1_000
    #: The largest body that is taken for the site.
    max_body_megabytes: int = 2_048
    #: What one answer of the site may be ahead of its caller.
    max_read_ahead_megabytes: int = 256
    #: Bodies and answers that wait: in memory, on disk, and as files.
    spool_memory_megabytes: int = 32
    spool_megabytes: int = 8_192
    spool_files: int = 256
    spool_folder: Path = Path(tempfile.gettempdir())
    #: Open connections, in all and of one address; the descriptors of the process may allow less.
    max_connections: int = 4_096
    max_connections_per_address: int = 1_024
    #: Open WebSockets of one process; one caller has half of them at most.
    max_websockets: int = 512
    #: How long an event stream of the site may be silent.
    stream_seconds: float = 3_600.0
    #: How long a caller may take for the first request of a connection, and for the head of any.
    head_seconds: float = 30.0
    #: How long a caller may take for a body, or for reading an answer: so long at first, and a
    #: second more for so many bytes. Source: the design of Apache's mod_reqtimeout.
    grace_seconds: float = 20.0
    min_bytes_per_second: int = 500
    #: No body takes longer, however steadily it comes.
    body_seconds: float = 3_600.0

    #: Calls in a second, in the long run; a caller may be three seconds ahead. 0: no limit.
    #: A key may have a limit of its own (``ApiKey.rate_limit_per_second``). A caller whom the shop
    #: names (``PORTICO_IDENTIFY_CALLER``) is counted like a key.
    calls_per_second_per_key: int = 100
    #: All that comes from one address, with a key or without.
    calls_per_second_per_address: int = 200

    def connections_within(self, descriptors: int) -> int:
        """Return how many connections fit into so many file descriptors, with what each needs."""
        others = min(self.spool_files, descriptors // 4) + min(OTHER_DESCRIPTORS, descriptors // 4)
        # Where the site has no limit of its own, each caller may have a connection to it as well.
        each = 2 if self.upstream_threads == 0 else 1
        return max(1, min(self.max_connections, (descriptors - others) // each))

    @property
    def upstream_concurrency(self) -> int | None:
        """Requests that this process hands to the site at once; None: as many as come."""
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
        """Return why the limits of all processes together keep no share of the site for others."""
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
