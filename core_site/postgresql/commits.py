"""Resolve the outcome of a COMMIT when the connection is lost before PostgreSQL answers.

Django takes a COMMIT whose answer is lost for one that failed: staff were told that nothing was
saved, and partners to try again, while it was stored. In a request (``settled_commits``), COMMIT
carries an idempotency record along, and the outcome is found out as the edge does it
(``shared_domain/idempotency``). Outside of requests nothing changes: migrations make the very
table, and a job of the worker that is repeated looks at what is there.
"""

import logging
import time
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import Error, OperationalError
from django.db.backends.postgresql import base
from django.db.backends.utils import debug_transaction
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

#: How long each question about a commit's outcome may take.
ASKING_SECONDS = 1.5

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
    """What was written may be stored: its answer was lost, and PostgreSQL stayed away too long.

    A write in autocommit, without a COMMIT that could carry a record, is not asked about at all.
    """


class CommitCheckingWrapper(_DjangoWrapper):
    """A connection that finds out what became of a COMMIT whose answer was lost."""

    #: Whether COMMIT carries an idempotency record; set while this thread answers a request.
    settles_commits = False
    #: Whether this request has stored something already: what fails later undoes none of it.
    has_stored = False
    #: The attempt whose record the open transaction has stored already, with an answer.
    recorded_attempt: CommitAttempt | None = None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.execute_wrappers.append(self._doubt_lost_writes)

    def _doubt_lost_writes(
        self, execute: Any, statement: Any, parameters: Any, many: bool, context: Any
    ) -> Any:
        """Execute a statement; one that writes in autocommit is a transaction of its own.

        Raises:
            OutcomeUnknown: its answer was lost.
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
        """Commit what was done.

        Raises:
            OutcomeUnknown: it may be stored.
            Error: nothing is stored.
        """
        if not self.settles_commits or not self._is_in_transaction():
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

    def _is_in_transaction(self) -> bool:
        status = self.connection and self.connection.info.transaction_status
        return status is TransactionStatus.INTRANS

    def _resolve_commit_outcome(self, attempt: CommitAttempt) -> CommitOutcome:
        """Ask PostgreSQL until it answers, a few times; UNKNOWN when it does not."""
        for pause_seconds in PAUSES_BEFORE_ASKING_AGAIN:
            time.sleep(pause_seconds)
            try:
                # Also after the call's deadline: to know is worth a moment more.
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
        """Put a working connection in the place of the lost one.

        Not by ``connect``, which forgets what is to be done on commit.
        """
        self._drop_connection()
        # After a crash, all who write are in doubt, and each has given its place back.
        with writing(False):
            self.connection = self.get_new_connection(self.get_connection_params())
        self.connection.autocommit = True

    def _drop_connection(self) -> None:
        """Close it, so that a pool to which it belongs replaces it."""
        if self.connection is not None:
            self.connection.close()
            self._close()
            self.connection = None


class _Session:
    """Runs the statements of a store on a bare connection, in the midst of Django's COMMIT."""

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
    return isinstance(statement, str) and statement.lstrip(" \n(")[:6].upper() == "SELECT"


def _severity(problem: Error) -> str | None:
    """Return the severity that PostgreSQL gave, of an error that Django has wrapped."""
    diagnosis = getattr(problem.__cause__, "diag", None)
    return diagnosis and diagnosis.severity_nonlocalized
