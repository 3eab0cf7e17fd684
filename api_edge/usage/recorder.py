"""Record how each API key is used, in memory, and write it to PostgreSQL in batches.

A request only adds to what is in memory, a few microseconds' work. One task in each process writes
every two seconds, and once more when the process stops gracefully: a process that is killed loses
at most the calls of its last few seconds. While PostgreSQL is away a bounded amount waits; what is
beyond is dropped, and how much is logged.
"""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus

import psycopg
from starlette.types import Scope

from api_edge.postgresql.batch_writer import BatchWriter
from api_edge.postgresql.commit_outcome import OutcomeUnknown
from api_edge.postgresql.database import Pool, Transaction
from api_edge.postgresql.pool import is_transient
from api_edge.request_state import request_state
from api_edge.usage.pending_usage import PendingUsage
from shared_domain.partners import ApiKey, ApiKeyId, KeyRefused
from shared_domain.usage import Refusal, normalise_method
from shared_domain.usage.sql_store import SqlUsageStore

WRITE_SECONDS = 2.0

#: How often it is logged that something was dropped.
LOG_SECONDS = 60.0

logger = logging.getLogger(__name__)

#: Returns the path template of the endpoint that a method and a path belong to, or "".
FindTemplate = Callable[[str, str], str]


class UsageRecorder:
    """Counts calls by key, hour and class of status, and lists refusals, without waiting."""

    def __init__(self, pool: Pool, find_template: FindTemplate) -> None:
        self._pool = pool
        self._find_template = find_template
        self._pending = PendingUsage()
        self._hour = datetime.min.replace(tzinfo=UTC)
        self._hour_ends_at = 0.0
        #: Keys whose calls were too many in this hour, and (True) those that are revoked or
        #: expired: listed once, for a flood says nothing more.
        self._listed: set[tuple[ApiKeyId, bool]] = set()
        self._dropped, self._logged_at = 0, -LOG_SECONDS
        writer = BatchWriter(
            self.write, seconds=WRITE_SECONDS, what="counts of API calls", logger=logger
        )
        self.start, self.stop = writer.start, writer.stop

    def record(self, key: ApiKey, scope: Scope, status: int) -> None:
        """Count a call of this key by the status that it is answered with."""
        seconds = time.time()
        if seconds >= self._hour_ends_at or seconds < self._hour_ends_at - 3600:
            self._begin_hour(seconds)
        counts = self._pending.hour(key.id, self._hour)
        if counts is not None:
            counts.count(status, datetime.fromtimestamp(seconds, UTC))
        if status >= 400:
            self._list(key, scope, status, datetime.fromtimestamp(seconds, UTC))

    def _begin_hour(self, seconds: float) -> None:
        began_at = seconds - seconds % 3600
        self._hour = datetime.fromtimestamp(began_at, UTC)
        self._hour_ends_at = began_at + 3600
        self._listed.clear()

    def _list(self, key: ApiKey, scope: Scope, status: int, at: datetime) -> None:
        state = request_state(scope)
        is_key_refused = isinstance(state.get("found_key"), KeyRefused)
        if status == HTTPStatus.TOO_MANY_REQUESTS or is_key_refused:
            if (key.id, is_key_refused) in self._listed:
                return
            self._listed.add((key.id, is_key_refused))
        told = state.get("error_told")
        if told is not None and told.status != status:
            # The edge's own answer was not sent: Django answered the call after it.
            told = None
        refusal = Refusal(
            api_key_id=key.id,
            at=at,
            method=normalise_method(scope["method"]),
            path_template=self._find_template(scope["method"], scope["path"]),
            status=status,
            code=told.code if told else "",
            reason=told.reason if told else "",
            fields=told.fields if told else (),
            request_id=state["request_id"],
        )
        self._pending.add_refusal(key.partner_id, refusal)

    async def write(self) -> None:
        """Write everything that waits, in one transaction.

        Raises:
            OutcomeUnknown: it may be written, and is forgotten rather than counted twice.
            psycopg.Error: nothing was written. Everything still waits if PostgreSQL is away.
        """
        pending, self._pending = self._pending, PendingUsage()
        self._log_dropped(pending.dropped)
        pending.dropped = 0
        if not pending.hours and not pending.refusals:
            return
        transaction = Transaction(self._pool)
        try:
            store = SqlUsageStore(transaction)
            if pending.hours:
                await store.add_calls(
                    (*key, hour.calls, hour.last_call_at) for key, hour in pending.hours.items()
                )
            if pending.refusals:
                await store.add_refusals(
                    refusal for listed in pending.refusals.values() for refusal in listed
                )
            await transaction.commit()
        except OutcomeUnknown:
            raise
        except psycopg.Error as trouble:
            if is_transient(trouble):
                pending.add(self._pending)
                self._pending = pending
            raise
        finally:
            await transaction.close()

    def _log_dropped(self, count: int) -> None:
        self._dropped += count
        if self._dropped and time.monotonic() - self._logged_at >= LOG_SECONDS:
            self._logged_at = time.monotonic()
            logger.warning("%d API calls are not listed: too many at once", self._dropped)
            self._dropped = 0
