"""``rollout register``: tell the registry now what a site tells as it starts."""

import argparse

from core_site.rollout.commands.arguments import Subcommands, method, path, text
from core_site.rollout.commands.exit_codes import CommandStopped, ExitCode
from core_site.rollout.commands.output import CommandOutput
from core_site.rollout.route_registration import REGISTERED_BY_HAND, register_by_hand, register_site
from shared_domain.rollout import EndpointName

#: ``Endpoint.site`` is no longer.
LONGEST_SITE = 100


def add_to(verbs: Subcommands) -> None:
    verb = verbs.add(
        "register",
        _register,
        help="register what the site has: the API routes of its URLconf, or what --add names",
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
    added = [_name(*given) for given in options.add]
    names = register_by_hand(added, site=options.site) if added else register_site()
    return CommandOutput(
        document={"registered": [{"method": it, "path_template": at} for it, at in names]},
        lines=[f"The site has {len(names)} endpoints:", *(f"  {it} {at}" for it, at in names)],
    )


def _site(given: str) -> str:
    if len(given) > LONGEST_SITE:
        raise argparse.ArgumentTypeError(f"must have at most {LONGEST_SITE} characters")
    return text(given)


def _name(given_method: str, given_path: str) -> EndpointName:
    """Return the name that was typed.

    Raises:
        CommandStopped: it is none. Argparse gives both words the same type, so it cannot tell.
    """
    try:
        return method(given_method), path(given_path)
    except argparse.ArgumentTypeError as problem:
        raise CommandStopped(
            f"--add {given_method} {given_path}: {problem}", ExitCode.USAGE
        ) from None
