"""Run several management commands in one Django process, since starting Django takes longest.

``DjangoCommands`` runs this file as a program, which reads one command per line of standard input
and answers each with one line of JSON.
"""

import contextlib
import io
import json
import os
import select
import sys
from collections.abc import Mapping
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from deploy import processes
from deploy.console import SetupError
from deploy.signals import StopSignals
from deploy.virtualenv import PYTHON, ROOT
from shared_domain.tracebacks import describe, format_without_values


class DjangoCommands:
    """Runs management commands one after another in a child process, until it is closed."""

    def __init__(self, *, log: Path, environment: Mapping[str, str], stop: StopSignals) -> None:
        self._stop = stop
        self._child = processes.start(
            "django",
            [PYTHON, __file__],
            log=log,
            environment={**environment, "DJANGO_SETTINGS_MODULE": "core_site.config.settings"},
            folder=ROOT,
            has_pipes=True,
        )

    def close(self) -> None:
        self._child.stop()

    def run(self, *arguments: str) -> str:
        """Run one command, and return what it printed on standard output.

        Raises:
            SetupError: it failed.
        """
        questions, answers = self._child.pipes()
        line = json.dumps(arguments).encode() + b"\n"
        # A process that has just ended is reported below.
        with contextlib.suppress(BrokenPipeError):
            os.write(questions.fileno(), line)
        answer = b""
        while not answer.endswith(b"\n"):
            self._stop.check()
            if select.select([answers], [], [], 0.1)[0]:
                part = os.read(answers.fileno(), 65536)
                if not part:
                    break
                answer += part
        outcome = json.loads(answer) if answer else {"error": self._why_ended()}
        if "error" in outcome:
            reason = " ".join(outcome["error"].split())
            raise SetupError(
                f"`manage.py {arguments[0]}` failed: {reason} (all of it: {self._child.log})"
            )
        return str(outcome["printed"])

    def _why_ended(self) -> str:
        """Return the last line of its log: what is wrong with a setting, as Django says it."""
        return next(iter(self._child.last_lines(1)), "it ended by itself")


def serve_commands() -> None:
    """Run the commands that arrive on standard input, until it is closed."""
    # What a command prints on file descriptor 1 itself goes to the log, not between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    import django
    from django.core.management import call_command

    django.setup()
    for line in sys.stdin:
        printed = io.StringIO()
        try:
            with contextlib.redirect_stdout(printed):
                call_command(*json.loads(line), stdout=printed)
            outcome = {"printed": printed.getvalue()}
        except (Exception, SystemExit) as error:
            print(format_without_values(error), file=sys.stderr, flush=True)
            outcome = {"error": describe(error)}
        print(json.dumps(outcome), file=answers, flush=True)


if __name__ == "__main__":
    serve_commands()
