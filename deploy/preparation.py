"""Prepare the database of ``deploy/up``: migrations, roles and demo data.

A start that finds the embedded server's database as the last one left it, with the same code, skips
all of it (``preparation_stamp.py``). A database of another server is always looked at.
"""

import json
from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any

from deploy import database_url
from deploy.console import step
from deploy.data_folder import DataFolder
from deploy.database_url import Logins
from deploy.django_commands import DjangoCommands
from deploy.preparation_stamp import make_stamp
from deploy.signals import StopSignals


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """Prepares a database; ``environment`` is that of Django's processes."""

    folder: DataFolder
    logins: Logins
    environment: Mapping[str, str]
    stop: StopSignals
    is_embedded: bool
    wants_demo: bool
    demo_bookings: int | None
    set_passwords: bool

    def run(self) -> None:
        """Migrate, grant roles and load demo data, unless the last start has left them right.

        Raises:
            SetupError: a command failed, or Django or the edge cannot log in.
        """
        with ExitStack() as commands:
            with step("migrations") as current:
                if self._is_unchanged():
                    current.note = "unchanged, and so are roles and demo data"
                    self.logins.check()
                    return
                django = commands.enter_context(closing(self._django_commands()))
                # Without a word: to say that models have changed, it compares all of them.
                django.run("migrate", "--no-input", "--verbosity=0")
            with step("roles of Django and edge"):
                self._grant_roles(django)
                self.logins.check()
            if self.wants_demo:
                with step("demo data") as current:
                    current.note = self._load_demo(django)
        if stamp := self._make_stamp():
            self.folder.write_stamp(stamp)

    def _django_commands(self) -> DjangoCommands:
        # For these commands only: no serving process has the owner's login or the passwords.
        as_the_owner = {
            "DATABASE_URL": self.logins.owner,
            **self.logins.passwords,
            "PORTICO_DEMO": "1" if self.wants_demo else "0",
        }
        return DjangoCommands(
            log=self.folder.log("commands"),
            environment={**self.environment, **as_the_owner},
            stop=self.stop,
        )

    def _grant_roles(self, django: DjangoCommands) -> None:
        role, edge = self._roles()
        passwords = ["--set-passwords"] if self.set_passwords else []
        django.run("grant_roles", f"--django={role}", f"--edge={edge}", *passwords)

    def _load_demo(self, django: DjangoCommands) -> str:
        """Load demo data, if there are none yet, and return a note about it."""
        how_many = [] if self.demo_bookings is None else [f"--bookings={self.demo_bookings}"]
        printed = django.run("load_demo", "--json", *how_many).strip()
        logins: dict[str, Any] = json.loads(printed.splitlines()[-1])
        if not logins["loaded"]:
            return "the database already has data"
        database = database_url.display_name(self.logins.owner)
        self.folder.remember_demo(logins, database=database)
        return ""

    def _roles(self) -> tuple[str, str]:
        """Return the names of Django's role and the edge's."""
        logins = self.logins
        return database_url.user_name(logins.django), database_url.user_name(logins.edge)

    def _is_unchanged(self) -> bool:
        known = self.folder.stamp()
        return bool(known) and not self.set_passwords and known == self._make_stamp()

    def _make_stamp(self) -> str | None:
        if not self.is_embedded:
            return None
        passwords = (
            self.folder.secret(f"{suffix}_password")
            for suffix in database_url.ROLE_SUFFIXES.values()
        )
        options = (*self._roles(), *passwords, str(self.wants_demo))
        return make_stamp(self.logins.owner, options=options)
