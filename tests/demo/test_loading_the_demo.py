"""The demo is loaded whole into an empty database, the same for the same seed, and only once."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

import psycopg
import pytest
from django.core.management import CommandError, call_command

from core_site.demo.management.commands.load_demo import Command
from tests.harness.databases import (
    DEMO_BOOKINGS,
    ROOT,
    CommittedDatabase,
    DemoDatabase,
)
from tests.harness.fork_server import run_manage
from tests.harness.waiting import eventually

MakeDatabase = Callable[[], AbstractContextManager[CommittedDatabase]]
MakeDemoDatabase = Callable[[], AbstractContextManager[DemoDatabase]]

#: Everything but secrets, history, which says when it was written, and the references and codes
#: that the domain draws itself. Events of one statement come in any order.
COMPARED = {
    "catalog_supplier": "",
    "catalog_product": "",
    "catalog_option": "",
    "catalog_unit": "",
    "catalog_price": "",
    "catalog_partnerterms": "",
    "catalog_schedule": "",
    "catalog_departure": "",
    "partners_partner": "",
    "users_user": "",
    "bookings_booking": " - '{supplier_reference,voucher_code}'::text[]",
    "bookings_unititem": " - '{supplier_reference,ticket_code}'::text[]",
    "events_event": " - '{id,transaction_id}'::text[] #- '{data,tickets}' #- '{data,prefix}'"
    " #- '{data,ticketsCancelled}'",
}

LOAD_AT_THE_SAME_TIME = """
from datetime import datetime
from core_site.demo.loader import load_demo
load_demo(now=datetime.fromisoformat({at!r}), bookings={bookings})
"""

LOAD_AGAIN = """
from django.core.management import call_command
from core_site.demo.management.commands.load_demo import Command
call_command(Command(), "--json")
"""


def digests(database: CommittedDatabase) -> dict[str, str]:
    with psycopg.connect(database.owner_url) as connection:
        return {
            table: connection.execute(
                f"SELECT md5(string_agg(line, ',' ORDER BY line))"
                f" FROM (SELECT (to_jsonb(t){left_out})::text FROM {table} AS t) AS lines (line)"
            ).fetchone()[0]
            for table, left_out in COMPARED.items()
        }


def run_as_owner(database: CommittedDatabase, script: str) -> str:
    """Run a script in a process of its own with Django, and return what it printed."""
    environment = database.environment | {"DATABASE_URL": database.owner_url}
    run = run_manage("shell", "--no-imports", "-c", script, environment=environment)
    assert run.returncode == 0, run.stderr
    return run.stdout


def loaded_at(database: CommittedDatabase) -> str:
    """Return the moment for which a demo was loaded: then its keys were issued."""
    with psycopg.connect(database.owner_url) as connection:
        ((moment,),) = connection.execute("SELECT DISTINCT created_at FROM partners_apikey")
        return str(moment.isoformat())


def test_the_same_seed_loads_the_same_data(
    make_demo_database: MakeDemoDatabase, make_committed_database: MakeDatabase
) -> None:
    with make_demo_database() as demo:
        first, at = digests(demo.database), loaded_at(demo.database)

    # In a process with another hash seed, which puts sets of strings into another order.
    with make_committed_database() as database:
        run_as_owner(database, LOAD_AT_THE_SAME_TIME.format(at=at, bookings=DEMO_BOOKINGS))
        second = digests(database)

    assert None not in first.values()
    assert first == second


def test_a_second_load_refuses_politely(make_demo_database: MakeDemoDatabase) -> None:
    with make_demo_database() as demo:
        first, before = demo.loaded, digests(demo.database)

        second = json.loads(run_as_owner(demo.database, LOAD_AGAIN))

        assert digests(demo.database) == before
    assert first["loaded"] is True
    assert {"live": first["api_key"], "test": first["api_test_key"]} in [
        *first["api_keys"].values()
    ]
    assert first["admin_user"]
    assert len(first["admin_password"]) >= 16
    assert second == {"loaded": False}


def test_a_load_that_is_killed_leaves_nothing(committed_database: CommittedDatabase) -> None:
    with psycopg.connect(committed_database.owner_url) as blocker:
        # Departures take a third of a load's time: it has written a catalogue and hundreds of
        # users when it waits here.
        blocker.execute("LOCK TABLE catalog_departure")
        loading = start_loading(committed_database.environment)
        try:
            assert wait_until_it_comes_to_departures(committed_database)
        finally:
            loading.kill()
            loading.wait()

    assert set(digests(committed_database).values()) == {None}


#: Whether a process that serves has anything of the demo.
SERVING = (
    "import sys, core_site.config.wsgi, core_site.config.urls\n"
    "from django.core.management import get_commands\n"
    "from django.urls import get_resolver\n"
    "get_resolver().url_patterns\n"
    "has_command = 'load_demo' in get_commands()\n"
    "print(has_command or any('core_site.demo' in name for name in sys.modules))"
)


@pytest.mark.parametrize("asked_for", ["", "0"])
def test_production_has_no_demo(asked_for: str) -> None:
    environment = dict(os.environ) | {"PORTICO_DEMO": asked_for}

    served = run_manage("shell", "--no-imports", "-c", SERVING, environment=environment)

    assert (served.returncode, served.stdout) == (0, "False\n"), served.stderr


@pytest.mark.parametrize("number", ["99", "-1", "many", "1e9"])
def test_what_is_no_number_of_bookings_is_refused(number: str) -> None:
    with pytest.raises(CommandError, match=r"must be a whole number from 100 on$"):
        call_command(Command(), f"--bookings={number}")


def start_loading(environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, ROOT / "core_site" / "manage.py", "load_demo", "--bookings", "100"],
        env={**environment, "PORTICO_DEMO": "1"},
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )


def wait_until_it_comes_to_departures(database: CommittedDatabase) -> bool:
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        return eventually(
            lambda: connection.execute(
                "SELECT 1 FROM pg_locks WHERE NOT granted"
                " AND relation = 'catalog_departure'::regclass"
            ).fetchone(),
            seconds=300,
        )
