"""``rollout replay``: recorded requests against both halves, for CI."""

import argparse
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from rich.console import Console
from rich.progress import track

from core_site.rollout.commands.arguments import Subcommands, add_endpoint, optional_endpoint_name
from core_site.rollout.commands.credentials import load_credentials
from core_site.rollout.commands.edge_client import EdgeClient, parity_key
from core_site.rollout.commands.exit_codes import CommandStopped, ExitCode
from core_site.rollout.commands.output import CommandOutput
from core_site.rollout.commands.recordings import (
    load_from_database,
    load_from_file,
    save_to_file,
)
from core_site.rollout.commands.replay_report import report


def add_to(verbs: Subcommands) -> None:
    verb = verbs.add(
        "replay",
        _replay,
        help="send recorded requests to the edge, which compares both halves; 1 if any differs",
        example="--edge http://127.0.0.1:8000 --file recordings.json",
    )
    add_endpoint(verb, is_optional=True)
    verb.add_argument(
        "--edge", "--door", metavar="URL", type=_address, default=None,
        help="the edge's address; default: PORTICO_PUBLIC_URL",
    )  # fmt: skip
    verb.add_argument(
        "--credentials", metavar="FILE", type=Path,
        help="who calls: lines such as Authorization: Token … or ?api_key=…; default: "
        "PORTICO_REPLAY_AS, which holds such lines, or PORTICO_REPLAY_KEY, an API key",
    )  # fmt: skip
    verb.add_argument(
        "--file", metavar="FILE", type=Path, help="recordings of --save; default: the database's"
    )
    verb.add_argument(
        "--save", metavar="FILE", type=Path, help="write the recordings there, and send nothing"
    )
    verb.add_argument(
        "--writes", action="store_true",
        help="send what is not GET too: Django really carries it out",
    )  # fmt: skip


def _replay(options: argparse.Namespace) -> CommandOutput:
    name = optional_endpoint_name(options)
    stored = load_from_database() if options.file is None else load_from_file(options.file)
    recorded = [one for one in stored if one.matches(name)]
    if not recorded:
        raise CommandStopped(
            "nothing is recorded: the edge records while it compares, in stage shadow and canary",
            ExitCode.INSUFFICIENT,
        )
    if options.save is not None:
        save_to_file(recorded, options.save)
        return CommandOutput(
            document={"saved": len(recorded), "file": str(options.save)},
            lines=[f"Saved {len(recorded)} recordings to {options.save}."],
        )
    sent = [one for one in recorded if options.writes or one.method == "GET"]
    client = _edge_client(options)
    progress = track(
        sent,
        description="requests",
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
    # Closed at once when the edge is gone: the bar must not stand before the error.
    with closing(progress) as requests:  # type: ignore[type-var]
        compared = [client.compare(request) for request in requests]
    return report(compared, left_out=len(recorded) - len(sent))


def _edge_client(options: argparse.Namespace) -> EdgeClient:
    return EdgeClient(
        address=options.edge or _address(getattr(settings, "PUBLIC_URL", "http://127.0.0.1:8000")),
        credentials=load_credentials(options.credentials),
        parity_key=parity_key(),
    )


def _address(given: str) -> SplitResult:
    """Return the scheme, host and port of an edge, as ``http://127.0.0.1:8000``."""
    message = f"{given!r} is not the address of an edge, as http://127.0.0.1:8000"
    try:
        address = urlsplit(given)
        is_http = address.scheme in ("http", "https") and address.hostname and address.port != 0
        has_more = address.username or address.path.strip("/") or address.query or address.fragment
    except ValueError:
        raise argparse.ArgumentTypeError(message) from None
    if not is_http or has_more:
        raise argparse.ArgumentTypeError(message)
    return address._replace(path="")
