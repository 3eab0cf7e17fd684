"""Django tells the registry what it has as it starts, and nothing that fails there stops it."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.harness.databases import CommittedDatabase
from tests.harness.servers import GUNICORN, Server, running, wait_until_there
from tests.harness.waiting import eventually

SITE = "core_site.config.wsgi:application"


@contextmanager
def started_django(database: CommittedDatabase, log: Path, *options: str) -> Iterator[Server]:
    """Run Django as ``deploy/up`` does, but for the options."""
    arguments = [*GUNICORN, "--bind=fd://{fd}", "--threads=2", *options, SITE]
    with running("django", arguments, log=log, environment=database.environment) as django:
        yield django


def registered(database: CommittedDatabase) -> set[tuple[str, str]]:
    with psycopg.connect(database.owner_url) as connection:
        found = connection.execute(
            "SELECT method, path_template FROM endpoints_endpoint WHERE is_on_site"
        )
        return set(found.fetchall())


@contextmanager
def away(database: CommittedDatabase) -> Iterator[None]:
    """Have the database refuse every connection."""
    name = conninfo_to_dict(database.owner_url)["dbname"]
    maintenance = make_conninfo(os.environ["DATABASE_URL"], dbname="postgres")
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        try:
            yield
        finally:
            connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')


def test_it_starts_without_its_database_and_tells_later(
    committed_database: CommittedDatabase, tmp_path: Path
) -> None:
    """Loaded before the workers are forked, of which each tells."""
    options = ["--preload", "--workers=2"]
    with ExitStack() as running:
        with away(committed_database):
            started = started_django(committed_database, tmp_path / "log", *options)
            django = running.enter_context(started)
            wait_until_there(django)
            assert eventually(
                lambda: django.log.read_text().count("not registered yet, retrying") == 2
            )

        assert eventually(lambda: ("GET", "/v1/users") in registered(committed_database))
        assert eventually(lambda: django.log.read_text().count("registered the ") == 2)
        log = django.log.read_text()
        assert log.count("retrying") == 2
        assert "Traceback" not in log


def test_a_worker_that_loads_it_tells(
    committed_database: CommittedDatabase, tmp_path: Path
) -> None:
    with started_django(committed_database, tmp_path / "log", "--workers=1") as django:
        wait_until_there(django)

        assert eventually(lambda: ("GET", "/v1/users") in registered(committed_database))
        assert eventually(lambda: django.log.read_text().count("registered the ") == 1)
        assert "Traceback" not in django.log.read_text()
