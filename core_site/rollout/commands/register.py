"""``rollout register``: register Django's endpoints without a restart."""

import argparse

from core_site.rollout.commands.arguments import Subcommands, path, text
from core_site.rollout.commands.exit_codes import CommandStopped, ExitCode
from core_site.rollout.commands.output import CommandOutput
from core_site.rollout.route_registration import REGISTERED_BY_HAND, register_by_hand, register_site
from core_site.rollout.routes import METHODS
from shared_domain.rollout import EndpointName

#: ``Endpoint.site`` is no longer.
LONGEST_SITE = 100


def add_to(verbs: Subcommands) -> None:
    verb = verbs.add(
        "register",
        _register,
        help="register what Django has: the API routes of its URLconf, or what --add names",
        example="--add GET '/legacy/orders/{id}'",
    )
    verb.add_argument(
        "--add",
        nargs=2,
        action="append",
        default=[],
        metavar=("METHOD", "PATH"),
        help="for a site that is another program than this: it has this endpoint too; "
        "may be repeated",
    )
    verb.add_argument(
        "--site", metavar="NAME", type=_site, default=REGISTERED_BY_HAND,
        help="which program --add speaks for, where there are several (default: %(default)r)",
    )  # fmt: skip


def _register(options: argparse.Namespace) -> CommandOutput:
    added = [_parse_name(*given) for given in options.add]
    names = register_by_hand(added, site=options.site) if added else register_site()
    return CommandOutput(
        document={"registered": [{"method": name[0], "path_template": name[1]} for name in names]},
        lines=[f"The site has {len(names)} endpoints:", *(f"  {' '.join(name)}" for name in names)],
    )


def _site(given: str) -> str:
    if len(given) > LONGEST_SITE:
        raise argparse.ArgumentTypeError(f"must have at most {LONGEST_SITE} characters")
    return text(given)


def _parse_name(given_method: str, given_path: str) -> EndpointName:
    """Return the endpoint that ``--add`` names; argparse gives both words the same type.

    Raises:
        CommandStopped: the method or the path is none.
    """
    method = given_method.upper()
    try:
        if method not in METHODS:
            raise argparse.ArgumentTypeError(f"{given_method!r} is none of {', '.join(METHODS)}")
        return method, path(given_path)
    except argparse.ArgumentTypeError as problem:
        raise CommandStopped(
            f"--add {given_method} {given_path}: {problem}", ExitCode.USAGE
        ) from None
