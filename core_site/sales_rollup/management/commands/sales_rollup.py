"""``manage.py sales_rollup``: compare the roll-up of sales with the bookings, or repair it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from core_site import stores
from shared_domain import sales_rollup
from shared_domain.run_now import run_now


class Command(BaseCommand):
    help = (
        "check: compare the sums of sales, by day and month, with the bookings; fails where they "
        "differ. repair: add what they lack. Both work while bookings are made."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=["check", "repair"])

    def handle(self, *args: Any, **options: Any) -> None:
        store = stores.sales_rollup()
        if options["action"] == "repair":
            with transaction.atomic():
                mended = run_now(sales_rollup.repair(store=store))
            self.stdout.write(f"Repaired {mended.days} sums of days and {mended.months} of months.")
        else:
            found = run_now(sales_rollup.find_deviations(store=store))
            for example in found.examples:
                self.stdout.write(f"lacks {example}")
            if found:
                raise CommandError(
                    f"{found.days} sums of days and {found.months} of months are not those of the "
                    "bookings; `manage.py sales_rollup repair` mends them."
                )
            self.stdout.write("The sums are those of the bookings.")
