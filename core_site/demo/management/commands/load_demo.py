"""``manage.py load_demo``: fill an empty database with a believable operator."""

import json
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from core_site.demo.loading import (
    DEFAULT_BOOKINGS,
    DEFAULT_SEED,
    FEWEST_BOOKINGS,
    AlreadyLoaded,
    Loaded,
    load_demo,
)


class Command(BaseCommand):
    help = (
        "Load demo data into an empty database, and print its logins and API keys, which are "
        "shown only this once. A database that has a supplier is left alone."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--seed", type=int, default=DEFAULT_SEED,
            help="the same seed loads the same data, relative to today; default: %(default)s",
        )  # fmt: skip
        parser.add_argument(
            "--bookings", type=_enough, default=DEFAULT_BOOKINGS, metavar="N",
            help="how many bookings to make up; default: %(default)s",
        )  # fmt: skip
        parser.add_argument("--json", action="store_true", help="print one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            loaded = load_demo(
                now=timezone.now(), seed=options["seed"], bookings=options["bookings"]
            )
        except AlreadyLoaded:
            self.stdout.write(
                json.dumps({"loaded": False})
                if options["json"]
                else "Nothing loaded: this database already has data."
            )
            return
        self.stdout.write(_as_json(loaded) if options["json"] else _as_text(loaded))


def _enough(text: str) -> int:
    if not text.isdecimal() or int(text) < FEWEST_BOOKINGS:
        raise ArgumentTypeError(f"must be a whole number from {FEWEST_BOOKINGS} on")
    return int(text)


def _as_json(loaded: Loaded) -> str:
    admin, *others = loaded.logins.items()
    return json.dumps(
        {
            "loaded": True,
            "admin_user": admin[1].name,
            "admin_password": admin[1].password,
            "api_key": loaded.api_key,
            "api_test_key": loaded.api_test_key,
            "api_keys": loaded.api_keys,
            "staff": {
                group: {"user": login.name, "password": login.password} for group, login in others
            },
        }
    )


def _as_text(loaded: Loaded) -> str:
    lines = ["Demo data loaded. These are shown only this once:", ""]
    for role, login in loaded.logins.items():
        lines.append(f"  {role:<14}{login.name}   password {login.password}")
    lines.append("")
    for partner, keys in loaded.api_keys.items():
        lines += [f"  {partner:<18}{mode:<6}{secret}" for mode, secret in keys.items()]
    return "\n".join(lines)
