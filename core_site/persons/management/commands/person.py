"""``manage.py person``: export or erase what is stored of one guest or user."""

import getpass
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from core_site.persons import person_requests
from core_site.staff_messages import staff_message
from shared_domain.persons import Person
from shared_domain.refusals import Refused


class Command(BaseCommand):
    help = (
        "Export everything that is stored of a person as JSON, or erase it. Facts of sales stay "
        "without the person. An erasure that was interrupted is finished by running it again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=["export", "erase"])
        who = parser.add_mutually_exclusive_group(required=True)
        who.add_argument("--email", help="guests and users with this address")
        who.add_argument("--booking", help="everyone on the booking with this reference")
        who.add_argument("--user", type=UUID, help="the user of a partner with this id")
        parser.add_argument(
            "--also-ahead", action="store_true", help="erase bookings that are still ahead as well"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        person = Person(
            email=options["email"], reference=options["booking"], user_id=options["user"]
        )
        by = f"command: {getpass.getuser()}"
        try:
            if options["action"] == "export":
                for part in person_requests.export(person, by=by):
                    self.stdout.write(part, ending="")
                return
            done = person_requests.erase(person, by=by, also_ahead=options["also_ahead"])
        except Refused as refusal:
            raise CommandError(f"Not done. {staff_message(refusal).text}.") from None
        self.stdout.write(f"Erased: {done.describe_rows()}.")
