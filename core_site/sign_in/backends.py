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

#: At most two threads of a process check a password or wait to do so; the others serve the rest.
PLACES = threading.BoundedSemaphore(2)

#: PostgreSQL's advisory lock that is held while a password is checked. The number is arbitrary.
LOCK = 7_306_085_893_296_902_991

#: How long an attempt waits for the one before it.
LONGEST_WAIT = "3s"


class TooManyAtOnce(Exception):
    """The password was not checked: others are being checked, and no more attempts may wait."""


class _RefusedRequest(HttpRequest):
    sign_in_refusal: TooManyAttempts | TooManyAtOnce


class ThrottledBackend(ModelBackend):
    """Django's backend with a rate limit, which checks only one password at a time.

    A check takes a third of a second of CPU, even for an unknown account, so that a few callers
    with wrong passwords could otherwise keep all cores busy.
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
            PermissionDenied: the password was not checked; ``request.sign_in_refusal`` is the
                reason, for the page.
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
    """Count an attempt, and run the block, which checks its password, while no other is checked.

    Raises:
        TooManyAttempts, TooManyAtOnce: the password must not be checked.
    """
    throttling.count(attempt)
    try:
        with _one_at_a_time():
            yield
    except TooManyAtOnce:
        throttling.record_unchecked(attempt)
        raise


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
