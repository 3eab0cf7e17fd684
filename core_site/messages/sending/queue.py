"""Send due messages, one per transaction, so that a failure does not stop the others."""

import logging
from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar

from django.db.models import F
from django.utils import timezone

from core_site import stores
from core_site.messages.models import Message
from core_site.messages.sending.delivery import MailServerAway, reason_class
from core_site.transactions import RowLocked, in_one_transaction
from shared_domain import messages
from shared_domain.bookings import BookingId
from shared_domain.messages import DueElsewhere, MessageKind
from shared_domain.run_now import run_now

logger = logging.getLogger(__name__)

Id = TypeVar("Id", bound=int)

#: Which booking, kind and cause a failed attempt is recorded under.
Attempted = tuple[BookingId, MessageKind, str]


def send_each(
    due: Iterable[tuple[Id, str]],
    send: Callable[[Id], None],
    *,
    what: str,
    attempted: Callable[[Id], Attempted | None],
) -> bool:
    """Send each message in a transaction, and record failures; stop if the mail server is away.

    Returns whether the mail server could be reached. ``attempted`` returns the key under which a
    failure is recorded, or None if the booking no longer exists.
    """
    for message_id, reference in due:
        name = what % reference
        try:
            in_one_transaction(partial(send, message_id))
        except MailServerAway:
            logger.exception("%s and what follows wait: the mail server cannot be reached", name)
            _record(attempted(message_id), MailServerAway())
            return False
        except RowLocked:
            # The mail server refused nothing: it is tried again by the next run.
            logger.warning("%s wait: another transaction changes their booking", name)
        except Exception as problem:
            # The text of a mail server's answer may hold the guest's address.
            kind = type(problem).__name__
            logger.error("%s were not sent: %s", name, kind)
            _record(attempted(message_id), problem)
    return True


def is_postponed(booking_id: int, cause: DueElsewhere) -> bool:
    """Return whether an attempt for this cause was refused, and its retry is not due yet.

    After a change of the booking, of the address perhaps, it is tried at once.
    """
    rows = Message.objects.filter(booking=booking_id, cause=cause.value, outcome="REFUSED")
    unchanged = rows.filter(stands_since__gte=F("booking__updated_at"))
    return unchanged.filter(due_at__gt=timezone.now()).exists()


def _record(attempted: Attempted | None, problem: Exception) -> None:
    if attempted is None:
        return
    booking_id, kind, cause = attempted
    in_one_transaction(
        lambda: run_now(
            messages.record_attempt(
                booking_id,
                kind,
                cause=cause,
                reason=reason_class(problem),
                now=timezone.now(),
                store=stores.messages(),
            )
        )
    )
