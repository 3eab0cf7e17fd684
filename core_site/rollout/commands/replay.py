"""``rollout replay``: recorded requests against both halves, for CI."""

import argparse
from contextlib import closing
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from core_site.rollout.commands.arguments import Subcommands, add_endpoint, optional_endpoint_name
from core_site.rollout.commands.credentials import credentials
from core_site.rollout.commands.edge_client import EdgeClient, parity_key
from core_site.rollout.commands.exit_codes import CommandStopped, ExitCode
from core_site.rollout.commands.output import CommandOutput
from core_site.rollout.commands.progress import counted
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
        help="send recorded requests to the door, which compares both halves; 1 if any differs",
        example="--door http://127.0.0.1:8000 --file recordings.json",
    )
    add_endpoint(verb, is_optional=True)
    verb.add_argument(
        "--door", metavar="URL", type=_address, default=None,
        help="the front door; default: PORTICO_PUBLIC_URL",
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
        help="send what is not GET too: the site really carries it out",
    )  # fmt: skip


def _replay(options: argparse.Namespace) -> CommandOutput:
    name = optional_endpoint_name(options)
    stored = load_from_database() if options.file is None else load_from_file(options.file)
    recorded = [one for one in stored if one.matches(name)]
    if not recorded:
        raise CommandStopped(
            "nothing is recorded: the door records while it compares, in stage shadow and canary",
            ExitCode.INSUFFICIENT,
        )
    if options.save is not None:
        save_to_file(recorded, options.save)
        return CommandOutput(
            document={"saved": len(recorded), "file": str(options.save)},
            lines=[f"Saved {len(recorded)} recordings to {options.save}."],
        )
    sent = [one for one in recorded if options.writes or one.method == "GET"]
    door = _door(options)
    # Closed at once when the door is gone: the bar must not stand before the error.
    with closing(counted(sent, what="requests")) as requests:
        compared = [door.compare(one) for one in requests]
    return report(compared, left_out=len(recorded) - len(sent))


def _door(options: argparse.Namespace) -> EdgeClient:
    shown = credentials(options.credentials)
    address = options.door or _address(getattr(settings, "PUBLIC_URL", "http://127.0.0.1:8000"))
    return EdgeClient(address=address, credentials=shown, parity_key=parity_key())


def _address(given: str) -> SplitResult:
    """Return the door's address, if it is one and nothing more."""
    wrong = argparse.ArgumentTypeError(
        f"{given!r} is not the address of a door, as http://127.0.0.1:8000"
    )
    try:
        address = urlsplit(given)
        is_address = address.scheme in ("http", "https") and bool(address.hostname)
        has_more = address.username or address.path.strip("/") or address.query or address.fragment
        if not is_address or has_more or address.port == 0:
            raise wrong
    except ValueError:
        raise wrong from None
    return address._replace(path="")
