"""Real PostgreSQL for the tests: the server they share, and quick copies of a migrated database."""

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Identifier, Literal

from deploy.database_url import with_parts
from deploy.embedded_postgres import EmbeddedPostgres

ROOT = Path(__file__).resolve().parent.parent.parent


class TestServer:
    """The server of this run: that of ``DATABASE_URL``, or a private one that ends with the run.

    On a given server everything is made under names of this run's own, and removed again.
    """

    __test__ = False

    def __init__(self, given_url: str | None) -> None:
        self._given_url = given_url or ""
        self.folder = Path(tempfile.mkdtemp(prefix="portico-tests-"))
        self._embedded = (
            None
            if given_url
            else EmbeddedPostgres(
                self.folder / "postgres", log=self.folder / "postgres.log", is_fast=True
            )
        )
        self.url = ""

    @property
    def process_id(self) -> int:
        """The id of the private server's process, 0 for a server that was given."""
        return self._embedded.child.pid if self._embedded is not None else 0

    def start(self) -> None:
        if self._embedded is not None:
            self._embedded.start()
            self.url = self._embedded.url()
        else:
            name = f"portico_{secrets.token_hex(4)}"
            self.url = with_parts(self._given_url, dbname=name)

    def stop(self) -> None:
        if self._embedded is not None:
            self._embedded.stop()
        elif self.url:
            self._remove_what_the_run_made()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _remove_what_the_run_made(self) -> None:
        ours = f"%{conninfo_to_dict(self.url)['dbname']}%"
        with psycopg.connect(self._given_url, autocommit=True) as connection:
            for kind, catalog, column in (
                ("DATABASE", "pg_database", "datname"),
                ("ROLE", "pg_roles", "rolname"),
            ):
                found = connection.execute(
                    f"SELECT {column} FROM {catalog} WHERE {column} LIKE %s", [ours]
                )
                for (name,) in found.fetchall():
                    if name.endswith("_template"):
                        # PostgreSQL drops no template.
                        connection.execute(
                            SQL("ALTER DATABASE {} IS_TEMPLATE false").format(Identifier(name))
                        )
                    # A test process that is still ending may have a session in its database.
                    how = " WITH (FORCE)" if kind == "DATABASE" else ""
                    connection.execute(SQL(f"DROP {kind} {{}}{how}").format(Identifier(name)))


#: The variable by which a run hands a migrated database on to a run inside it, on the same server
#: and with the same migrations: to find that nothing is to be migrated takes 2.9 s of CPU.
USED_TEMPLATE = "PORTICO_TESTS_USE_TEMPLATE"

#: In one process: to start Django takes longer than either where nothing is to be migrated.
MIGRATE = """
import django
from django.core.management import call_command
django.setup()
call_command("migrate", interactive=False, verbosity=0)
call_command("grant_roles")
"""

#: How many bookings the demo has that a run loads once.
DEMO_BOOKINGS = 120

#: What both halves share.
PARITY_KEY = "only for tests"


#: Not block by block through the write-ahead log, PostgreSQL's default, which takes twice the CPU
#: (0.09 s for a copy and its end; 0.045).
COPY_DATABASE = "CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY"


@dataclass(frozen=True, kw_only=True)
class CommittedDatabase:
    """A migrated, empty database that other processes can see."""

    owner_url: str
    django_url: str
    edge_url: str

    @property
    def environment(self) -> dict[str, str]:
        """What a process of Portico needs here, with the same roles as in production."""
        return dict(os.environ) | {
            "OWNER_DATABASE_URL": self.owner_url,
            "DATABASE_URL": self.django_url,
            "EDGE_DATABASE_URL": self.edge_url,
            "PORTICO_PARITY_KEY": PARITY_KEY,
        }

    @property
    def for_a_command(self) -> dict[str, str]:
        """What a command for people takes to run on this server, where it has nothing to migrate.

        ``deploy/up`` runs in this database; tests and the bench copy the one that this was made of.
        """
        template = template_name(os.environ["DATABASE_URL"])
        return {"DATABASE_URL": self.owner_url, USED_TEMPLATE: template}

    @property
    def as_template(self) -> dict[str, str]:
        """What such a command takes whose tests copy this database, which has roles of its own."""
        name = str(conninfo_to_dict(self.owner_url)["dbname"])
        return {"DATABASE_URL": self.owner_url, USED_TEMPLATE: name}


@dataclass(frozen=True, kw_only=True)
class DemoDatabase:
    """A database with the demo, and what ``load_demo`` said of it: logins and API keys."""

    database: CommittedDatabase
    loaded: dict[str, Any]


def template_name(server_url: str) -> str:
    """Return the name of the migrated database of which those of a run are copies."""
    own = f"{conninfo_to_dict(server_url)['dbname']}_template"
    return os.environ.get(USED_TEMPLATE, own)


@contextmanager
def committed_copy(server_url: str) -> Iterator[CommittedDatabase]:
    """Make a database by copying the migrated template; drop it when the block ends."""
    template = template_name(server_url)
    with _maintenance(server_url) as connection:
        _ensure_template(connection, server_url=server_url, template=template)
    with _copy(server_url, copied=template, template=template) as database:
        yield database


@contextmanager
def demo_copy(server_url: str) -> Iterator["DemoDatabase"]:
    """Make a database with a small demo, which is loaded once per run and copied."""
    template = template_name(server_url)
    demo = f"{conninfo_to_dict(server_url)['dbname']}_demo_template"
    with _maintenance(server_url) as connection:
        _ensure_template(connection, server_url=server_url, template=template)
        with _locked(connection, demo):
            told = connection.execute(
                "SELECT shobj_description(oid, 'pg_database') FROM pg_database"
                " WHERE datname = %s AND datistemplate",
                [demo],
            ).fetchone()
            if told is None:
                with _copy(server_url, copied=template, template=template) as database:
                    told = (json.dumps(load_demo(database, f"--bookings={DEMO_BOOKINGS}")),)
                    loaded = conninfo_to_dict(database.owner_url)["dbname"]
                    for statement in (
                        "DROP DATABASE IF EXISTS {demo}",
                        "CREATE DATABASE {demo} TEMPLATE {loaded}",
                        # Where the next process finds logins and keys, which are shown only once.
                        "COMMENT ON DATABASE {demo} IS {told}",
                        "ALTER DATABASE {demo} IS_TEMPLATE true",
                    ):
                        connection.execute(
                            SQL(statement).format(
                                demo=Identifier(demo),
                                loaded=Identifier(str(loaded)),
                                told=Literal(told[0]),
                            )
                        )
    with _copy(server_url, copied=demo, template=template) as database:
        yield DemoDatabase(database=database, loaded=json.loads(str(told[0])))


@contextmanager
def _copy(server_url: str, *, copied: str, template: str) -> Iterator[CommittedDatabase]:
    """Make a copy with the roles of the migrated template; drop it when the block ends."""
    copy = f"{conninfo_to_dict(server_url)['dbname']}_{secrets.token_hex(4)}"
    with _maintenance(server_url) as connection:
        connection.execute(SQL(COPY_DATABASE).format(Identifier(copy), Identifier(copied)))
        # The permissions within the database are copied, those of the template's roles; the
        # permission to enter it is not.
        for statement in (
            "REVOKE ALL ON DATABASE {copy} FROM PUBLIC",
            "GRANT CONNECT ON DATABASE {copy} TO {django}, {edge}",
        ):
            connection.execute(
                SQL(statement).format(
                    copy=Identifier(copy),
                    django=Identifier(f"{template}_site"),
                    edge=Identifier(f"{template}_edge"),
                )
            )
    try:
        django_url, edge_url = (
            with_parts(
                server_url,
                dbname=copy,
                user=f"{template}_{role}",
                password=os.environ[variable],
            )
            for role, variable in (
                ("site", "PORTICO_DJANGO_PASSWORD"),
                ("edge", "PORTICO_EDGE_PASSWORD"),
            )
        )
        yield CommittedDatabase(
            owner_url=with_parts(server_url, dbname=copy), django_url=django_url, edge_url=edge_url
        )
    finally:
        with _maintenance(server_url) as connection:
            connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(copy)))


def copy_for_django(server_url: str, copy: str) -> None:
    """Make the database that pytest-django will use.

    A copy takes a tenth of a second, where migrating it takes as long as the template did.
    """
    template = template_name(server_url)
    with _maintenance(server_url) as connection:
        _ensure_template(connection, server_url=server_url, template=template)
        connection.execute(SQL("DROP DATABASE IF EXISTS {}").format(Identifier(copy)))
        connection.execute(SQL(COPY_DATABASE).format(Identifier(copy), Identifier(template)))


@contextmanager
def _maintenance(server_url: str) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    with psycopg.connect(make_conninfo(server_url, dbname="postgres"), autocommit=True) as opened:
        yield opened


def _ensure_template(
    connection: "psycopg.Connection[tuple[object, ...]]", *, server_url: str, template: str
) -> None:
    """Migrate the template once per run, whichever of the parallel test processes comes first."""
    if USED_TEMPLATE in os.environ:
        return
    with _locked(connection, template):
        found = connection.execute(
            "SELECT datistemplate FROM pg_database WHERE datname = %s", [template]
        ).fetchone()
        if found is not None and found[0]:
            return
        if found is None:
            connection.execute(SQL("CREATE DATABASE {}").format(Identifier(template)))
        environment = dict(os.environ) | {
            "DATABASE_URL": with_parts(server_url, dbname=template),
            "DJANGO_SETTINGS_MODULE": "core_site.config.settings",
        }
        subprocess.run(
            [sys.executable, "-c", MIGRATE], env=environment, cwd=ROOT, check=True, stdout=DEVNULL
        )
        connection.execute(SQL("ALTER DATABASE {} IS_TEMPLATE true").format(Identifier(template)))


@contextmanager
def _locked(connection: "psycopg.Connection[tuple[object, ...]]", name: str) -> Iterator[None]:
    """Let one of the parallel test processes at a time make what is made once per run."""
    connection.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
    try:
        yield
    finally:
        connection.execute("SELECT pg_advisory_unlock(hashtext(%s))", [name])


def load_demo(database: CommittedDatabase, *options: str) -> dict[str, Any]:
    """Load the demo, which a process has only where it is asked for; return what is printed."""
    environment = database.environment | {"PORTICO_DEMO": "1"}
    printed = manage("load_demo", "--json", *options, environment=environment)
    assert printed.count("\n") == 1
    return dict(json.loads(printed))


def manage(*arguments: str, environment: Mapping[str, str]) -> str:
    """Run one of Django's commands in a process of its own, and return what it printed."""
    return subprocess.run(
        [sys.executable, str(ROOT / "core_site" / "manage.py"), *arguments],
        env=environment,
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
