"""Jobs of the worker for bookings: release expired holds, send tickets and notices of moves.

Each job is safe to run twice, and at the same time as another. No job takes procrastinate's
``lock``: a worker that is killed would keep it for ever.
"""

import logging
from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar

import pghistory
from django.utils import timezone
from procrastinate.contrib.django import app

from core_site import stores
from core_site.bookings import guest_mail
from core_site.bookings.move_notices import send_move_notice
from core_site.bookings.ticket_email import MailServerAway, due_bookings, send_ticket_email
from core_site.transactions import in_one_transaction
from shared_domain import bookings
from shared_domain.availability import DepartureId
from shared_domain.run_now import run_now

logger = logging.getLogger(__name__)

Id = TypeVar("Id", bound=int)

#: Departures that are looked up at a time.
BATCH = 500


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="release_lapsed_holds")
def release_lapsed_holds(timestamp: int | None = None) -> None:
    """Store that holds have expired, and free their places, one departure at a time.

    No reader waits for it, since readers never count them; a hold that is being confirmed in this
    moment is left to the next run.
    """
    now = timezone.now()
    tried: set[DepartureId | None] = set()
    with pghistory.context(job="release_lapsed_holds"):
        while True:
            lapsed = run_now(
                bookings.departures_with_expired_holds(
                    # What could not be released comes first again: look past it.
                    now=now,
                    limit=BATCH + len(tried),
                    store=stores.bookings(),
                )
            )
            fresh = [departure_id for departure_id in lapsed if departure_id not in tried]
            if not fresh:
                return
            for departure_id in fresh:
                _release(departure_id)
            tried.update(fresh)


def _release(departure_id: DepartureId | None) -> None:
    """Release the expired holds of one departure; log an error, so that the others follow."""
    try:
        in_one_transaction(
            lambda: run_now(
                bookings.release_expired_holds(
                    departure_id, now=timezone.now(), store=stores.bookings()
                )
            )
        )
    except Exception:
        logger.exception("the lapsed holds of departure %s were not released", departure_id)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="send_tickets")
def send_tickets(timestamp: int | None = None) -> None:
    """E-mail the tickets of each due booking: see Note [At least once] in ticket_email.py."""
    with pghistory.context(job="send_tickets"):
        _send_each(due_bookings(now=timezone.now()), send_ticket_email, what="the tickets of %s")


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="send_move_notices")
def send_move_notices(timestamp: int | None = None) -> None:
    """E-mail every guest whose departure has another time than the guest was told."""
    notices = stores.move_notices()
    due = run_now(bookings.due_move_notices(now=timezone.now(), store=notices))
    with pghistory.context(job="send_move_notices"):
        _send_each(due, send_move_notice, what="the new times of %s")


@app.periodic(cron="41 3 * * *")
@app.task(queueing_lock="delete_old_mails")
def delete_old_mails(timestamp: int | None = None) -> None:
    """Delete stored mails to guests after a month."""
    deleted = guest_mail.delete_old(now=timezone.now())
    if deleted:
        logger.info("%d mails to guests are deleted after %s", deleted, guest_mail.KEPT_FOR)


def _send_each(due: Iterable[tuple[Id, str]], send: Callable[[Id], None], *, what: str) -> None:
    """Send mails in a transaction each; log those that fail, and stop without a mail server."""
    for booking_id, reference in due:
        name = what % reference
        try:
            in_one_transaction(partial(send, booking_id))
        except MailServerAway:
            logger.exception("%s and what follows wait: the mail server cannot be reached", name)
            return
        except Exception as problem:
            # The text of a mail server's answer may hold the guest's address.
            kind = type(problem).__name__
            logger.error("%s were not sent: %s", name, kind)
