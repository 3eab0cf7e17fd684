"""Rate limits of password attempts, counted in PostgreSQL for all processes of Django.

An attempt is counted before its password is checked, so that a burst of simultaneous attempts
cannot exceed a limit. A success is subtracted again, and so is an attempt that was not checked.
"""

import logging
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from core_site.sign_in.models import SignInAttempts
from shared_domain.addresses import caller_network, is_in_networks

logger = logging.getLogger("core_site.sign_in")

#: How long attempts are counted, from the first one on; then the count begins at zero again.
WINDOW = timedelta(minutes=15)

#: Attempts within the window, in the order in which they are counted. That of an account from
#: all addresses is high, so that strangers cannot easily keep a staff user out; it bounds what an
#: attacker with many addresses can guess: 9,600 passwords a day.
LIMITS = {"address": 50, "account": 100, "account and address": 10}


@dataclass(frozen=True)
class SignInAttempt:
    """One attempt to sign in: the keyed hashes under which it is counted."""

    account: str
    address: str
    both: str

    @classmethod
    def of(cls, request: HttpRequest | None, username: str) -> "SignInAttempt":
        account = unicodedata.normalize("NFKC", username).casefold()
        address = caller_network(caller_address(request))
        return cls(
            account=_digest(f"account:{account}"),
            address=_digest(f"address:{address}"),
            both=_digest(f"both:{address}:{account}"),
        )

    def __str__(self) -> str:
        return f"account {self.account[:12]}, address {self.address[:12]}"


class TooManyAttempts(Exception):
    """No password of this account or address is checked before ``until``."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"too many attempts to sign in; the next one at {until:%H:%M} UTC")
        self.until = until


def count(attempt: SignInAttempt) -> None:
    """Count an attempt.

    Raises:
        TooManyAttempts: a limit was reached before; the refused attempt does not extend the window.
    """
    now = timezone.now()
    with transaction.atomic():
        rows = []
        for digest, limit in zip(
            (attempt.address, attempt.account, attempt.both), LIMITS.values(), strict=True
        ):
            row = _lock_count(digest, attempt, now)
            if row.attempts >= limit:
                logger.warning("sign-in refused after too many attempts: %s", attempt)
                raise TooManyAttempts(row.began_at + WINDOW)
            rows.append(row)
        for row in rows:
            row.attempts += 1
            row.save()


def record_success(attempt: SignInAttempt) -> None:
    """Subtract a successful attempt, and delete the count of its account with its address."""
    _subtract(attempt.address, attempt.account)
    SignInAttempts.objects.filter(pk=attempt.both).delete()


def record_unchecked(attempt: SignInAttempt) -> None:
    """Subtract an attempt whose password was not checked, from which nothing could be learned."""
    _subtract(attempt.address, attempt.account, attempt.both)


def record_failure(attempt: SignInAttempt) -> None:
    logger.warning("sign-in failed, wrong name or password: %s", attempt)


def allow_again(username: str, address: str) -> int:
    """Delete the counts of an account, from all addresses, and of an address; return their sum."""
    attempt = SignInAttempt.of(None, username)
    of_address = _digest(f"address:{caller_network(address)}")
    rows = SignInAttempts.objects.filter(Q(account=attempt.account) | Q(pk=of_address))
    forgotten = sum(row.attempts for row in rows)
    rows.delete()
    return forgotten


def forget_old_attempts() -> int:
    """Delete counts whose window is over, and return how many."""
    deleted, _ = SignInAttempts.objects.filter(began_at__lt=timezone.now() - WINDOW).delete()
    return deleted


def caller_address(request: HttpRequest | None) -> str:
    """Return the caller's IP address; empty without a request.

    The edge appends its peer to ``X-Forwarded-For``. The caller is the last address in it that is
    not a trusted proxy's.
    """
    if request is None:
        return ""
    said: str = request.META.get("HTTP_X_FORWARDED_FOR") or request.META.get("REMOTE_ADDR", "")
    hops = [hop.strip() for hop in said.split(",")]
    return next((hop for hop in reversed(hops) if not _is_trusted(hop)), hops[0])


def _is_trusted(hop: str) -> bool:
    try:
        return is_in_networks(hop, settings.TRUSTED_PROXIES)
    except ValueError:
        return False


def _lock_count(digest: str, attempt: SignInAttempt, now: datetime) -> SignInAttempts:
    """Lock and return a count, reset to zero if its window is over.

    Counts are locked in the order of ``LIMITS``, so that no two attempts wait for each other.
    """
    row, _ = SignInAttempts.objects.select_for_update().get_or_create(
        digest=digest,
        defaults={
            "account": "" if digest == attempt.address else attempt.account,
            "attempts": 0,
            "began_at": now,
        },
    )
    if row.began_at + WINDOW <= now:
        row.attempts, row.began_at = 0, now
    return row


def _subtract(*digests: str) -> None:
    # One after another, in the order in which ``count`` locks them.
    for digest in digests:
        counted = SignInAttempts.objects.filter(pk=digest, attempts__gt=0)
        counted.update(attempts=F("attempts") - 1)


def _digest(text: str) -> str:
    return salted_hmac("core_site.sign_in.throttling", text, algorithm="sha256").hexdigest()
