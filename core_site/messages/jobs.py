"""Jobs of the worker for messages to guests: send due ones, queue reminders, delete old ones.

Each job is idempotent and may run concurrently. No job takes procrastinate's ``lock``, which a
killed worker would keep for ever. Names of jobs are data: jobs that an earlier release has queued
have them, so they do not follow a module that is renamed.
"""

import logging

import pghistory
from django.utils import timezone
from procrastinate.contrib.django import app

from core_site import stores
from core_site.messages import limits
from core_site.messages.sending.moves import move_attempt, send_move_notice
from core_site.messages.sending.outbox import queued_attempt, send_queued
from core_site.messages.sending.queue import send_each
from core_site.messages.sending.tickets import due_tickets, send_due_tickets, tickets_attempt
from core_site.transactions import in_one_transaction
from shared_domain import bookings, messages
from shared_domain.run_now import run_now

logger = logging.getLogger(__name__)

#: Messages of the outbox that are looked up at a time.
BATCH = 200


@app.periodic(cron="* * * * *")
@app.task(name="core_site.bookings.jobs.send_tickets", queueing_lock="send_tickets")
def send_tickets(timestamp: int | None = None) -> None:
    """E-mail the tickets of each due booking: see Note [At least once] in ``sending``."""
    with pghistory.context(job="send_tickets"):
        send_each(
            due_tickets(now=timezone.now()),
            send_due_tickets,
            what="the tickets of %s",
            attempted=tickets_attempt,
        )


@app.periodic(cron="* * * * *")
@app.task(name="core_site.bookings.jobs.send_move_notices", queueing_lock="send_move_notices")
def send_move_notices(timestamp: int | None = None) -> None:
    """E-mail every guest whose departure's time differs from the one the guest was told."""
    notices = stores.move_notices()
    due = run_now(bookings.due_move_notices(now=timezone.now(), store=notices))
    with pghistory.context(job="send_move_notices"):
        send_each(due, send_move_notice, what="the new times of %s", attempted=move_attempt)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="send_messages")
def send_messages(timestamp: int | None = None) -> None:
    """E-mail the due messages of the outbox, and settle attempts whose cause no longer exists."""
    store = stores.messages()
    settle = messages.settle_stale_attempts(now=timezone.now(), store=store)
    in_one_transaction(lambda: run_now(settle))
    with pghistory.context(job="send_messages"):
        tried: set[int] = set()
        while True:
            due = messages.due_messages(now=timezone.now(), limit=BATCH + len(tried), store=store)
            fresh = [(pk, reference) for pk, reference in run_now(due) if pk not in tried]
            is_reached = send_each(
                fresh, send_queued, what="the messages of %s", attempted=queued_attempt
            )
            if not fresh or not is_reached:
                return
            tried.update(pk for pk, _ in fresh)


@app.periodic(cron="*/10 * * * *")
@app.task(name="core_site.messages.jobs.owe_reminders", queueing_lock="owe_reminders")
def queue_reminders(timestamp: int | None = None) -> None:
    """Queue one reminder for every guest whose departure is on the next day."""
    with pghistory.context(job="queue_reminders"):
        remind = messages.queue_reminders(now=timezone.now(), store=stores.messages())
        queued = in_one_transaction(lambda: run_now(remind))
    if queued:
        logger.info("%d guests are reminded of their departure", queued)


@app.periodic(cron="41 3 * * *")
@app.task(name="core_site.bookings.jobs.delete_old_mails", queueing_lock="delete_old_mails")
def delete_old_mails(timestamp: int | None = None) -> None:
    """Delete messages to guests older than ``limits.KEPT_FOR``."""
    deleted = limits.delete_old(now=timezone.now())
    if deleted:
        logger.info("%d messages to guests are deleted after %s", deleted, limits.KEPT_FOR)
