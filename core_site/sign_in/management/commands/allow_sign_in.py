"""``manage.py allow_sign_in USERNAME``: let a throttled staff user sign in again at once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from core_site.sign_in.throttling import allow_again
from shared_domain.quantities import format_quantity


class Command(BaseCommand):
    help = "Forget the counted attempts of an account, so that its user can sign in at once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument(
            "--address", default="", help="also forget the attempts of all accounts from here"
        )

    def handle(self, *args: Any, username: str, address: str, **options: Any) -> None:
        forgotten = allow_again(username, address)
        self.stdout.write(f"Forgotten: {format_quantity(forgotten, 'attempt')}.")
