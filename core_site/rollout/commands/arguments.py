"""The verbs on the command line: their arguments, their help, one example each."""

import argparse
import getpass
import os
from collections.abc import Callable

from core_site.rollout.commands.exit_codes import EXIT_CODE_HELP, CommandStopped, ExitCode
from core_site.rollout.commands.output import CommandOutput
from core_site.rollout.routes import METHODS
from shared_domain.rollout import MOST_GUARDED_CALLS, EndpointName, Stage

#: ``StageChange.actor`` and ``Endpoint.path_template`` are no longer.
_LONGEST_ACTOR, _LONGEST_PATH = 190, 500

_PROGRAM = "python core_site/manage.py rollout"

Run = Callable[[argparse.Namespace], CommandOutput]


class Subcommands:
    """The subcommands of ``manage.py rollout``."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
        parser.epilog = "exit status:\n" + "\n".join(
            f"  {code.value}  {meaning}" for code, meaning in EXIT_CODE_HELP.items()
        )
        self._verbs = parser.add_subparsers(
            title="verbs", dest="verb", metavar="VERB", required=True
        )

    def add(self, name: str, run: Run, *, help: str, example: str) -> argparse.ArgumentParser:
        """Add a verb; ``example`` is what could stand behind its name."""
        verb: argparse.ArgumentParser = self._verbs.add_parser(
            name,
            help=help,
            description=f"{help[:1].upper()}{help[1:]}.",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            epilog=f"example:\n  {_PROGRAM} {name} {example}".rstrip(),
        )
        verb.add_argument(
            "--json", action="store_true", help="print one JSON document and nothing else"
        )
        verb.set_defaults(run=run)
        return verb


def add_endpoint(verb: argparse.ArgumentParser, *, is_optional: bool = False) -> None:
    """Ask for METHOD and PATH; without them an optional one means every endpoint."""
    nargs = {"nargs": "?"} if is_optional else {}
    verb.add_argument(
        "method", metavar="METHOD", type=method, help=", ".join(METHODS), **nargs  # type: ignore[arg-type]
    )  # fmt: skip
    verb.add_argument(
        "path", metavar="PATH", type=path, help="the path template, as '/v1/users/{id}'", **nargs  # type: ignore[arg-type]
    )  # fmt: skip


def add_reason(verb: argparse.ArgumentParser) -> None:
    """Ask why, and who; both go into the history."""
    verb.add_argument(
        "--reason", metavar="TEXT", type=text, required=True, help="why, for the history"
    )
    verb.add_argument(
        "--actor", metavar="NAME", type=_actor, default=None,
        help="who does it; default: the user of this machine",
    )  # fmt: skip


def add_sides(verb: argparse.ArgumentParser, name: str, sides: tuple[str, ...], help: str) -> None:
    verb.add_argument(name, metavar="|".join(sides), choices=sides, help=help)


def endpoint_name(options: argparse.Namespace) -> EndpointName:
    return options.method, options.path


def optional_endpoint_name(options: argparse.Namespace) -> EndpointName | None:
    """Return the endpoint that was named, or None for all of them.

    Raises:
        CommandStopped: a method without a path.
    """
    if options.method is None:
        return None
    if options.path is None:
        raise CommandStopped("give METHOD and PATH, or neither", ExitCode.USAGE)
    return endpoint_name(options)


def history_actor(options: argparse.Namespace) -> str:
    """Return who the history names, marked as somebody at a command line."""
    return f"cli:{options.actor or _user_of_this_machine()}"


def stage(name: str) -> Stage:
    try:
        return Stage(name.lower())
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"no stage is called {name!r}; they are {', '.join(Stage)}"
        ) from None


def path(given: str) -> str:
    template = text(given)
    if not template.startswith("/") or len(template) > _LONGEST_PATH:
        raise argparse.ArgumentTypeError(
            f"a path template begins with / and has at most {_LONGEST_PATH} characters, "
            "as '/v1/users/{id}'"
        )
    return template


def text(given: str) -> str:
    """Return what was typed, if the database can keep it."""
    try:
        given.encode()
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError("not UTF-8") from None
    if not given.strip() or "\0" in given:
        raise argparse.ArgumentTypeError("must not be empty")
    return given.strip()


def at_least_one(given: str) -> int:
    if not given.isascii() or not given.isdecimal() or not 1 <= int(given) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{given!r} is not a whole number from 1 to 1,000,000")
    return int(given)


def at_least_none(given: str) -> int:
    if not given.isascii() or not given.isdecimal() or int(given) > MOST_GUARDED_CALLS:
        raise argparse.ArgumentTypeError(
            f"{given!r} is not a whole number from 0 to {MOST_GUARDED_CALLS:,}"
        )
    return int(given)


def percentage(given: str) -> int:
    if not given.isascii() or not given.isdecimal() or int(given) > 100:
        raise argparse.ArgumentTypeError(f"{given!r} is not a whole number from 0 to 100")
    return int(given)


def ratio(given: str) -> float:
    try:
        number = float(given)
    except ValueError:
        number = 0
    if not 0 < number <= 1000:
        raise argparse.ArgumentTypeError(f"{given!r} is not a number above 0, at most 1,000")
    return number


def method(given: str) -> str:
    name = given.upper()
    if name in ("HEAD", "OPTIONS"):
        raise argparse.ArgumentTypeError(f"{name} follows the other methods; name GET instead")
    if name not in METHODS:
        raise argparse.ArgumentTypeError(f"{given!r} is none of {', '.join(METHODS)}")
    return name


def _actor(given: str) -> str:
    name = text(given)
    if len(name) > _LONGEST_ACTOR:
        raise argparse.ArgumentTypeError(f"at most {_LONGEST_ACTOR} characters")
    return name


def _user_of_this_machine() -> str:
    try:
        return getpass.getuser()[:_LONGEST_ACTOR]
    except (KeyError, OSError):
        # In a container the user may have a number only.
        return f"uid {os.getuid()}"
