"""A fresh Django project that follows ``MOVING_A_SHOP.md``: files, commands, processes."""

import os
import re
import secrets
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Identifier

from tests.harness.clients import Answer, request_once
from tests.harness.databases import PARITY_KEY, ROOT
from tests.harness.servers import GUNICORN, Server, running, wait_until_there
from tests.harness.waiting import EVENTUALLY_SECONDS, eventually
from tests.tutorial.django_fork_server import SHELL

PAGE = ROOT / "api_edge" / "rollout" / "MOVING_A_SHOP.md"

_BLOCK = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"# (\S+\.py)(, at its end)?\n")
_COMMAND = re.compile(r"^\$ (.*)$", re.MULTILINE)

CALLERS = """
from django.contrib.auth.models import User
from rest_framework.authtoken.models import Token
from shop.models import Boat
for name in ("alice", "bob"):
    Token.objects.create(user=User.objects.create(username=name), key=name * 2)
Boat.objects.bulk_create(Boat(name=f"Boat {number}") for number in range(30))
"""


@dataclass
class OwnShop:
    """The project's folder, the environment of its commands, and both processes."""

    folder: Path
    environment: Mapping[str, str]
    edge: Server | None = None
    #: Why the last command that was tried was refused.
    refusal: str = ""

    def follow(self, *, since: str = "", until: str, runs_commands: bool = True) -> None:
        """Write the page's files and run its commands, from a heading up to another."""
        page = PAGE.read_text(encoding="utf-8")
        start = page.index(f"\n## {since}") if since else 0
        end = page.index(f"\n## {until}") if until else len(page)
        for block in _BLOCK.findall(page[start:end]):
            if found := _FILE.match(block):
                file = self.folder / found[1]
                before = file.read_text(encoding="utf-8") if found[2] else ""
                file.write_text(f"{before}\n{block}", encoding="utf-8")
            for command in _COMMAND.findall(block) if runs_commands else ():
                self.run(command)

    def commands(self, containing: str) -> list[str]:
        """Return the page's commands that contain a text, in its order."""
        commands = _COMMAND.findall(PAGE.read_text("utf-8"))
        return [command for command in commands if containing in command]

    def run(self, command: str) -> str:
        done = self._execute(command)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    def fails(self, command: str) -> str:
        """Run a command that is refused, and return why."""
        done = self._execute(command)
        assert done.returncode != 0, f"{command}\n{done.stdout}"
        return done.stderr

    def succeeds(self, command: str) -> bool:
        """Return whether a command is carried out, which may be refused as yet."""
        done = self._execute(command)
        self.refusal = done.stderr
        return done.returncode == 0

    def _execute(self, command: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["bash", "-c", f"{SHELL}\n{command}"],
            cwd=self.folder,
            env=dict(self.environment),
            capture_output=True,
            text=True,
            check=False,
        )

    def get(self, path: str, *, caller: str = "") -> Answer:
        return self._call("GET", path, None, caller)

    def add(self, name: str, *, caller: str) -> Answer:
        return self._call("POST", "/api/boats/", {"name": name}, caller)

    def _call(self, method: str, path: str, body: object, caller: str) -> Answer:
        assert self.edge is not None
        headers = {"Authorization": f"Token {caller * 2}"} if caller else {}
        return request_once(self.edge.port, method, path, body, headers=headers)

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.environment["SHOP_DATABASE"], autocommit=True) as connection:
            return connection.execute(statement).fetchall()

    def sqlite(self, statement: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.folder / "shop.sqlite3")) as connection:
            return connection.execute(statement).fetchall()


@contextmanager
def fresh_shop(folder: Path) -> Iterator[OwnShop]:
    """Create an empty database for the shop in this folder, and drop it at the end."""
    server = os.environ["DATABASE_URL"]
    name = f"{conninfo_to_dict(server)['dbname']}_{secrets.token_hex(4)}"
    parts = conninfo_to_dict(make_conninfo(server, dbname=name))
    named = {
        "host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD",
        "dbname": "PGDATABASE",
    }  # fmt: skip
    bin_folder = Path(sys.executable).parent
    inherited = {key: os.environ[key] for key in ("HOME", "LANG", "TMPDIR") if key in os.environ}
    environment = inherited | {
        "PATH": f"{bin_folder}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "PORTICO_PARITY_KEY": PARITY_KEY,
        "SHOP_DATABASE": make_conninfo(server, dbname=name),
        **{named[key]: str(value) for key, value in parts.items() if key in named},
    }
    with (
        tempfile.TemporaryDirectory(prefix="portico-forked-") as forked,
        psycopg.connect(make_conninfo(server, dbname="postgres"), autocommit=True) as maintenance,
    ):
        environment |= {
            "django_fork_server": forked,
            "django_fork_settings": "shop.settings",
        }
        maintenance.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        try:
            yield OwnShop(folder, environment)
        finally:
            # All commands of the shop are forks of one process.
            if (pid := Path(forked) / "pid").exists():
                os.kill(int(pid.read_text()), signal.SIGTERM)
            maintenance.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


@contextmanager
def open_shop(shop: OwnShop, **more: str) -> Iterator[Server]:
    """Run the shop's Django and its edge as the page does, and yield Django's process."""
    own = dict(shop.environment) | {
        "PYTHONPATH": f"{shop.folder}:{ROOT}",
        # Of the run, which is Portico's own.
        "DJANGO_SETTINGS_MODULE": "shop.settings",
    }
    arguments = [*GUNICORN, "--bind=fd://{fd}", "--threads=4", "shop.wsgi"]
    with running("django", arguments, log=shop.folder / "django.log", environment=own) as django:
        wait_until_there(django)
        edge_environment = {
            "DATABASE_URL": "postgresql:///",
            "DJANGO_URL": f"http://127.0.0.1:{django.port}",
            "PORTICO_ENDPOINT_PREFIXES": "/api",
            "PORTICO_EDGE_PREFIX": "/edge",
            "PORTICO_IDENTIFY_CALLER": "shop.callers:identify",
            # However busy the machine, no write goes without its comparison for want of time.
            "PORTICO_DRY_RUN_SECONDS": "60",
        }
        edge_arguments = [
            *(*GUNICORN, "--bind=fd://{fd}", "--workers=1", "shop.edge:app"),
            "--worker-class=api_edge.proxy.worker.EdgeWorker",
        ]
        log = shop.folder / "edge.log"
        environment = own | edge_environment | more
        with running("edge", edge_arguments, log=log, environment=environment) as shop.edge:
            wait_until_there(shop.edge)
            yield django


def call_until(shop: OwnShop, callers: tuple[str, ...], is_enough: Callable[[], bool]) -> None:
    """Call one boat after the other, some of which are not there, until that is enough."""
    numbers = count()

    def are_enough() -> bool:
        # A busy edge leaves comparisons out.
        for number in islice(numbers, 30):
            boat = number % 30 + 1 if number % 4 else 1_000_000 + number
            shop.get(f"/api/boats/{boat}/", caller=callers[number % len(callers)])
        return is_enough()

    assert eventually(are_enough, seconds=5 * EVENTUALLY_SECONDS), shop.refusal
