"""``manage.py roll_out_users``: bring a running demo's ``/v1/users`` to stage ``edge``."""

import http.client
import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError

from core_site.demo.users_rollout import UnexpectedStatus, describe_progress, roll_out_users


class Command(BaseCommand):
    help = (
        "Call the users' endpoints of a running demo with its partners' test keys, and promote "
        "each from shadow to edge as its evidence allows. Endpoints that others have changed are "
        "left alone."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--edge", metavar="URL", required=True, help="the edge's address")
        parser.add_argument(
            "--logins", metavar="FILE", type=Path, required=True,
            help="demo.json in the data folder of deploy/up, which holds the keys",
        )  # fmt: skip

    def handle(self, *args: Any, edge: str, logins: Path, **options: Any) -> None:
        try:
            by_partner = json.loads(logins.read_text(encoding="utf-8"))["logins"]["api_keys"]
        except (OSError, ValueError, KeyError) as problem:
            raise CommandError(f"{logins} holds no logins: {type(problem).__name__}") from None
        test_keys = {code: keys["test"] for code, keys in by_partner.items()}
        try:
            progress = roll_out_users(urlsplit(edge), test_keys)
        except (OSError, http.client.HTTPException, UnexpectedStatus) as problem:
            raise CommandError(f"stopped: {type(problem).__name__}: {problem}") from None
        self.stdout.write(describe_progress(progress))
