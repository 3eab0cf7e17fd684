"""Jobs of the worker itself: retry the jobs of workers that were killed."""

import logging
from typing import Any

from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Job, Status

logger = logging.getLogger(__name__)

#: A job whose workers were killed so often is given up, so that it cannot kill every worker.
MOST_ATTEMPTS = 5


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
