"""Transactions that are always rolled back, one on each of Django's databases."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.db import Error, OperationalError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from core_site.database import is_transient
from core_site.rollout.dry_runs.ways_out import refuse
from core_site.rollout.effects import holds_project_data, join_effects
from shared_domain.postgres import ends_transaction
from shared_domain.rollout.django_dry_run_sql_store import BEGIN_ON_DJANGO, END_ON_DJANGO
from shared_domain.rollout.dry_run_sql_store import CHECK_CONSTRAINTS, READ_EFFECTS, UNLOCK_ALL


class RollbackImpossible(Exception):
    """A dry run's transaction cannot be rolled back, or it is unknown what it wrote.

    ``str()`` is the reason. ``is_lasting`` is true if the view or the database is the cause, so
    that every further dry run would fail as well.
    """

    def __init__(self, reason: str, *, is_lasting: bool = False) -> None:
        super().__init__(reason)
        self.is_lasting = is_lasting


class TransactionEnded(RollbackImpossible):
    """A view ended its dry run's transaction, so that its earlier writes are stored."""


class DryRunTimeout(OperationalError):
    """A dry run has no time left for another statement."""


@dataclass(slots=True)
class DryRunTransaction:
    """The transaction of a dry run on one database."""

    connection: BaseDatabaseWrapper
    ends_at: float
    mark: str = ""
    snapshot: str | None = None
    #: The rows that the triggers have recorded, as lines; None without triggers.
    effects: str | None = None
    notes_effects: bool = False
    #: Whether ``finish`` has released everything of the session that outlasts a rollback.
    is_finished: bool = False
    #: Whether a statement failed for lack of a lock, of time or of the database.
    was_blocked: bool = False

    def begin(self, *, milliseconds: int, reader: str) -> None:
        """Set the time-outs of the transaction, and have the triggers record written rows."""
        if self.connection.vendor != "postgresql":
            return
        self.mark = uuid4().hex
        with self.connection.cursor() as cursor:
            cursor.execute(
                BEGIN_ON_DJANGO, {"ms": milliseconds, "mark": self.mark, "reader": reader}
            )
            *_, self.snapshot, self.notes_effects = cursor.fetchone()

    def watch(
        self, execute: Callable[..., Any], sql: Any, parameters: Any, many: bool, context: Any
    ) -> Any:
        """Execute a statement of the view; block it if it ends the transaction or is too late."""
        if time.monotonic() > self.ends_at:
            self.was_blocked = True
            raise DryRunTimeout
        text = sql if isinstance(sql, str) else getattr(sql, "as_string", lambda _: str(sql))(None)
        if ends_transaction(text):
            refuse("the end of the transaction")
        try:
            return execute(sql, parameters, many, context)
        except Error as problem:
            self.was_blocked = self.was_blocked or is_transient(problem)
            raise

    def finish(self) -> None:
        """Check deferred constraints as COMMIT would, and read the recorded rows.

        Raises:
            RollbackImpossible: it is unknown what a real request would have stored.
        """
        if self.connection.needs_rollback or self.connection.closed_in_transaction:
            raise RollbackImpossible(
                "an error of the database was caught outside transaction.atomic()"
            )
        if self.connection.vendor != "postgresql":
            return
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(CHECK_CONSTRAINTS)
                cursor.execute(READ_EFFECTS)
                (effects,) = cursor.fetchone()
                cursor.execute(END_ON_DJANGO)
                mark, _ = cursor.fetchone()
                self.is_finished = True
        except Error as problem:
            if is_transient(problem):
                raise
            raise RollbackImpossible(
                "COMMIT would fail, or an error of the database was caught outside"
                " transaction.atomic()"
            ) from None
        if mark != self.mark:
            raise TransactionEnded(
                "the view ended the transaction: what it wrote before is stored", is_lasting=True
            )
        self.effects = effects if self.notes_effects else None


@contextmanager
def dry_run_transactions(*, milliseconds: int, reader: str) -> Iterator[list[DryRunTransaction]]:
    """Begin a transaction on every database of ``DATABASES``, and roll all of them back.

    Callbacks of ``transaction.on_commit`` are discarded.

    Raises:
        RollbackImpossible: a database has no transactions, or is in one already.
        Error: a database is unavailable.
    """
    ends_at = time.monotonic() + milliseconds / 1000
    with ExitStack() as stack:
        begun = []
        for connection in connections.all():
            if not connection.get_autocommit() or connection.in_atomic_block:
                raise RollbackImpossible("Django's connection is in a transaction already")
            one = DryRunTransaction(connection, ends_at)
            stack.enter_context(_roll_back_at_the_end(one))
            if not connection.features.supports_transactions:
                reason = f"the database {connection.alias} has no transactions"
                raise RollbackImpossible(reason, is_lasting=True)
            one.begin(milliseconds=milliseconds, reader=reader)
            begun.append(one)
        yield begun


@contextmanager
def _roll_back_at_the_end(one: DryRunTransaction) -> Iterator[None]:
    alias = one.connection.alias
    atomic = transaction.Atomic(alias, savepoint=False, durable=False)
    # As in Django's own TestCase: durable blocks may be nested in it.
    atomic._from_testcase = True  # type: ignore[attr-defined]  # django-stubs lacks it
    try:
        with atomic, _keep_open(one.connection):
            yield
            if not one.connection.needs_rollback:
                transaction.set_rollback(True, using=alias)
    finally:
        if one.mark and not one.is_finished:
            _release_session_locks(one.connection)


@contextmanager
def _keep_open(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Make ``connection.close()`` do nothing within the block.

    A pool would otherwise get back a session that is in a transaction, and hand it to another
    request.
    """
    connection.close = lambda: None  # type: ignore[method-assign]  # of this object, until below
    try:
        yield
    finally:
        del connection.close


def _release_session_locks(connection: BaseDatabaseWrapper) -> None:
    """Release advisory locks, which outlast a rollback; close the session if that fails."""
    session = connection.connection
    if session is None:
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute(UNLOCK_ALL)
    except Error:
        # Closed by itself first, so that a pool replaces it.
        session.close()
        connection.close()


def collect_effects(begun: list[DryRunTransaction]) -> tuple[str | None, str | None]:
    """Return the recorded rows, None if a database records none, and the first snapshot."""
    written = [one for one in begun if holds_project_data(one.connection)]
    snapshot = next((one.snapshot for one in written if one.snapshot), None)
    return join_effects(one.effects for one in written), snapshot
