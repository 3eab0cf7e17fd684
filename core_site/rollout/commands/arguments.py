"""The arguments that several subcommands of ``manage.py rollout`` take."""

import argparse
import getpass
import os
from collections.abc import Callable

from core_site.rollout.commands.exit_codes import CommandStopped, ExitCode
from core_site.rollout.commands.output import CommandOutput
from core_site.rollout.routes import METHODS
from shared_domain.rollout import EndpointName, Stage

#: The lengths of ``StageChange.actor``, less its prefix, and of ``Endpoint.path_template``.
_MAX_ACTOR_LENGTH, _MAX_PATH_LENGTH = 190, 500

Run = Callable[[argparse.Namespace], CommandOutput]


class Subcommands:
    """Adds subcommands with ``--json``, a help text and one example each."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
        parser.epilog = "exit status:\n" + "\n".join(
            f"  {code.value}  {code.label}" for code in ExitCode
        )
        self._parsers = parser.add_subparsers(
            title="verbs", dest="verb", metavar="VERB", required=True
        )

    def add(self, name: str, run: Run, *, help: str, example: str) -> argparse.ArgumentParser:
        """Add a subcommand; ``example`` is an example of the arguments after its name."""
        program = "python core_site/manage.py rollout"
        verb: argparse.ArgumentParser = self._parsers.add_parser(
            name,
            help=help,
            description=f"{help[:1].upper()}{help[1:]}.",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            epilog=f"example:\n  {program} {name} {example}".rstrip(),
        )
        verb.add_argument(
            "--json", action="store_true", help="print one JSON document and nothing else"
        )
        verb.set_defaults(run=run)
        return verb


def add_endpoint(verb: argparse.ArgumentParser, *, is_optional: bool = False) -> None:
    """Add the arguments METHOD and PATH; if they are optional, none means every endpoint."""
    nargs = "?" if is_optional else None
    verb.add_argument(
        "method", metavar="METHOD", type=str.upper, choices=METHODS, nargs=nargs,
        help=f"{', '.join(METHODS)}; HEAD and OPTIONS follow GET",
    )  # fmt: skip
    verb.add_argument(
        "path", metavar="PATH", type=path, nargs=nargs, help="path template, as '/v1/users/{id}'"
    )


def add_reason(verb: argparse.ArgumentParser) -> None:
    """Add ``--reason`` and ``--actor``, which go into the history."""
    verb.add_argument(
        "--reason", metavar="TEXT", type=text, required=True, help="why, for the history"
    )
    verb.add_argument(
        "--actor", metavar="NAME", type=_actor, default=None,
        help="who does it; default: the user of this machine",
    )  # fmt: skip


def endpoint_name(options: argparse.Namespace) -> EndpointName:
    return options.method, options.path


def optional_endpoint_name(options: argparse.Namespace) -> EndpointName | None:
    """Return the endpoint that METHOD and PATH name, or None without them.

    Raises:
        CommandStopped: there is a method without a path.
    """
    if options.method is None:
        return None
    if options.path is None:
        raise CommandStopped("give METHOD and PATH, or neither")
    return endpoint_name(options)


def history_actor(options: argparse.Namespace) -> str:
    """Return the actor for the history: ``cli:`` with the name given, or else the system's user."""
    if options.actor:
        return f"cli:{options.actor}"
    try:
        return f"cli:{getpass.getuser()[:_MAX_ACTOR_LENGTH]}"
    except (KeyError, OSError):
        # In a container the user may have a number only.
        return f"cli:uid {os.getuid()}"


def stage(given: str) -> Stage:
    try:
        return Stage(given.lower())
    except ValueError:
        raise argparse.ArgumentTypeError(f"{given!r} is none of {', '.join(Stage)}") from None


def path(given: str) -> str:
    template = text(given)
    if not template.startswith("/") or len(template) > _MAX_PATH_LENGTH:
        raise argparse.ArgumentTypeError(
            f"a path template begins with / and has at most {_MAX_PATH_LENGTH} characters, "
            "as '/v1/users/{id}'"
        )
    return template


def text(given: str) -> str:
    """Return the stripped text; an argparse type that refuses what PostgreSQL cannot store."""
    try:
        given.encode()
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError("not UTF-8") from None
    if not given.strip() or "\0" in given:
        raise argparse.ArgumentTypeError("must not be empty")
    return given.strip()


def whole_number(low: int, high: int) -> Callable[[str], int]:
    """Return an argparse type for the whole numbers from ``low`` to ``high``."""

    def parse(given: str) -> int:
        if not given.isascii() or not given.isdecimal() or not low <= int(given) <= high:
            raise argparse.ArgumentTypeError(
                f"{given!r} is not a whole number from {low} to {high:,}"
            )
        return int(given)

    return parse


positive = whole_number(1, 1_000_000)
percentage = whole_number(0, 100)


def ratio(given: str) -> float:
    try:
        number = float(given)
    except ValueError:
        number = 0
    if not 0 < number <= 1000:
        raise argparse.ArgumentTypeError(f"{given!r} is not a number above 0, at most 1,000")
    return number


def _actor(given: str) -> str:
    name = text(given)
    if len(name) > _MAX_ACTOR_LENGTH:
        raise argparse.ArgumentTypeError(f"at most {_MAX_ACTOR_LENGTH} characters")
    return name
