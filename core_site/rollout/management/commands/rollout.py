"""``manage.py rollout``: see which half answers what, prove it, and change it."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connections

from core_site.rollout.commands import (
    evidence,
    expire,
    list_endpoints,
    register,
    replay,
    scaffold,
    set_stage,
    show,
)
from core_site.rollout.commands.arguments import Subcommands
from core_site.rollout.commands.runner import leave, run
from core_site.rollout.database import registry_alias

VERBS = (list_endpoints, show, set_stage, evidence, replay, scaffold, register, expire)


class Command(BaseCommand):
    help = (
        "Move endpoints from Django to FastAPI one at a time: see who answers what, what was "
        "compared and what is missing, and change it. Every change has a reason and a history."
    )
    requires_system_checks = []
    suppressed_base_arguments = {
        "--version", "--verbosity", "--settings", "--pythonpath", "--traceback", "--no-color",
        "--force-color", "--skip-checks",
    }  # fmt: skip

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = Subcommands(parser)
        for module in VERBS:
            module.add_to(verbs)

    def run_from_argv(self, argv: list[str]) -> None:
        # One connection is enough, and without a pool, which goes on trying, its failure is heard
        # at once.
        connections[registry_alias()].settings_dict["OPTIONS"].pop("pool", None)
        super().run_from_argv(argv)

    def handle(self, **options: Any) -> None:
        chosen = argparse.Namespace(**options)
        leave(run(chosen, stdout=self.stdout, stderr=self.stderr))
