"""Transactions for actions of staff: one per row, with a lock timeout.

A service's refusal is shown on the page (``staff_messages``), and so is a row that another
transaction has locked for too long, so that staff can try again and no process waits for ever.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from django import forms
from django.contrib import messages
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections, transaction
from django.http import HttpRequest
from psycopg.errors import DeadlockDetected, LockNotAvailable

from core_site.postgresql.locks import SET_LOCK_TIMEOUT
from core_site.staff_messages import AdminRefused, staff_message
from shared_domain.refusals import Refused

Outcome = TypeVar("Outcome")
Row = TypeVar("Row")

#: How long staff wait for a row that another transaction is changing; PostgreSQL's own notation.
LONGEST_WAIT = "5s"

#: How many reasons a summary names; the others are counted.
REASONS_SHOWN = 5


class RowLocked(AdminRefused):
    """Another transaction holds the row's lock: that of a staff user, a caller or the worker."""

    def __init__(self) -> None:
        super().__init__("another user is changing this at the moment; try again")


def in_one_transaction(change: Callable[[], Outcome], *, using: str = DEFAULT_DB_ALIAS) -> Outcome:
    """Run ``change`` in a transaction, commit it and return its result; roll back if it raises.

    Raises:
        Refused: the service refused, or a lock was not free within ``LONGEST_WAIT``.
    """
    try:
        with transaction.atomic(using=using):
            set_lock_timeout(using)
            return change()
    except OperationalError as problem:
        if is_lock_timeout(problem):
            raise RowLocked from problem
        raise


def set_lock_timeout(using: str = DEFAULT_DB_ALIAS) -> None:
    """Set the lock timeout of the current transaction to ``LONGEST_WAIT``."""
    with connections[using].cursor() as cursor:
        cursor.execute(SET_LOCK_TIMEOUT, [LONGEST_WAIT])


def is_lock_timeout(problem: OperationalError) -> bool:
    """True when the statement failed only because another transaction held its row."""
    return isinstance(problem.__cause__, LockNotAvailable | DeadlockDetected)


def run_in_form(form: forms.Form, change: Callable[[], Outcome]) -> Outcome | None:
    """Run ``change`` in a transaction; return its result, or None with its refusal in the form."""
    try:
        return in_one_transaction(change)
    except Refused as refusal:
        message, field = staff_message(refusal)
        form.add_error(field if field in form.fields else None, f"{message}.")
        return None


@dataclass(kw_only=True)
class BulkResult:
    """The result of a bulk action: how many rows were changed, and why others were refused."""

    done: int = 0
    refused: list[str] = field(default_factory=list)

    def tell(self, request: HttpRequest, *, verb: str) -> None:
        """Show the result in the admin's messages: ``3 closed.``, and what was refused and why."""
        if self.done:
            messages.success(request, f"{self.done} {verb}.")
        if self.refused:
            reasons = " ".join(self.refused[:REASONS_SHOWN])
            more = len(self.refused) - REASONS_SHOWN
            ending = f" And {more} more." if more > 0 else ""
            messages.error(request, f"{len(self.refused)} refused: {reasons}{ending}")


def run_for_each(rows: Iterable[Row], change: Callable[[Row], object]) -> BulkResult:
    """Change each row in a transaction of its own; a refused row does not stop the others."""
    tally = BulkResult()
    for row in rows:
        try:
            in_one_transaction(partial(change, row))
        except Refused as refusal:
            tally.refused.append(f"{row}: {staff_message(refusal).text}.")
        else:
            tally.done += 1
    return tally
