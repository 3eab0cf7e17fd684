"""Jobs of the worker: carry out disruptions, and mail the guests whose bookings they cancelled.

Each job is idempotent and may run concurrently: a booking's row is locked, and skipped by every
other worker, until the transaction that settles it ends. If a worker is killed, the next run goes
on with the pending rows.
"""

import logging

import pghistory
from django.utils import timezone
from procrastinate.contrib.django import app

from core_site import stores
from core_site.disruptions.models import Disruption
from core_site.messages.sending.disruptions import cancellation_attempt, send_cancellation_notice
from core_site.messages.sending.queue import send_each
from core_site.staff_messages import staff_message
from core_site.transactions import RowLocked, in_one_transaction
from shared_domain import disruptions
from shared_domain.disruptions import DisruptionId, DisruptionRowId
from shared_domain.refusals import Refused
from shared_domain.run_now import run_now

logger = logging.getLogger(__name__)

#: Rows that are looked up at a time.
BATCH = 100

#: What the report says of a row that was given up after errors.
FAILED = "An error of the system stopped it; its log says more. Try it on the booking's own page"


@app.task
def carry_out_disruption(disruption_id: int) -> None:
    """Cancel or move each pending booking of a disruption, in a transaction of its own."""
    disruption = Disruption.objects.filter(pk=disruption_id).first()
    if disruption is None or disruption.finished_at is not None:
        return
    author = {} if disruption.requested_by_id is None else {"user": disruption.requested_by_id}
    with pghistory.context(job="carry_out_disruption", disruption=disruption_id, **author):
        _carry_out(DisruptionId(disruption_id))
    send_cancellation_mails()


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="resume_disruptions")
def resume_disruptions(timestamp: int | None = None) -> None:
    """Continue each unfinished disruption, whose worker was killed or whose rows were locked."""
    for disruption_id in run_now(disruptions.running_disruptions(store=stores.disruptions())):
        carry_out_disruption(disruption_id)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="send_cancellation_mails")
def send_cancellation_mails(timestamp: int | None = None) -> None:
    """E-mail every guest whose booking was cancelled with its departure."""
    due = run_now(disruptions.due_cancellation_notices(store=stores.disruptions()))
    with pghistory.context(job="send_cancellation_mails"):
        send_each(
            due,
            send_cancellation_notice,
            what="the cancellation of %s",
            attempted=cancellation_attempt,
        )


def _carry_out(disruption_id: DisruptionId) -> None:
    """Try each pending row once; rows that could not be carried out stay for the next run."""
    tried: set[DisruptionRowId] = set()
    while True:
        waiting = run_now(
            disruptions.pending_rows(
                disruption_id, limit=BATCH + len(tried), store=stores.disruptions()
            )
        )
        fresh = [row_id for row_id in waiting if row_id not in tried]
        if not fresh:
            break
        for row_id in fresh:
            _carry_out_row(row_id)
        tried.update(fresh)
    in_one_transaction(
        lambda: run_now(
            disruptions.finish_disruption(
                disruption_id, now=timezone.now(), store=stores.disruptions()
            )
        )
    )


def _carry_out_row(row_id: DisruptionRowId) -> None:
    """Carry out one row; store its refusal, and log an error, so that the others follow."""
    try:
        in_one_transaction(
            lambda: run_now(
                disruptions.carry_out_row(row_id, now=timezone.now(), store=stores.disruptions())
            )
        )
    except RowLocked:
        logger.info("row %s of a disruption is locked by another transaction, and waits", row_id)
    except Refused as refusal:
        message = staff_message(refusal).text
        in_one_transaction(
            lambda: run_now(
                disruptions.refuse_row(
                    row_id, message, now=timezone.now(), store=stores.disruptions()
                )
            )
        )
    except Exception:
        logger.exception("row %s of a disruption was not carried out", row_id)
        in_one_transaction(
            lambda: run_now(
                disruptions.note_failure(
                    row_id, reason=FAILED, now=timezone.now(), store=stores.disruptions()
                )
            )
        )
