"""The worker, started as in production, does at once what its timetable holds."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from deploy import processes
from tests.databases import ROOT, CommittedDatabase, manage

JOBS = {
    "core_site.bookings.jobs.delete_old_mails": "41 3 * * *",
    "core_site.bookings.jobs.release_lapsed_holds": "* * * * *",
    "core_site.bookings.jobs.send_move_notices": "* * * * *",
    "core_site.bookings.jobs.send_tickets": "* * * * *",
    "core_site.catalog.jobs.generate_departures": "17 2 * * *",
    "core_site.catalog.jobs.top_up_departures": "*/5 * * * *",
    "core_site.endpoints.jobs.forget_old_findings": "17 * * * *",
    "core_site.history.jobs.expire_history": "41 2 * * *",
    "core_site.idempotency.jobs.purge_idempotency_records": "23 * * * *",
    "core_site.sign_in.jobs.forget_old_sign_ins": "17 * * * *",
}

PATIENCE_SECONDS = 60

ADD_OPTION_WITH_A_SCHEDULE = """
from datetime import time
from core_site.catalog.models import Option, Product, Schedule
option = Option.objects.create(product=Product.objects.create(code="walk", internal_name="Walk"))
Schedule.objects.create(option=option, start_times=[time(9)])
"""


def test_every_job_is_on_the_timetable() -> None:
    from procrastinate.contrib.django import app

    registered = app.periodic_registry.periodic_tasks.values()

    assert {periodic.task.name: periodic.cron for periodic in registered} == JOBS


def test_no_job_keeps_a_lock_that_a_killed_worker_would_hold_for_ever() -> None:
    from procrastinate.contrib.django import app

    for periodic in app.periodic_registry.periodic_tasks.values():
        assert periodic.task.lock is None
        assert periodic.task.queueing_lock is not None


def test_a_worker_that_starts_generates_what_is_missing(
    committed_database: CommittedDatabase, tmp_path: Path
) -> None:
    environment = committed_database.environment
    manage("shell", "-c", ADD_OPTION_WITH_A_SCHEDULE, environment=environment)
    worker = processes.start(
        "worker",
        [sys.executable, str(ROOT / "core_site" / "manage.py"), "procrastinate", "worker"],
        log=tmp_path / "worker.log",
        environment=environment,
        folder=ROOT,
    )
    try:
        with psycopg.connect(committed_database.owner_url, autocommit=True) as connection:
            departures = "SELECT count(*) FROM catalog_departure"
            wait_until(lambda: connection.execute(departures).fetchone()[0] >= 400, worker)
            jobs = "SELECT count(*) FROM procrastinate_jobs WHERE status <> 'doing'"
            wait_until(lambda: connection.execute(jobs).fetchone()[0] == 0, worker)
    finally:
        worker.stop()
    assert worker.process.returncode == 0


def wait_until(is_so: Callable[[], bool], worker: processes.Child) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > deadline or not worker.is_running():
            pytest.fail("\n".join(worker.last_lines(30)))
        time.sleep(0.2)
