"""What was counted and compared, on its way to the database: a batch at a time, never in between.

A request only adds to what is in memory. Twice a second everything goes out in one transaction.
While PostgreSQL is away, a bounded amount waits; beyond it, the oldest comparisons are forgotten
and counted as dropped.
"""

import asyncio
import contextlib
import logging
import time
from collections import OrderedDict, deque
from datetime import UTC, datetime

import psycopg

from api_edge.database import Pool, PsycopgDatabase
from shared_domain.endpoints import Endpoint, EndpointId, Side
from shared_domain.endpoints.findings_sql_store import (
    Check,
    Counts,
    Differed,
    Recorded,
    SqlFindings,
)

FLUSH_SECONDS = 0.5

#: Comparisons that wait while the database is away.
MOST_WAITING = 2_000

#: Kinds of request that are kept to be replayed, per endpoint and process.
MOST_RECORDINGS = 20

#: After this long a process records what it has recorded before.
KNOWN_SECONDS = 3600.0

logger = logging.getLogger(__name__)


class Ledger:
    """Takes down what happens; whoever writes to it never waits."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._counts: dict[tuple[EndpointId, datetime], Counts] = {}
        self._site_called: dict[EndpointId, datetime] = {}
        self._checks: deque[Check] = deque()
        self._differed: OrderedDict[tuple[EndpointId, str, str], Differed] = OrderedDict()
        self._learned: list[tuple[EndpointId, str, str, datetime]] = []
        self._recorded: list[Recorded] = []
        self._known: dict[EndpointId, set[str]] = {}
        self._known_since = time.monotonic()
        self._self_tests: dict[EndpointId, tuple[bool, datetime]] = {}
        self._task: asyncio.Task[None] | None = None

    def counts(self, endpoint: Endpoint) -> Counts:
        """Return this hour's counts of an endpoint, to be added to."""
        key = (endpoint.id, datetime.now(UTC).replace(minute=0, second=0, microsecond=0))
        found = self._counts.get(key)
        if found is None:
            found = self._counts[key] = Counts()
        return found

    def called(self, endpoint: Endpoint, side: Side, status: int, milliseconds: float) -> None:
        """Count a partner's call and who answered it; a status of 0 stands for no answer."""
        counts = self.counts(endpoint)
        is_error = status == 0 or status >= 500
        if side is Side.EDGE:
            counts.edge_calls += 1
            counts.edge_errors += is_error
            counts.edge_ms += milliseconds
        else:
            counts.django_calls += 1
            counts.django_errors += is_error
            counts.django_ms += milliseconds
            self._site_called[endpoint.id] = datetime.now(UTC)

    def checked(self, endpoint: Endpoint, check: Check) -> None:
        """Take down a comparison."""
        counts = self.counts(endpoint)
        if check.verdict == "match":
            counts.matched += 1
        elif check.verdict == "mismatch":
            counts.mismatched += 1
        else:
            counts.undecided += 1
        self._checks.append(check)
        if len(self._checks) > MOST_WAITING:
            self._checks.popleft()
            counts.dropped += 1

    def differed(self, found: Differed) -> None:
        """Take down a difference; several of a kind become one with a count."""
        key = (found.endpoint_id, found.path, found.kind)
        before = self._differed.pop(key, None)
        if before is not None:
            found = Differed(
                endpoint_id=found.endpoint_id,
                path=found.path,
                kind=found.kind,
                at=found.at,
                request_id=found.request_id,
                example=found.example,
                count=before.count + 1,
            )
        self._differed[key] = found
        if len(self._differed) > MOST_WAITING:
            self._differed.popitem(last=False)

    def learned(self, endpoint: Endpoint, path: str, kind: str) -> None:
        """Take down noise."""
        self._learned.append((endpoint.id, path, kind, datetime.now(UTC)))

    def has_room_for_recordings(self, endpoint: Endpoint) -> bool:
        """Return whether not every kind of request that is kept has been seen yet."""
        if time.monotonic() - self._known_since > KNOWN_SECONDS:
            # They expire in the database, too.
            self._known.clear()
            self._known_since = time.monotonic()
        return len(self._known.get(endpoint.id, ())) < MOST_RECORDINGS

    def wants(self, endpoint: Endpoint, fingerprint: str) -> bool:
        """Return whether a request of this kind is still missing among the recordings."""
        known = self._known.get(endpoint.id, set())
        return fingerprint not in known and self.has_room_for_recordings(endpoint)

    def recorded(self, found: Recorded) -> None:
        """Take down a sanitised request."""
        self._known.setdefault(found.endpoint_id, set()).add(found.fingerprint)
        self._recorded.append(found)

    def self_tested(self, endpoint: Endpoint, *, passed: bool) -> None:
        """Take down whether the injected difference was found."""
        self._self_tests[endpoint.id] = (passed, datetime.now(UTC))

    async def start(self) -> None:
        self._task = asyncio.create_task(self._write_until_stopped(), name="ledger")

    async def stop(self) -> None:
        """Write what is left."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        with contextlib.suppress(psycopg.Error, OSError):
            await self.write()

    async def write(self) -> None:
        """Write everything that waits, in one transaction.

        Raises:
            psycopg.Error: nothing was written, and everything still waits.
        """
        counts, self._counts = self._counts, {}
        called, self._site_called = self._site_called, {}
        checks, self._checks = self._checks, deque()
        differed, self._differed = self._differed, OrderedDict()
        learned, self._learned = self._learned, []
        recorded, self._recorded = self._recorded, []
        tests, self._self_tests = self._self_tests, {}
        if not (counts or checks or differed or learned or recorded or tests):
            return
        try:
            async with self._pool.connection() as connection, connection.transaction():
                store = SqlFindings(PsycopgDatabase(connection))
                if counts:
                    await store.count((id, hour, it) for (id, hour), it in counts.items())
                if checks:
                    await store.checked(list(checks))
                # Ordered, as every process does it, so that no two wait in a circle.
                for key in sorted(differed):
                    await store.differed(differed[key])
                for noise in sorted(learned):
                    await store.learned(*noise)
                for found in sorted(recorded, key=lambda it: (it.endpoint_id, it.fingerprint)):
                    await store.recorded(found)
                if called:
                    await store.site_called(called.items())
                for endpoint_id, (passed, at) in sorted(tests.items()):
                    await store.self_tested(endpoint_id, passed=passed, at=at)
        except (psycopg.Error, OSError):
            self._take_back(counts, called, checks, tests)
            raise

    async def _write_until_stopped(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            try:
                await self.write()
            except (psycopg.Error, OSError) as error:
                logger.warning("the ledger of the front door waits: %s", type(error).__qualname__)

    def _take_back(
        self,
        counts: dict[tuple[EndpointId, datetime], Counts],
        called: dict[EndpointId, datetime],
        checks: deque[Check],
        tests: dict[EndpointId, tuple[bool, datetime]],
    ) -> None:
        """Put back what could not be written; examples of differences will come again."""
        for key, missed in counts.items():
            now = self._counts.setdefault(key, Counts())
            for name in Counts.__slots__:
                setattr(now, name, getattr(now, name) + getattr(missed, name))
        self._site_called = called | self._site_called
        self._self_tests = tests | self._self_tests
        checks.extend(self._checks)
        while len(checks) > MOST_WAITING:
            checks.popleft()
        self._checks = checks
