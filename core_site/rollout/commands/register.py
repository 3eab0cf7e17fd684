"""``rollout register`` and ``expire``: by hand what Django's processes and the worker automate."""

import argparse

from core_site.idempotency.purge import purge_expired_records
from core_site.rollout.commands.arguments import Subcommands, path, text
from core_site.rollout.commands.exit_codes import CommandStopped
from core_site.rollout.commands.output import CommandOutput
from core_site.rollout.retention import delete_expired_findings
from core_site.rollout.route_registration import (
    REGISTERED_BY_HAND,
    register_by_hand,
    register_routes,
)
from core_site.rollout.routes import METHODS
from shared_domain.quantities import format_quantity
from shared_domain.rollout import EndpointName

#: In characters, that of ``Endpoint.upstream``.
LONGEST_UPSTREAM = 100


def add_to(subcommands: Subcommands) -> None:
    verb = subcommands.add(
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
        help="for an upstream that is another program than this: it has this endpoint too; "
        "may be repeated",
    )
    verb.add_argument(
        "--upstream", "--site", metavar="NAME", type=_upstream, default=REGISTERED_BY_HAND,
        help="which program --add speaks for, where there are several (default: %(default)r); "
        "formerly --site",
    )  # fmt: skip
    subcommands.add(
        "expire",
        _expire,
        help="delete comparisons and records that have expired; run it by cron where no worker is",
        example="",
    )


def _register(options: argparse.Namespace) -> CommandOutput:
    added = [_parse_name(*given) for given in options.add]
    names = register_by_hand(added, upstream=options.upstream) if added else register_routes()
    return CommandOutput(
        document={"registered": [{"method": name[0], "path_template": name[1]} for name in names]},
        lines=[
            f"Django has {format_quantity(len(names), 'endpoint')}:",
            *(f"  {' '.join(name)}" for name in names),
        ],
    )


def _upstream(given: str) -> str:
    if len(given) > LONGEST_UPSTREAM:
        raise argparse.ArgumentTypeError(f"must have at most {LONGEST_UPSTREAM} characters")
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
        raise CommandStopped(f"--add {given_method} {given_path}: {problem}") from None


def _expire(options: argparse.Namespace) -> CommandOutput:
    findings, records = delete_expired_findings(), purge_expired_records()
    return CommandOutput(
        document={"findings": findings, "records": records},
        lines=[
            f"deleted: {format_quantity(findings, 'finding')}, "
            f"{format_quantity(records, 'idempotency record')}"
        ],
    )
