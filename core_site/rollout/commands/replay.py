"""``rollout replay``: send recorded requests to both halves, and report what differs, for CI."""

import argparse
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from rich.console import Console, RenderableType
from rich.progress import track

from core_site.rollout.commands.arguments import Subcommands, add_endpoint, optional_endpoint_name
from core_site.rollout.commands.credentials import load_credentials
from core_site.rollout.commands.edge_client import (
    NOT_COMPARED,
    ComparedRequest,
    EdgeClient,
    parity_key,
)
from core_site.rollout.commands.exit_codes import CommandStopped, ExitCode
from core_site.rollout.commands.output import CommandOutput, cell, example_table, number_table
from core_site.rollout.commands.recordings import (
    load_from_database,
    load_from_file,
    save_to_file,
)
from shared_domain.rollout.wire import Verdict

_DIFFERS = frozenset(verdict for verdict in Verdict if verdict.differs)
_UNDECIDED = frozenset(verdict for verdict in Verdict if not verdict.is_compared)

_HEADINGS = ("", "sent", "match", "differ", "undecided", "not compared", "as recorded")


def add_to(subcommands: Subcommands) -> None:
    verb = subcommands.add(
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
    return _report(compared, left_out=len(recorded) - len(sent))


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


@dataclass(kw_only=True)
class _Tally:
    """The verdicts on the requests of one endpoint."""

    verdicts: Counter[str] = field(default_factory=Counter)
    as_recorded: int = 0
    differing: list[ComparedRequest] = field(default_factory=list)

    def count(self, compared: ComparedRequest) -> None:
        self.verdicts[compared.verdict] += 1
        self.as_recorded += compared.status == compared.recorded.status
        if compared.verdict in _DIFFERS:
            self.differing.append(compared)

    def row(self, name: str) -> tuple[str, ...]:
        counts = (
            self.verdicts.total(),
            self.verdicts[Verdict.MATCH],
            len(self.differing),
            sum(self.verdicts[verdict] for verdict in _UNDECIDED),
            self.verdicts[NOT_COMPARED],
            self.as_recorded,
        )
        return name, *map(str, counts)


def _report(compared: Sequence[ComparedRequest], *, left_out: int) -> CommandOutput:
    """Return the counts by endpoint, every difference, and whether the replay proves anything."""
    tallies: dict[tuple[str, str], _Tally] = {}
    for one in compared:
        tallies.setdefault(one.recorded.name, _Tally()).count(one)
    rows = [tally.row(" ".join(name)) for name, tally in tallies.items()]
    lines: list[RenderableType] = [number_table(_HEADINGS, [("", rows)])]
    for tally in tallies.values():
        for one in tally.differing:
            lines += ["", *_difference(one)]
    if left_out:
        lines += ["", f"{left_out} writes were left out; --writes sends them, to be carried out."]
    exit_code, conclusion = _conclusion(tallies)
    return CommandOutput(
        document={
            "exit_status": exit_code.value,
            "conclusion": conclusion,
            "writes_left_out": left_out,
            "endpoints": [_document(name, tally) for name, tally in tallies.items()],
        },
        lines=[*lines, "", cell(conclusion)],
        exit_code=exit_code,
    )


def _conclusion(tallies: Mapping[tuple[str, str], _Tally]) -> tuple[ExitCode, str]:
    said = sum((tally.verdicts for tally in tallies.values()), Counter[str]())
    unproven = [
        " ".join(name) for name, tally in tallies.items() if not tally.verdicts[Verdict.MATCH]
    ]
    differ = sum(len(tally.differing) for tally in tallies.values())
    if differ:
        return ExitCode.DIFFERS, f"{differ} of {said.total()} requests differ."
    if not said:
        return ExitCode.INSUFFICIENT, "Nothing was sent."
    if said[NOT_COMPARED] == said.total():
        return (
            ExitCode.MISCONFIGURED,
            "Nothing was compared: the edge does not know PORTICO_PARITY_KEY, or is none, or one "
            "half does not have these endpoints.",
        )
    if unproven:
        listed = ", ".join(unproven)
        return ExitCode.INSUFFICIENT, f"Nothing agreed of {listed}: that proves nothing."
    return ExitCode.DONE, f"{said[Verdict.MATCH]} of {said.total()} requests agree, none differs."


def _difference(one: ComparedRequest) -> list[RenderableType]:
    request = f"{one.recorded.method} {one.recorded.target}"
    lines: list[RenderableType] = [f"{request}: differs, in request {one.request_id}"]
    for found in one.differences:
        lines.append(f"  {found.get('path', '?')}  {found.get('kind', '?')}")
        lines.append(example_table(found))
    return lines


def _document(name: tuple[str, str], tally: _Tally) -> dict[str, Any]:
    return {
        "method": name[0],
        "path_template": name[1],
        "sent": tally.verdicts.total(),
        "verdicts": dict(tally.verdicts),
        "as_recorded": tally.as_recorded,
        "differing": [
            {
                "target": one.recorded.target,
                "verdict": one.verdict,
                "request_id": one.request_id,
                "differences": list(one.differences),
            }
            for one in tally.differing
        ],
    }
