"""Job of the worker for bookings: release expired holds.

It is idempotent and may run concurrently. No job takes procrastinate's ``lock``, which a killed
worker would keep for ever.
"""

import logging

import pghistory
from django.utils import timezone
from procrastinate.contrib.django import app

from core_site import stores
from core_site.transactions import in_one_transaction
from shared_domain import bookings
from shared_domain.availability import DepartureId
from shared_domain.run_now import run_now

logger = logging.getLogger(__name__)

#: Departures that are looked up at a time.
BATCH = 500


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="release_lapsed_holds")
def release_lapsed_holds(timestamp: int | None = None) -> None:
    """Store the expiry of holds and free their places, one departure per transaction.

    Nothing depends on when it runs, since no query counts expired holds. A hold that another
    transaction has locked, to confirm it for example, is left to the next run.
    """
    now = timezone.now()
    tried: set[DepartureId | None] = set()
    with pghistory.context(job="release_lapsed_holds"):
        while True:
            lapsed = run_now(
                bookings.departures_with_expired_holds(
                    # Departures that could not be released are returned first again: skip them.
                    now=now,
                    limit=BATCH + len(tried),
                    store=stores.bookings(),
                )
            )
            fresh = [departure_id for departure_id in lapsed if departure_id not in tried]
            if not fresh:
                return
            for departure_id in fresh:
                while _release(departure_id):
                    pass
            tried.update(fresh)


def _release(departure_id: DepartureId | None) -> bool:
    """Release expired holds of one departure, and return whether there may be more.

    An error is logged, so that the others follow.
    """
    try:
        return in_one_transaction(
            lambda: run_now(
                bookings.release_expired_holds(
                    departure_id, now=timezone.now(), store=stores.bookings()
                )
            )
        )
    except Exception:
        logger.exception("the lapsed holds of departure %s were not released", departure_id)
        return False
