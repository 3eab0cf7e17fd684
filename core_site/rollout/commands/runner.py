"""Run one verb: its answer goes to stdout, what stops it is one line on stderr."""

import argparse
import json
import sys
from typing import Any

from django.core.management.base import OutputWrapper
from django.db import InterfaceError, OperationalError, ProgrammingError
from psycopg.errors import UndefinedTable

from core_site.rollout.commands.exit_codes import VERDICT_EXIT_CODES, CommandStopped, ExitCode
from core_site.rollout.commands.output import replace_unprintable
from shared_domain.refusals import Refused
from shared_domain.rollout import PromotionNotProven, PromotionVerdict

_NO_DATABASE = "the database does not answer; is it running, and is DATABASE_URL right?"
_NOT_MIGRATED = "the database has no table of endpoints; run `manage.py migrate` first"

#: What a shell says of a command that was ended by Ctrl-C.
_INTERRUPTED = 130


def run(options: argparse.Namespace, *, stdout: OutputWrapper, stderr: OutputWrapper) -> ExitCode:
    """Return the exit status; nothing raised by the business or the network gets past."""
    try:
        answer = options.run(options)
    except KeyboardInterrupt:
        stderr.write(f"rollout {options.verb}: interrupted")
        sys.exit(_INTERRUPTED)
    except (CommandStopped, Refused, OperationalError, InterfaceError, ProgrammingError) as problem:
        message, exit_code = _told(problem)
        stderr.write(f"rollout {options.verb}: {replace_unprintable(message)}")
        if options.json:
            stdout.write(json.dumps(_as_document(problem, message, exit_code), indent=2))
        return exit_code
    stdout.write(answer.as_json() if options.json else answer.as_text())
    return answer.exit_code


def leave(exit_code: ExitCode) -> None:
    if exit_code:
        sys.exit(exit_code.value)


def _told(problem: Exception) -> tuple[str, ExitCode]:
    if isinstance(problem, CommandStopped):
        return str(problem), problem.exit_code
    if isinstance(problem, PromotionNotProven):
        goes_ahead = "; --force goes ahead without it, and the history says so"
        return f"{problem}{goes_ahead}", VERDICT_EXIT_CODES[PromotionVerdict(problem.verdict)]
    if isinstance(problem, Refused):
        return str(problem), ExitCode.REFUSED
    if isinstance(problem, ProgrammingError):
        if not isinstance(problem.__cause__, UndefinedTable):
            raise problem
        return _NOT_MIGRATED, ExitCode.UNREACHABLE
    return _NO_DATABASE, ExitCode.UNREACHABLE


def _as_document(problem: Exception, message: str, exit_code: ExitCode) -> dict[str, Any]:
    document: dict[str, Any] = {"error": message, "exit_status": exit_code.value}
    if isinstance(problem, PromotionNotProven):
        document |= {"verdict": problem.verdict, "lacking": list(problem.missing)}
    return document
