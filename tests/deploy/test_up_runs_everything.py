"""``deploy/up`` runs all of Portico, and the next start continues where it was.

Its first start, from nothing, was interrupted (``conftest.py``); this one loads the demo.
"""

import json
import shlex
import signal
import subprocess
from pathlib import Path

import httpx2
import psutil
import psycopg
import pytest

from core_site.environment import VARIABLES
from tests.deploy.conftest import Clone, InterruptedStart
from tests.harness.deploy_up import RunningUp, refused_up, running_up, wait_until_gone
from tests.harness.waiting import ANSWER_SECONDS


@pytest.fixture(scope="module")
def data(first_start: InterruptedStart) -> Path:
    return first_start.data


def test_one_json_line_tells_a_script_everything(portico: RunningUp) -> None:
    summary = portico.summary

    assert summary["edge"].startswith("http://127.0.0.1:")
    assert summary["docs"] == summary["edge"] + "/docs"
    assert summary["admin"] == summary["edge"] + "/admin/"
    assert summary["admin_user"]
    assert summary["admin_password"]
    assert set(summary["staff"]) == {"Reservations", "Finance", "Catalogue", "Guide"}
    assert summary["api_key"].startswith(("pk_live_", "pk_test_"))
    assert set(summary["pids"]) == {"up", "edge", "django", "worker", "weather", "postgres"}
    assert summary["pids"]["up"] == portico.process.pid


@pytest.mark.parametrize("address", ["docs", "admin"])
def test_what_it_prints_can_be_opened(portico: RunningUp, address: str) -> None:
    answer = httpx2.get(portico.summary[address], follow_redirects=True, timeout=ANSWER_SECONDS)

    assert answer.status_code == 200
    assert "text/html" in answer.headers["content-type"]


def test_the_demo_login_opens_the_admin(portico: RunningUp) -> None:
    with httpx2.Client(follow_redirects=True, timeout=ANSWER_SECONDS) as browser:
        browser.get(portico.summary["admin"])
        page = browser.post(
            portico.summary["admin"] + "login/",
            data={
                "username": portico.summary["admin_user"],
                "password": portico.summary["admin_password"],
                "csrfmiddlewaretoken": browser.cookies["csrftoken"],
                "next": "/admin/",
            },
        )

    assert page.status_code == 200
    assert "logout" in page.text


def test_the_database_address_works(portico: RunningUp) -> None:
    with psycopg.connect(portico.summary["database_url"]) as connection:
        version = connection.info.server_version

    assert version >= 15_0000


def test_each_half_gets_the_secrets_that_it_needs(portico: RunningUp) -> None:
    django, edge = (
        psutil.Process(portico.summary["pids"][process]).environ() for process in ("django", "edge")
    )

    assert django["PORTICO_PARITY_KEY"] == edge["PORTICO_PARITY_KEY"] != ""
    assert not {"PORTICO_SECRET_KEY", "DATABASE_URL"} & set(edge)
    assert not {"OWNER_DATABASE_URL", "PORTICO_DJANGO_PASSWORD"} & (set(django) | set(edge))


def test_a_second_worker_reads_what_the_first_does(portico: RunningUp, data: Path) -> None:
    """From the environment file: without the key and the mail server it would do harm."""
    worker = psutil.Process(portico.summary["pids"]["worker"]).environ()
    script = f". {shlex.quote(str(data / 'environment'))}; env -0"

    shown = subprocess.run(["sh", "-c", script], env={}, stdout=subprocess.PIPE, check=True).stdout

    sourced = dict(line.split("=", 1) for line in shown.decode().split("\0") if line)
    read_by_django = {name: text for name, text in worker.items() if name in VARIABLES and text}
    assert {"PORTICO_WEBHOOK_KEY", "PORTICO_WEATHER_URL"} <= read_by_django.keys()
    assert read_by_django.items() <= sourced.items()


def test_nothing_that_serves_is_connected_as_the_owner(portico: RunningUp) -> None:
    with psycopg.connect(portico.summary["owner_database_url"]) as connection:
        users = connection.execute(
            "SELECT DISTINCT usename FROM pg_stat_activity"
            # Autovacuum comes there as well, and is no user.
            " WHERE datname = 'portico' AND backend_type = 'client backend'"
            " AND pid <> pg_backend_pid()"
        ).fetchall()

    assert {user for (user,) in users} == {"portico_site", "portico_edge"}


def test_secrets_are_readable_by_their_owner_only(portico: RunningUp, data: Path) -> None:
    modes = {name: (data / name).stat().st_mode & 0o777 for name in ("secrets.json", "demo.json")}

    assert set(modes.values()) == {0o600}


def test_progress_names_each_step_and_its_duration(portico: RunningUp) -> None:
    progress = portico.progress.read_text()

    for step in ("PostgreSQL", "migrations", "demo data", "edge, Django and worker"):
        assert step in progress
    assert " s " in progress


def test_a_second_one_on_the_same_data_is_refused(portico: RunningUp, data: Path) -> None:
    refused = refused_up("--data", str(data), "--port", "0")

    assert refused.returncode == 1
    assert f"already runs at {portico.summary['front_door']} " in refused.stderr
    health = httpx2.get(portico.summary["edge"] + "/health", timeout=ANSWER_SECONDS)
    assert health.status_code == 200


@pytest.mark.curl
def test_the_curl_that_it_shows_works(portico: RunningUp) -> None:
    products = subprocess.run(
        [*shlex.split(portico.summary["curl"]), "--silent", "--show-error", "--fail"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert len(json.loads(products)) > 0


def test_it_is_killed_and_starts_again_where_it_was(
    data: Path, clone: Clone, portico: RunningUp
) -> None:
    everything = portico.everything_it_runs()

    portico.process.kill()
    assert wait_until_gone(everything) == []

    fewer = ("--edge-processes=1", "--django-processes=1")
    with running_up(data, *fewer, command=clone.command("up"), for_a_person=True) as again:
        print(f"second start: {again.start_seconds:.1f} s")
        everything = again.everything_it_runs()
        assert again.stop(signal.SIGTERM) == 0
    assert wait_until_gone(everything) == []
    # Five seconds on an idle machine; the first start, with its demo, takes half a minute there.
    assert again.start_seconds < portico.start_seconds
    for name in ("admin_user", "admin_password", "api_key", "api_test_key"):
        assert portico.summary[name] in again.printed
    assert "curl -H " in again.printed
    assert "unchanged, and so are roles and demo data" in again.progress.read_text()
