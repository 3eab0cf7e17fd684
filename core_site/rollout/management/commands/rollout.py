"""``manage.py rollout``: show and change which half answers an endpoint, with the evidence."""

import argparse
import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import InterfaceError, OperationalError, ProgrammingError, connections
from psycopg.errors import UndefinedTable

from core_site.rollout.commands import change, register, replay, scaffold, show
from core_site.rollout.commands.arguments import Subcommands
from core_site.rollout.commands.exit_codes import VERDICT_EXIT_CODES, CommandStopped, ExitCode
from core_site.rollout.commands.output import replace_unprintable
from core_site.rollout.database import registry_alias
from core_site.rollout.refusal_messages import stage_message
from core_site.staff_messages import AdminRefused
from shared_domain.rollout import PromotionNotProven, PromotionVerdict, StageRefused

SUBCOMMANDS = (show, change, replay, scaffold, register)

#: The exit status of a process that was ended by Ctrl-C, as shells report it.
_INTERRUPTED = 130


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
        subcommands = Subcommands(parser)
        for module in SUBCOMMANDS:
            module.add_to(subcommands)

    def run_from_argv(self, argv: list[str]) -> None:
        # One connection is enough, and without a pool, which goes on trying, its failure is heard
        # at once.
        connections[registry_alias()].settings_dict["OPTIONS"].pop("pool", None)
        super().run_from_argv(argv)

    def handle(self, **options: Any) -> None:
        try:
            output = options["run"](argparse.Namespace(**options))
        except KeyboardInterrupt:
            raise CommandError("interrupted", returncode=_INTERRUPTED) from None
        except (
            CommandStopped,
            StageRefused,
            # A row that another transaction holds for too long.
            AdminRefused,
            OperationalError,
            InterfaceError,
            ProgrammingError,
        ) as why:
            stopped = _as_command_error(why)
            if options["json"]:
                self.stdout.write(json.dumps(_as_json(why, stopped), indent=2))
            raise stopped from None
        self.stdout.write(output.as_json() if options["json"] else output.as_text(self.stdout))
        if output.exit_code:
            sys.exit(output.exit_code.value)


def _as_command_error(why: Exception) -> CommandError:
    """Return the one line that is printed, with its exit status."""
    if isinstance(why, CommandError):
        message, status = str(why), why.returncode
    elif isinstance(why, PromotionNotProven):
        words = stage_message(why).text
        message = f"{words}; --force goes ahead without it, and the history says so"
        status = VERDICT_EXIT_CODES[PromotionVerdict(why.verdict)]
    elif isinstance(why, StageRefused):
        message, status = stage_message(why).text, ExitCode.REFUSED
    elif isinstance(why, AdminRefused):
        message, status = why.message, ExitCode.REFUSED
    elif not isinstance(why, ProgrammingError):
        message = "the database does not answer; is it running, and is DATABASE_URL right?"
        status = ExitCode.UNREACHABLE
    elif isinstance(why.__cause__, UndefinedTable):
        message = "the database has no table of endpoints; run `manage.py migrate` first"
        status = ExitCode.UNREACHABLE
    else:
        raise why
    return CommandError(replace_unprintable(message), returncode=int(status))


def _as_json(why: Exception, stopped: CommandError) -> dict[str, Any]:
    document: dict[str, Any] = {"error": str(stopped), "exit_status": stopped.returncode}
    if isinstance(why, PromotionNotProven):
        document |= {"verdict": why.verdict, "lacking": list(why.missing)}
    return document
