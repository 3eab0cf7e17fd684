"""Jobs of the worker itself: retry the jobs of workers that were killed."""

import logging
from typing import Any

from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Job, Status

logger = logging.getLogger(__name__)

#: A job that its worker has died of so often is given up, so that it cannot take each worker along.
MOST_ATTEMPTS = 5


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="retry_stalled_jobs", pass_context=True)
async def retry_stalled_jobs(context: JobContext, timestamp: int | None = None) -> None:
    """Queue again the jobs of workers without a heartbeat for 30 s.

    Such a worker was killed, or lost its database. Every job is safe to run twice.
    """
    manager: Any = context.app.job_manager
    for job in await manager.get_stalled_jobs():
        if job.attempts >= MOST_ATTEMPTS:
            logger.error("job %s is given up: %s workers died of it", job.id, job.attempts)
            await manager.finish_job(job, status=Status.FAILED, delete_job=False)
        else:
            await _retry(manager, job)


async def _retry(manager: Any, job: Job) -> None:
    try:
        await manager.retry_job(job)
    except UniqueViolation:
        # Its successor on the timetable waits already, and does all that it would have done.
        await manager.finish_job(job, status=Status.ABORTED, delete_job=True)
