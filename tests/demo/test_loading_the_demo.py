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

from tests.harness.databases import ROOT, CommittedDatabase, manage
from tests.harness.waiting import eventually

MakeDatabase = Callable[[], AbstractContextManager[CommittedDatabase]]

#: Everything but secrets, and history, which says when it was written.
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
    "bookings_booking": "",
    "bookings_unititem": "",
    "events_event": " - 'transaction_id'",
}

LOAD_AT_A_FIXED_TIME = """
import django
django.setup()
from datetime import UTC, datetime
from core_site.demo.loading import load_demo
load_demo(now=datetime(2027, 6, 30, 21, 15, tzinfo=UTC), seed=7, bookings=150)
"""


def digests(database: CommittedDatabase) -> dict[str, str]:
    with psycopg.connect(database.owner_url) as connection:
        return {
            table: connection.execute(
                f"SELECT md5(string_agg((to_jsonb(t){left_out})::text, ',' ORDER BY t.id)) "
                f"FROM {table} AS t"
            ).fetchone()[0]
            for table, left_out in COMPARED.items()
        }


def load_at_a_fixed_time(database: CommittedDatabase, **environment: str) -> dict[str, str]:
    subprocess.run(
        [sys.executable, "-c", LOAD_AT_A_FIXED_TIME],
        env=database.environment | {"DATABASE_URL": database.owner_url} | environment,
        cwd=ROOT,
        check=True,
    )
    return digests(database)


def test_the_same_seed_loads_the_same_data(make_committed_database: MakeDatabase) -> None:
    # Sets of strings come in another order with another hash seed: nothing may depend on it.
    with make_committed_database() as database:
        first = load_at_a_fixed_time(database, PYTHONHASHSEED="1")
    with make_committed_database() as database:
        second = load_at_a_fixed_time(database, PYTHONHASHSEED="2")

    assert None not in first.values()
    assert first == second


def test_a_second_load_refuses_politely(committed_database: CommittedDatabase) -> None:
    environment = committed_database.environment
    first = manage("load_demo", "--json", "--bookings", "120", environment=environment)
    before = digests(committed_database)

    second = manage("load_demo", "--json", environment=environment)
    spoken = manage("load_demo", environment=environment)

    answer = json.loads(first)
    assert first.count("\n") == 1
    assert answer["loaded"] is True
    assert {"live": answer["api_key"], "test": answer["api_test_key"]} in [
        *answer["api_keys"].values()
    ]
    assert answer["admin_user"]
    assert len(answer["admin_password"]) >= 16
    assert json.loads(second) == {"loaded": False}
    assert spoken == "Nothing loaded: this database already has data.\n"
    assert digests(committed_database) == before


def test_a_load_that_is_killed_leaves_nothing(committed_database: CommittedDatabase) -> None:
    with psycopg.connect(committed_database.owner_url) as blocker:
        # Groups come last: the load has written nearly everything when it waits here.
        blocker.execute("LOCK TABLE auth_group")
        loading = start_loading(committed_database.environment)
        try:
            wait_until_somebody_waits_for_groups(committed_database)
        finally:
            loading.kill()
            loading.wait()

    assert set(digests(committed_database).values()) == {None}


def test_too_few_bookings_are_refused() -> None:
    loading = subprocess.run(
        [sys.executable, ROOT / "core_site" / "manage.py", "load_demo", "--bookings=99"],
        env=os.environ,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )

    assert loading.returncode != 0
    assert loading.stderr.strip().endswith("must be a whole number from 100 on")


@pytest.mark.parametrize("number", ["99", "-1", "many", "1e9"])
def test_what_is_no_number_of_bookings_is_refused(number: str) -> None:
    with pytest.raises(CommandError, match=r"must be a whole number from 100 on$"):
        call_command("load_demo", f"--bookings={number}")


def start_loading(environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, ROOT / "core_site" / "manage.py", "load_demo", "--bookings", "120"],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )


def wait_until_somebody_waits_for_groups(database: CommittedDatabase) -> None:
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        assert eventually(
            lambda: connection.execute(
                "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'auth_group'::regclass"
            ).fetchone()
        )
