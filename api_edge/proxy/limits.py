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

import os
import tempfile
from math import ceil
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

MEGABYTE = 1024 * 1024

#: File descriptors for the database, the upstream, logs and libraries.
OTHER_DESCRIPTORS = 128


WholeNumber = Annotated[int, Field(ge=1, le=9_999)]
Count = Annotated[int, Field(ge=0, le=9_999_999)]
Percent = Annotated[int, Field(ge=1, le=100)]
Seconds = Annotated[float, Field(gt=0, le=3_600, allow_inf_nan=False)]


def _writable_folder(folder: Path) -> Path:
    if not (folder.is_dir() and os.access(folder, os.W_OK)):
        raise ValueError("must be a folder that this process can write to")
    return folder


class Limits(BaseModel):
    """Every limit with its default and, as ``validation_alias``, its environment variable.

    The module's docstring says what the limits of several processes add up to.
    """

    model_config = ConfigDict(frozen=True, validate_by_name=True)

    #: Source of the default: ``deploy/up`` runs Django as two processes of four threads.
    upstream_threads: Count = Field(
        default=8,
        validation_alias="PORTICO_DJANGO_THREADS",
        description="Requests that Django works on at once, all its processes together; "
        "0: it has no such limit.",
    )
    edge_processes: WholeNumber = Field(
        default=1,
        validation_alias="WEB_CONCURRENCY",
        description="How many edge processes share Django's threads; gunicorn's worker sets it.",
    )
    caller_share_percent: Percent = Field(
        default=50,
        validation_alias="PORTICO_DJANGO_SHARE_PERCENT",
        description="The share of Django's threads that one caller may have at once.",
    )
    #: Writes that wait for one locked row leave threads to reads.
    write_share_percent: Percent = Field(
        default=75,
        validation_alias="PORTICO_DJANGO_WRITES_PERCENT",
        description="The share of Django's threads that writes of all callers may have at once.",
    )
    upstream_wait_seconds: Seconds = Field(
        default=5.0,
        validation_alias="PORTICO_DJANGO_WAIT_SECONDS",
        description="How long a request waits for one of Django's threads before it gets a 503.",
    )
    max_waiting_requests: Count = Field(
        default=1_000,
        validation_alias="PORTICO_DJANGO_MOST_WAITING",
        description="Requests of one process that may wait for one of Django's threads; "
        "one caller has half of it at most.",
    )
    max_body_megabytes: Count = Field(
        default=2_048,
        validation_alias="PORTICO_LARGEST_BODY_MEGABYTES",
        description="The largest request body that is taken for Django.",
    )
    max_read_ahead_megabytes: WholeNumber = Field(
        default=256,
        validation_alias="PORTICO_LARGEST_LEAD_MEGABYTES",
        description="How far one response of Django is read ahead of its caller.",
    )
    #: Bodies and responses that wait in memory, and as files.
    spool_memory_megabytes: ClassVar[int] = 32
    spool_files: ClassVar[int] = 256
    spool_megabytes: Count = Field(
        default=8_192,
        validation_alias="PORTICO_SPOOL_MEGABYTES",
        description="Disk space for bodies and responses that wait, of one process.",
    )
    spool_folder: Annotated[Path, AfterValidator(_writable_folder)] = Field(
        default=Path(tempfile.gettempdir()),
        validation_alias="PORTICO_SPOOL_FOLDER",
        description="Where bodies and responses wait that are too long for memory. Unset: the "
        "machine's folder for temporary files.",
    )
    #: The file descriptors of the process may allow less.
    max_connections: Count = Field(
        default=4_096,
        validation_alias="PORTICO_MOST_CONNECTIONS",
        description="Open connections of one process.",
    )
    max_connections_per_address: Count = Field(
        default=1_024,
        validation_alias="PORTICO_MOST_CONNECTIONS_OF_ADDRESS",
        description="Open connections of one process from one address.",
    )
    max_websockets: WholeNumber = Field(
        default=512,
        validation_alias="PORTICO_MOST_WEBSOCKETS",
        description="Open WebSockets of one process; one caller has half of them at most.",
    )
    stream_seconds: Seconds = Field(
        default=3_600.0,
        validation_alias="PORTICO_DJANGO_STREAM_SECONDS",
        description="How long an event stream of Django may be silent.",
    )
    head_seconds: Seconds = Field(
        default=30.0,
        validation_alias="PORTICO_HEAD_SECONDS",
        description="How long a caller may take for the first request of a connection, and for "
        "the head of any.",
    )
    #: Source: the design of Apache's mod_reqtimeout.
    grace_seconds: Seconds = Field(
        default=20.0,
        validation_alias="PORTICO_GRACE_SECONDS",
        description="How long a caller may take for a body, or for reading a response, before "
        "PORTICO_SLOWEST_BYTES_PER_SECOND counts.",
    )
    min_bytes_per_second: WholeNumber = Field(
        default=500,
        validation_alias="PORTICO_SLOWEST_BYTES_PER_SECOND",
        description="Bytes that earn a slow caller one more second.",
    )
    body_seconds: Seconds = Field(
        default=3_600.0,
        validation_alias="PORTICO_BODY_SECONDS",
        description="How long a body may take in all, however steadily it comes.",
    )
    #: A caller may be three seconds ahead. A key may have a limit of its own
    #: (``ApiKey.rate_limit_per_second``).
    calls_per_second_per_key: Count = Field(
        default=100,
        validation_alias="PORTICO_KEY_CALLS_PER_SECOND",
        description="Calls in a second of one API key, or of one caller whom "
        "PORTICO_IDENTIFY_CALLER names; 0: no limit.",
    )
    calls_per_second_per_address: Count = Field(
        default=200,
        validation_alias="PORTICO_ADDRESS_CALLS_PER_SECOND",
        description="Calls in a second from one address, with a key or without; 0: no limit.",
    )

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

    @property
    def comparison_concurrency(self) -> int:
        """The most of ``upstream_concurrency`` that are comparisons at once."""
        return max(1, (self.upstream_concurrency or 0) // 2)

    def find_conflict(self) -> str | None:
        """Return why one caller could hold all upstream threads by several processes, or None."""
        held = self.edge_processes * self.concurrency_per_caller
        if (
            self.upstream_threads < 2
            or held < self.upstream_threads
            or self.caller_share_percent == 100
        ):
            return None
        return (
            f"{self.edge_processes} edge processes would let one caller hold all of Django's "
            f"{self.upstream_threads} threads (PORTICO_DJANGO_THREADS); start at most "
            f"{max(1, self.upstream_threads // 2)} of them, or run Django with more threads"
        )


DEFAULT_LIMITS = Limits()
