"""A new field on a booking costs at most six files and twelve lines, as its README says."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.harness.databases import ROOT, CommittedDatabase
from tests.harness.repository_copy import copy_repository
from tests.tutorial.django_fork_server import SHELL
from tests.tutorial.steps import Change, Command, read_steps

#: ``python`` is that of this environment.
PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

RECIPE = ROOT / "shared_domain" / "bookings" / "README.md"

#: For the roles of the database, which are named after it.
PASSWORDS = ("PORTICO_DJANGO_PASSWORD", "PORTICO_EDGE_PASSWORD")
GRANT_ROLES = "python core_site/manage.py grant_roles"

END_SHELL = "trap 'kill $(cat \"$django_fork_server/pid\")' EXIT"

#: The tests of the new field; in the copy they stand beside the others.
TESTS_OF_THE_FIELD = {
    "tests/octo/test_flight_number.py": '''
"""Guests arrive on the flight that their partner says."""

from uuid import uuid4

import psycopg

from tests.harness.clients import CLARA, OctoClient, a_slot
from tests.octo.edge import Edge
from tests.harness.openapi import own_document


def test_it_is_stored_changed_and_cleared(partner: OctoClient, edge: Edge) -> None:
    held = partner.reserved(flightNumber="  TP 1337 ")
    path = f"/octo/bookings/{held['uuid']}"
    assert held["flightNumber"] == "TP 1337"
    assert partner.get(path).body["flightNumber"] == "TP 1337"

    confirmed = partner.post(f"{path}/confirm", {"contact": CLARA, "flightNumber": "LH 1166"}).body
    assert confirmed["flightNumber"] == "LH 1166"
    assert partner.patch(path, {"notes": "late"}).body["flightNumber"] == "LH 1166"
    assert partner.patch(path, {"flightNumber": None}).body["flightNumber"] is None

    with psycopg.connect(edge.database.owner_url) as connection:
        events = connection.execute(
            "SELECT count(*) FROM events_event"
            " WHERE booking_uuid = %s AND data -> 'changed' ? 'flight_number'",
            [held["uuid"]],
        ).fetchone()
        history = connection.execute(
            "SELECT flight_number FROM bookings_bookingevent WHERE uuid = %s ORDER BY pgh_id",
            [held["uuid"]],
        ).fetchall()
    assert events == (2,)
    assert [flight for (flight,) in history] == ["TP 1337", "LH 1166", "LH 1166", None]


def test_a_repeat_is_known_by_it(partner: OctoClient) -> None:
    slot, uuid = a_slot(), str(uuid4())

    def status(**field: str) -> int:
        return partner.reserve(slot, uuid=uuid, **field).status

    assert status(flightNumber="LH 1166") == status(flightNumber="LH 1166") == 200
    assert status() == status(flightNumber="TP 1") == 400


def test_a_mistake_is_named(partner: OctoClient) -> None:
    refused = partner.reserve(flightNumber="LH\\x07")

    assert refused.status == 400
    assert "flightNumber" in refused.body["errorMessage"]


def test_it_is_documented() -> None:
    schemas = own_document()["components"]["schemas"]

    for name in ("Reservation", "Confirmation", "Change", "Booking"):
        assert "guests arrive" in schemas[name]["properties"]["flightNumber"]["description"]
''',
    "tests/admin/test_flight_number.py": '''
"""The page of a booking shows the flight on which its guests arrive."""

from django.test import Client

from core_site.bookings.models import Booking
from tests.admin.staff import Desk, page_of, text_of


def test_staff_see_it(rosa: Client, desk: Desk) -> None:
    held = desk.held()
    Booking.objects.filter(pk=held.pk).update(flight_number="TP 1337")

    assert "Flight number TP 1337" in text_of(rosa.get(page_of(held)))
''',
}

#: Tests that would say what the recipe forgets.
GUARDS = [
    "tests/stores/test_every_statement_fits_the_schema.py",
    "tests/stores/test_what_each_role_may_do.py",
    "tests/bookings/test_repeating_a_reservation.py",
    "tests/octo/test_the_documentation.py",
]


@pytest.fixture(scope="module")
def database(
    make_committed_database: Callable[[], AbstractContextManager[CommittedDatabase]],
) -> Iterator[CommittedDatabase]:
    with make_committed_database() as database:
        yield database


@pytest.fixture(scope="module")
def copy(database: CommittedDatabase, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository in which the recipe was followed."""
    folder = tmp_path_factory.mktemp("copy")
    copy_repository(folder)
    commands = []
    for step in read_steps(RECIPE.read_text()):
        if isinstance(step, Change):
            applied = apply_in(folder, step.text)
            assert applied.returncode == 0, applied.stderr
        elif isinstance(step, Command):
            commands.append(step.command)
    # Of all migrations, only the recipe's own is still to be run in this database.
    commands += ["python core_site/manage.py migrate --no-input", GRANT_ROLES]
    run_in(
        folder,
        *("bash", "-ec", "\n".join([SHELL, END_SHELL, *commands])),
        DATABASE_URL=database.owner_url,
        django_fork_server=str(tmp_path_factory.mktemp("forks")),
        django_fork_settings="core_site.config.settings",
        **{name: os.environ[name] for name in PASSWORDS},
    )
    for name, text in TESTS_OF_THE_FIELD.items():
        (folder / name).write_text(text)
    return folder


def test_it_is_six_files_and_twelve_lines_at_most() -> None:
    (change,) = (step for step in read_steps(RECIPE.read_text()) if isinstance(step, Change))
    lines = change.text.splitlines()

    files = [line for line in lines if line.startswith("+++ ")]
    added = [line for line in lines if re.match(r"\+(?!\+\+ )", line)]
    removed = [line for line in lines if re.match(r"-(?!-- )", line)]
    assert len(files) <= 6
    assert len(added) <= 12
    assert not removed


def test_the_recipe_is_enough(copy: Path, database: CommittedDatabase) -> None:
    run_in(copy, "python", "-m", "pytest", "-q", *TESTS_OF_THE_FIELD, **database.as_template)


@pytest.mark.long
def test_no_other_test_minds(copy: Path) -> None:
    run_in(copy, "python", "-m", "pytest", "-q", *GUARDS)
    run_in(copy, "python", "-m", "mypy", "--cache-dir", str(copy / ".mypy_cache"))


def apply_in(folder: Path, diff: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["git", "apply", "-"], cwd=folder, input=diff, capture_output=True, text=True, check=False
    )


def run_in(folder: Path, *command: str, **variables: str) -> None:
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST_", "PORTICO_", "DJANGO_", "COV_", "DATABASE_URL"))
    }
    environment |= {"PORTICO_SECRET_KEY": "of a copy", "PATH": PATH, **variables}
    ended = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout[-3_000:] + ended.stderr[-3_000:]
