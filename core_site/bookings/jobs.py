"""What the worker does for bookings: release holds that have run out, and send tickets.

Each job is safe to run twice, and at the same time as another. No job takes procrastinate's
``lock``: a worker that is killed would keep it for ever.
"""

import logging

import pghistory
from django.utils import timezone
from procrastinate.contrib.django import app

from core_site import stores
from core_site.bookings.sending import MailServerAway, due_bookings, send_tickets_of
from core_site.carrying_out import in_one_transaction
from shared_domain import bookings
from shared_domain.availability import DepartureId
from shared_domain.run_now import run_now

logger = logging.getLogger(__name__)

#: Departures that are looked up at a time.
BATCH = 500


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="release_lapsed_holds")
def release_lapsed_holds(timestamp: int | None = None) -> None:
    """Mark holds that have run out as expired, a departure at a time.

    Nobody waits for it, since readers never count them; a hold that is being confirmed in this
    moment is left to the next run.
    """
    now = timezone.now()
    tried: set[DepartureId | None] = set()
    with pghistory.context(job="release_lapsed_holds"):
        while True:
            lapsed = run_now(
                bookings.departures_with_lapsed_holds(
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
    """Release one departure's holds; whatever happens to it, the next one has its turn."""
    try:
        in_one_transaction(
            lambda: run_now(
                bookings.release_lapsed_holds(
                    departure_id, now=timezone.now(), store=stores.bookings()
                )
            )
        )
    except Exception:
        logger.exception("the lapsed holds of departure %s were not released", departure_id)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="send_tickets")
def send_tickets(timestamp: int | None = None) -> None:
    """E-mail the tickets of every booking that is due: see Note [At least once] in sending.py."""
    with pghistory.context(job="send_tickets"):
        for booking_id, reference in due_bookings(now=timezone.now()):
            try:
                in_one_transaction(lambda booking_id=booking_id: send_tickets_of(booking_id))
            except MailServerAway:
                logger.exception("tickets wait: the mail server cannot be reached")
                return
            except Exception as problem:
                # The text of a mail server's answer may hold the guest's address.
                kind = type(problem).__name__
                logger.error("the tickets of %s were not sent: %s", reference, kind)
