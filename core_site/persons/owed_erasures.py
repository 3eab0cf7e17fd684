"""Erase the guests of deleted users' bookings, once travel is over: each booking on its own."""

import logging
from functools import partial

import pghistory
from django.utils import timezone

from core_site import stores
from core_site.transactions import RowLocked, in_one_transaction
from shared_domain import persons
from shared_domain.persons import OwedErasure, Person, TravelNotOver
from shared_domain.run_now import run_now

#: Users that are looked up at a time.
BATCH = 200

logger = logging.getLogger(__name__)


def erase_owed() -> int:
    """Erase what is due, and return from how many bookings.

    Safe to run twice and at once: what is erased is not found again. A booking that others change
    for too long waits for the next run. An error is logged, so that the others follow.
    """
    began_at, erased = timezone.now(), 0
    with pghistory.context(job="erase_owed"):
        while due := run_now(
            persons.due_erasures(now=began_at, limit=BATCH, store=stores.persons())
        ):
            for owed in due:
                erased += _erase_bookings(owed)
                in_one_transaction(partial(_settle, owed))
    return erased


def _erase_bookings(owed: OwedErasure) -> int:
    erased = 0
    to_erase = persons.bookings_to_erase(owed, now=timezone.now(), store=stores.persons())
    for booking in run_now(to_erase):
        try:
            erased += in_one_transaction(partial(_erase_booking, booking.id, owed))
        except RowLocked:
            logger.warning("a booking of a deleted user is locked; it is erased later")
        except TravelNotOver:
            logger.info("a booking of a deleted user was moved; it is erased later")
        except Exception:
            logger.exception("booking %s of a deleted user was not erased", booking.id)
    return erased


def _erase_booking(booking_id: int, owed: OwedErasure) -> bool:
    erase = persons.erase_booking(
        booking_id,
        person=Person(user_id=owed.user_id),
        also_ahead=False,
        now=timezone.now(),
        store=stores.persons(),
    )
    return run_now(erase)


def _settle(owed: OwedErasure) -> None:
    run_now(persons.settle_erasure(owed, now=timezone.now(), store=stores.persons()))
