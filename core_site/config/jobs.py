"""Jobs of the worker itself: retry the jobs of killed workers, delete those that have failed."""

import logging
from typing import Any

from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Job, Status

logger = logging.getLogger(__name__)

#: A job whose workers were killed so often is given up, so that it cannot kill every worker.
MOST_ATTEMPTS = 5

#: How long a failed job is kept, to be looked at. One that has succeeded is deleted at once.
FAILED_JOB_HOURS = 30 * 24


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="retry_stalled_jobs", pass_context=True)
async def retry_stalled_jobs(context: JobContext, timestamp: int | None = None) -> None:
    """Queue again the jobs of workers without a heartbeat for 30 s.

    Such a worker was killed, or lost its database. Every job is idempotent.
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
        # The next periodic run of the same job is queued already, and does the same work.
        await manager.finish_job(job, status=Status.ABORTED, delete_job=True)


@app.periodic(cron="47 3 * * *")
@app.task(queueing_lock="delete_failed_jobs", pass_context=True)
async def delete_failed_jobs(context: JobContext, timestamp: int | None = None) -> None:
    """Delete the jobs that failed longer ago than ``FAILED_JOB_HOURS``, and their events.

    A periodic job that fails for a night leaves a row each minute.
    """
    manager: Any = context.app.job_manager
    await manager.delete_old_jobs(
        FAILED_JOB_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
    )
