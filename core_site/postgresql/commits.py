"""Resolve the outcome of a COMMIT when the connection is lost before PostgreSQL answers.

Django treats a COMMIT whose answer is lost as failed: it would tell staff that nothing was saved,
and partners to retry, although the data may be stored. In a request (``settles_commits``), the
transaction also inserts an idempotency record, by which the outcome is resolved as in the edge
(``shared_domain/idempotency``). Outside of requests COMMIT is Django's own: migrations create that
table, and the worker's jobs are idempotent.
"""

import logging
import re
import time
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import Error, OperationalError
from django.db.backends.postgresql import base
from django.db.backends.utils import debug_transaction
from django.db.transaction import TransactionManagementError
from psycopg.pq import TransactionStatus

from core_site.postgresql.connection import Connection
from core_site.postgresql.pool import Pool, writing
from shared_domain import deadline
from shared_domain.database import Parameters, Row
from shared_domain.idempotency import (
    PAUSES_BEFORE_ASKING_AGAIN,
    CommitAttempt,
    CommitOutcome,
    proves_rollback,
)
from shared_domain.idempotency.sql_store import SqlIdempotencyStore
from shared_domain.run_now import run_now

#: How long each query for a commit's outcome may take.
ASKING_SECONDS = 1.5

#: Statements that change rows; FOR UPDATE counts among them, which leaves a doubt too many.
_CHANGES = re.compile(r"\b(INSERT|UPDATE|DELETE|MERGE)\b", re.IGNORECASE)

logger = logging.getLogger(__name__)


if TYPE_CHECKING:

    class _DjangoWrapper(base.DatabaseWrapper):
        """Django's own, with what django-stubs leaves out."""

        _connection_pools: ClassVar[dict[str, Pool]]

        def _configure_connection(self, connection: Connection) -> None: ...
        def _close(self) -> None: ...
        def _commit(self) -> None: ...
else:
    _DjangoWrapper = base.DatabaseWrapper


class OutcomeUnknown(OperationalError):
    """It is unknown whether a write was stored: its answer was lost, and could not be resolved.

    PostgreSQL stayed unavailable for too long. Or the write was in autocommit, where no record can
    be inserted with a COMMIT, so that its outcome is never queried.
    """


class CommitCheckingWrapper(_DjangoWrapper):
    """A database wrapper that resolves the outcome of a COMMIT whose answer was lost."""

    #: Whether COMMIT inserts an idempotency record; true while this thread handles a request.
    settles_commits = False
    #: Whether this request has committed something, which a later failure does not undo.
    has_stored = False
    #: The attempt whose record the open transaction has inserted already, with an answer.
    recorded_attempt: CommitAttempt | None = None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.execute_wrappers.append(self._doubt_lost_writes)

    def _doubt_lost_writes(
        self, execute: Any, statement: Any, parameters: Any, many: bool, context: Any
    ) -> Any:
        """Execute a statement; a write in autocommit is a transaction whose outcome may be unknown.

        Raises:
            OutcomeUnknown: the answer to such a write was lost.
        """
        is_settled_otherwise = not self.settles_commits or self.in_atomic_block
        if is_settled_otherwise or not self.autocommit or _only_reads(statement):
            return execute(statement, parameters, many, context)
        try:
            done = execute(statement, parameters, many, context)
        except OperationalError as problem:
            if proves_rollback(_severity(problem)):
                raise
            raise OutcomeUnknown from problem
        self.has_stored = True
        return done

    def _commit(self) -> None:
        """Commit the transaction, and resolve the outcome if its answer is lost.

        Raises:
            OutcomeUnknown: the transaction may be committed.
            Error: the transaction is rolled back.
            TransactionManagementError: PostgreSQL would roll back instead, and answer as if it had
                committed, because a statement had failed and its error was swallowed.
        """
        if self._transaction_status() is TransactionStatus.INERROR:
            raise TransactionManagementError("a statement has failed: nothing is committed")
        if not self.settles_commits or self._transaction_status() is not TransactionStatus.INTRANS:
            super()._commit()
            return
        self._settle_commit()
        self.has_stored = True

    def _settle_commit(self) -> None:
        attempt, self.recorded_attempt = self.recorded_attempt or CommitAttempt(), None
        try:
            with debug_transaction(self, "COMMIT"), self.wrap_database_errors:
                self.connection.execute(attempt.statement, prepare=False)
        except Error as problem:
            if proves_rollback(_severity(problem)):
                raise
            outcome = self._resolve_commit_outcome(attempt)
            logger.warning("a commit got no answer; its outcome: %s", outcome)
            if outcome is CommitOutcome.COMMITTED:
                return
            if outcome is CommitOutcome.NOT_STORED:
                raise
            self._drop_connection()
            # Django then opens another one when it needs it, not at once.
            self.closed_in_transaction = True
            raise OutcomeUnknown from problem

    def _transaction_status(self) -> TransactionStatus | None:
        if self.connection is None:
            return None
        status: TransactionStatus = self.connection.info.transaction_status
        return status

    def _resolve_commit_outcome(self, attempt: CommitAttempt) -> CommitOutcome:
        """Query PostgreSQL for the outcome, with a few retries; UNKNOWN if it does not answer."""
        for pause_seconds in PAUSES_BEFORE_ASKING_AGAIN:
            time.sleep(pause_seconds)
            try:
                # Also after the call's deadline, since a known outcome is worth the delay.
                with deadline.within(ASKING_SECONDS), self.wrap_database_errors:
                    self._take_another_connection()
                    records = SqlIdempotencyStore(_Session(self.connection))
                    outcome = attempt.confirmed_outcome(run_now(records.give_up(attempt.record_id)))
            except Error as trouble:
                logger.warning("a commit stays in doubt: %s", type(trouble).__qualname__)
                continue
            if outcome is not CommitOutcome.UNKNOWN:
                return outcome
        return CommitOutcome.UNKNOWN

    def _take_another_connection(self) -> None:
        """Replace the lost connection by a new one.

        ``connect`` would do so too, but it clears the ``on_commit`` callbacks.
        """
        self._drop_connection()
        # As a read: after a crash all writers need one, and have released their shares of the pool.
        with writing(False):
            self.connection = self.get_new_connection(self.get_connection_params())
        self.connection.autocommit = True

    def _drop_connection(self) -> None:
        """Close the connection, so that its pool replaces it."""
        if self.connection is not None:
            self.connection.close()
            self._close()
            self.connection = None


class _Session:
    """The ``Database`` of a store on a bare psycopg connection, during Django's COMMIT."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def fetch_all(self, statement: str, parameters: Parameters) -> list[Row]:
        rows: list[Row] = self._connection.execute(statement, parameters).fetchall()
        return rows

    async def fetch_one(self, statement: str, parameters: Parameters) -> Row | None:
        row: Row | None = self._connection.execute(statement, parameters).fetchone()
        return row

    async def execute(self, statement: str, parameters: Parameters) -> int:
        touched: int = self._connection.execute(statement, parameters).rowcount
        return touched


def _only_reads(statement: object) -> bool:
    if not isinstance(statement, str):
        return False
    begin = statement.lstrip(" \n(")[:6].upper()
    return begin == "SELECT" or (begin[:4] == "WITH" and not _CHANGES.search(statement))


def _severity(problem: Error) -> str | None:
    """Return the severity of PostgreSQL's error that Django has wrapped; None without one."""
    diagnosis = getattr(problem.__cause__, "diag", None)
    return diagnosis and diagnosis.severity_nonlocalized
