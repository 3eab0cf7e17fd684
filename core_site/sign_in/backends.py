"""The authentication backend that throttles password checks."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connection, transaction
from django.http import HttpRequest
from psycopg.errors import LockNotAvailable

from core_site.postgresql.locks import LOCK_UNTIL_COMMIT, SET_LOCK_TIMEOUT
from core_site.sign_in import throttling
from core_site.sign_in.throttling import SignInAttempt, TooManyAttempts

#: Of one process: one password being checked and one attempt that waits. The threads that remain
#: serve everything else.
PLACES = threading.BoundedSemaphore(2)

#: PostgreSQL's advisory lock that is held while a password is checked. The number is arbitrary.
LOCK = 7_306_085_893_296_902_991

#: How long an attempt waits for the one before it.
LONGEST_WAIT = "3s"


class TooManyAtOnce(Exception):
    """Other passwords are being checked, and no more of them may wait."""


class _RefusedRequest(HttpRequest):
    sign_in_refusal: TooManyAttempts | TooManyAtOnce


class ThrottledBackend(ModelBackend):
    """Checks passwords as Django does, but not too often and only one at a time.

    One check takes a third of a second of CPU, for unknown accounts as well, so a few callers
    with wrong passwords could keep all cores busy.
    """

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        """Return the user; None for a wrong name or password.

        Raises:
            PermissionDenied: nothing was checked; ``request.sign_in_refusal`` is the reason, so
                that the page can say it.
        """
        if username is None or password is None:
            return None
        attempt = SignInAttempt.of(request, username)
        try:
            with password_check(attempt):
                user = super().authenticate(request, username, password, **kwargs)
        except (TooManyAttempts, TooManyAtOnce) as refusal:
            if request is not None:
                cast(_RefusedRequest, request).sign_in_refusal = refusal
            raise PermissionDenied(str(refusal)) from refusal
        if user is None:
            throttling.record_failure(attempt)
        else:
            throttling.record_success(attempt)
        return user


@contextmanager
def password_check(attempt: SignInAttempt) -> Iterator[None]:
    """Count an attempt, and let it check a password while no other is checked.

    Raises:
        TooManyAttempts, TooManyAtOnce: nothing is checked.
    """
    throttling.count(attempt)
    with _one_at_a_time():
        yield


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Hold the lock of password checks, which ends with its transaction whatever happens.

    Raises:
        TooManyAtOnce: the waiting places are taken, or the wait took too long.
    """
    if not PLACES.acquire(blocking=False):
        raise TooManyAtOnce
    try:
        with transaction.atomic():
            _take_lock()
            yield
    finally:
        PLACES.release()


def _take_lock() -> None:
    with connection.cursor() as cursor:
        try:
            with transaction.atomic():
                cursor.execute(SET_LOCK_TIMEOUT, [LONGEST_WAIT])
                cursor.execute(LOCK_UNTIL_COMMIT, [LOCK])
        except OperationalError as problem:
            if isinstance(problem.__cause__, LockNotAvailable):
                raise TooManyAtOnce from problem
            raise
