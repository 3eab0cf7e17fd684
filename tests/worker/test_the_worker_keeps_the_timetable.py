"""The worker, started as in production, does at once what its timetable holds."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from procrastinate.exceptions import ConnectorException
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict

from core_site.config.management.commands import worker as worker_command
from deploy import processes
from tests.harness.databases import ROOT, CommittedDatabase
from tests.harness.fork_server import run_manage
from tests.harness.postgres_proxy import PostgresProxy
from tests.harness.waiting import EVENTUALLY_SECONDS, LOCK_WAITS, eventually

JOBS = {
    "core_site.bookings.jobs.delete_old_mails": "41 3 * * *",
    "core_site.bookings.jobs.release_lapsed_holds": "* * * * *",
    "core_site.bookings.jobs.send_move_notices": "* * * * *",
    "core_site.bookings.jobs.send_tickets": "* * * * *",
    "core_site.catalog.jobs.generate_departures": "17 2 * * *",
    "core_site.catalog.jobs.top_up_departures": "*/5 * * * *",
    "core_site.config.jobs.delete_failed_jobs": "47 3 * * *",
    "core_site.config.jobs.retry_stalled_jobs": "* * * * *",
    "core_site.disruptions.jobs.resume_disruptions": "* * * * *",
    "core_site.disruptions.jobs.send_cancellation_mails": "* * * * *",
    "core_site.messages.jobs.owe_reminders": "*/10 * * * *",
    "core_site.messages.jobs.send_messages": "* * * * *",
    "core_site.events.jobs.expire_events": "29 * * * *",
    "core_site.rollout.jobs.forget_old_findings": "17 * * * *",
    "core_site.history.jobs.expire_history": "41 2 * * *",
    "core_site.idempotency.jobs.purge_idempotency_records": "23 * * * *",
    "core_site.usage.jobs.purge_usage": "*/10 * * * *",
    "core_site.notifications.jobs.purge_notifications": "43 * * * *",
    "core_site.notifications.jobs.send_subscription_notices": "* * * * *",
    "core_site.persons.jobs.erase_guests_of_deleted_users": "41 * * * *",
    "core_site.webhooks.jobs.purge_webhook_log": "41 * * * *",
    "core_site.webhooks.jobs.send_webhook_notices": "* * * * *",
    "core_site.sales_rollup.jobs.compare_sales": "53 3 * * *",
    "core_site.sales_rollup.jobs.fold_sales": "* * * * *",
    "core_site.sign_in.jobs.forget_old_sign_ins": "17 * * * *",
    "core_site.weather.jobs.purge_forecasts": "7 * * * *",
    "core_site.weather.jobs.refresh_weather": "* * * * *",
}

#: A job that was being done by a worker that ended is queued again in the minute after its last
#: sign of life has become 30 s old.
PATIENCE_SECONDS = 150

ADD_OPTION_WITH_A_SCHEDULE = """
from datetime import time
from core_site.catalog.models import Option, Product, Schedule
option = Option.objects.create(product=Product.objects.create(code="walk", internal_name="Walk"))
Schedule.objects.create(option=option, start_times=[time(9)])
"""

#: One was being done when its worker was killed; the other has killed five workers.
ADD_JOBS_OF_A_KILLED_WORKER = """
INSERT INTO procrastinate_jobs (queue_name, task_name, status, attempts)
VALUES ('default', 'core_site.catalog.jobs.generate_departures', 'doing', 1),
       ('default', 'core_site.catalog.jobs.generate_departures', 'doing', 5)
"""

#: The job that was given up is 31 days older than it is; another one failed 29 days ago.
ADD_FAILED_JOBS = """
UPDATE procrastinate_events SET at = at - interval '31 days';
WITH job AS (
    INSERT INTO procrastinate_jobs (queue_name, task_name, status)
    VALUES ('default', 'failed 29 days ago', 'failed') RETURNING id
)
INSERT INTO procrastinate_events (job_id, type, at)
SELECT id, 'failed', now() - interval '29 days' FROM job
"""

FAILED_JOBS = "SELECT task_name FROM procrastinate_jobs WHERE status = 'failed'"

QUEUE_A_JOB = "INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('default', %s)"

UNSENT_TICKETS = """
SELECT count(*) FROM procrastinate_jobs WHERE task_name LIKE '%.send_tickets'
"""

#: A job that has ended is deleted; the session that deletes the first one is ended by that.
LOSE_THE_END_OF_A_JOB = """
CREATE SEQUENCE ends;
GRANT ALL ON SEQUENCE ends TO PUBLIC;
CREATE FUNCTION lose_the_first_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('ends') = 1 THEN
        PERFORM pg_terminate_backend(pg_backend_pid());
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER lose_the_first_end BEFORE DELETE ON procrastinate_jobs FOR EACH ROW
WHEN (OLD.status = 'doing') EXECUTE FUNCTION lose_the_first_end();
"""

#: Four workers are refused, as by a read-only server; what sequences hold is not rolled back. The
#: fifth one, which may do the jobs at once, finds so many of them unfinished.
REFUSE_FOUR_WORKERS = """
CREATE SEQUENCE starts;
CREATE SEQUENCE first_ms;
CREATE SEQUENCE fifth_ms;
CREATE SEQUENCE unfinished;
GRANT ALL ON SEQUENCE starts, first_ms, fifth_ms, unfinished TO PUBLIC;
CREATE FUNCTION refuse_four() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    number int := nextval('starts');
    now_ms bigint := extract(epoch FROM clock_timestamp()) * 1000;
BEGIN
    PERFORM setval('first_ms', now_ms) WHERE number = 1;
    PERFORM nextval('unfinished') FROM procrastinate_jobs WHERE number = 5 AND status <> 'failed';
    PERFORM setval('fifth_ms', now_ms) WHERE number = 5;
    IF number < 5 THEN
        RAISE 'refused' USING ERRCODE = 'read_only_sql_transaction';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER refuse_four BEFORE INSERT ON procrastinate_workers FOR EACH ROW
EXECUTE FUNCTION refuse_four();
"""

HAS_FIFTH_WORKER = "SELECT is_called FROM fifth_ms"

HAD_UNFINISHED_JOBS = "SELECT is_called FROM unfinished"

PASSED_MS = "SELECT fifth_ms.last_value - first_ms.last_value FROM fifth_ms, first_ms"

END_OTHER_SESSIONS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
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


@pytest.fixture
def database(committed_database: CommittedDatabase) -> Iterator[Connection]:
    environment = committed_database.environment
    run_manage(
        "shell", "-c", ADD_OPTION_WITH_A_SCHEDULE, environment=environment
    ).check_returncode()
    with psycopg.connect(committed_database.owner_url, autocommit=True) as connection:
        yield connection


def test_the_worker_does_what_is_missing_and_outlives_its_connections(
    committed_database: CommittedDatabase, database: Connection, tmp_path: Path
) -> None:
    database.execute(ADD_JOBS_OF_A_KILLED_WORKER)
    worker = processes.start(
        "worker",
        [sys.executable, str(ROOT / "core_site" / "manage.py"), "worker"],
        log=tmp_path / "worker.log",
        environment=committed_database.environment,
        folder=ROOT,
    )
    try:
        departures = "SELECT count(*) FROM catalog_departure"
        wait_until(lambda: database.execute(departures).fetchone()[0] >= 400, worker)
        unfinished = "SELECT count(*) FROM procrastinate_jobs WHERE status <> 'failed'"
        wait_until(lambda: database.execute(unfinished).fetchone()[0] == 0, worker)
        # What five workers have died of is not given to a sixth.
        generate = "core_site.catalog.jobs.generate_departures"
        assert database.execute(FAILED_JOBS).fetchall() == [(generate,)]

        # A job that failed is kept for thirty days.
        database.execute(ADD_FAILED_JOBS)
        database.execute(QUEUE_A_JOB, ["core_site.config.jobs.delete_failed_jobs"])
        wait_until(lambda: database.execute(unfinished).fetchone()[0] == 0, worker)
        assert database.execute(FAILED_JOBS).fetchall() == [("failed 29 days ago",)]

        # A job that waits, for a lock or a slow mail server, keeps no other from being done.
        with psycopg.connect(committed_database.owner_url) as locking:
            locking.execute("LOCK TABLE django_session")
            database.execute(QUEUE_A_JOB, ["core_site.sign_in.jobs.forget_old_sign_ins"])
            wait_until(lambda: database.execute(LOCK_WAITS).fetchone()[0] >= 1, worker)
            database.execute(QUEUE_A_JOB, ["core_site.bookings.jobs.send_tickets"])
            wait_until(lambda: database.execute(UNSENT_TICKETS).fetchone()[0] == 0, worker)
            assert database.execute(LOCK_WAITS).fetchone()[0] >= 1
        wait_until(lambda: database.execute(unfinished).fetchone()[0] == 0, worker)

        database.execute(END_OTHER_SESSIONS)

        database.execute(QUEUE_A_JOB, ["core_site.bookings.jobs.send_tickets"])
        wait_until(lambda: database.execute(unfinished).fetchone()[0] == 0, worker)

        # A worker that could not write that a job has ended does not live on as its worker.
        database.execute(REFUSE_FOUR_WORKERS)
        database.execute(LOSE_THE_END_OF_A_JOB)
        database.execute(QUEUE_A_JOB, ["core_site.bookings.jobs.send_tickets"])
        wait_until(lambda: database.execute(HAS_FIFTH_WORKER).fetchone()[0], worker)
        # A database that takes connections and no work is tried ever less often.
        assert database.execute(PASSED_MS).fetchone()[0] > 2_000
        assert database.execute(HAD_UNFINISHED_JOBS).fetchone()[0]
        database.execute(QUEUE_A_JOB, ["core_site.config.jobs.retry_stalled_jobs"])
        wait_until(lambda: database.execute(unfinished).fetchone()[0] == 0, worker)
    finally:
        # It ends when the jobs of the minute have.
        worker.stop(patience_seconds=EVENTUALLY_SECONDS)
    assert worker.process.returncode == 0
    log = (tmp_path / "worker.log").read_text()
    assert 1 <= log.count("has lost its database") <= 2
    assert "ConnectorException" not in log


def wait_until(is_so: Callable[[], bool], worker: processes.Child) -> None:
    def is_so_or_the_worker_ended() -> bool:
        return is_so() or not worker.is_running()

    assert eventually(is_so_or_the_worker_ended, seconds=PATIENCE_SECONDS), worker.last_lines(30)
    assert is_so(), worker.last_lines(30)


def test_a_server_that_says_nothing_counts_as_lost(
    committed_database: CommittedDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_command, "QUERY_SECONDS", 0.5)

    async def ask_in_vain() -> bool:
        async with PostgresProxy(committed_database.django_url) as wire:
            parameters = conninfo_to_dict(wire.url)
            monkeypatch.setattr(worker_command, "connector_params", lambda: parameters)
            connector = worker_command._Connector()
            await connector.open_async()
            wire.swallow()
            with pytest.raises(ConnectorException):
                await connector.execute_query_all_async("SELECT 1")
            await connector.close_async()
            return connector.lost.is_set()

    assert asyncio.run(asyncio.wait_for(ask_in_vain(), PATIENCE_SECONDS))
