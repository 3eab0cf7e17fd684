"""``manage.py load_demo``: fill an empty database with the demo data of an invented operator."""

import json
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from core_site.demo import loader


class Command(BaseCommand):
    help = (
        "Load demo data into an empty database, and print its logins and API keys, which are "
        "shown only this once. A database that has a supplier is left alone."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--seed", type=int, default=loader.DEFAULT_SEED,
            help="the same seed loads the same data, relative to today; default: %(default)s",
        )  # fmt: skip
        parser.add_argument(
            "--bookings", type=_enough, default=loader.DEFAULT_BOOKINGS, metavar="N",
            help="how many bookings to make up at least; default: %(default)s",
        )  # fmt: skip
        parser.add_argument("--json", action="store_true", help="print JSON on one line")

    def handle(self, *args: Any, seed: int, bookings: int, **options: Any) -> None:
        try:
            loaded = loader.load_demo(now=timezone.now(), seed=seed, bookings=bookings)
        except loader.AlreadyLoaded:
            loaded = {"loaded": False}
            self.stderr.write("Nothing loaded: this database already has data.")
        self.stdout.write(json.dumps(loaded, indent=None if options["json"] else 2))


def _enough(text: str) -> int:
    if not text.isdecimal() or int(text) < loader.FEWEST_BOOKINGS:
        raise ArgumentTypeError(f"must be a whole number from {loader.FEWEST_BOOKINGS} on")
    return int(text)
