"""``rollout scaffold``: the first draft of an endpoint's move."""

import argparse
from pathlib import Path

from django.conf import settings
from rich.console import RenderableType

from core_site import stores
from core_site.rollout import scaffolding
from core_site.rollout.commands.arguments import Subcommands, add_endpoint, endpoint_name
from core_site.rollout.commands.exit_codes import CommandStopped, ExitCode
from core_site.rollout.commands.output import CommandOutput, indented
from core_site.rollout.models import Recording
from core_site.rollout.scaffolding import Draft, Sample
from shared_domain.rollout import EndpointName
from shared_domain.run_now import run_now


def _root() -> Path:
    """Return Portico's own folder; a project that is not Portico is drafted where it is."""
    site: Path | None = getattr(settings, "SITE_DIR", None)
    return site.parent if site else Path()


def add_to(verbs: Subcommands) -> None:
    verb = verbs.add(
        "scaffold",
        _scaffold,
        help="write schema, endpoint, service and test from Django's view and recorded traffic",
        example="GET '/v1/statements/{month}' --dry-run",
    )
    add_endpoint(verb)
    verb.add_argument(
        "--dry-run", action="store_true", help="say what would be written, and write nothing"
    )
    verb.add_argument(
        "--root", metavar="FOLDER", type=Path, default=_root(),
        help="the repository to write into; default: this one",
    )  # fmt: skip


def _scaffold(options: argparse.Namespace) -> CommandOutput:
    name = endpoint_name(options)
    try:
        draft = scaffolding.draft(*name, root=options.root, observed=_observed(name))
        if not options.dry_run:
            draft.write()
    except scaffolding.ScaffoldRefused as refusal:
        # The list of what there is stands in lines of its own.
        told = "; ".join(line.strip() for line in str(refusal).splitlines())
        raise CommandStopped(told.replace(":;", ":"), ExitCode.REFUSED) from None
    except OSError as problem:
        where = f"{problem.filename}: " if problem.filename else ""
        raise CommandStopped(
            f"nothing was written: {where}{problem.strerror}", ExitCode.REFUSED
        ) from None
    return CommandOutput(
        document={
            "written": not options.dry_run,
            "files": [{"path": str(file.path), "lines": file.line_count} for file in draft.files],
            "questions": list(draft.questions),
            "by_hand": draft.by_hand,
        },
        lines=_lines(draft, "Would write" if options.dry_run else "Written"),
    )


def _lines(draft: Draft, verb: str) -> list[RenderableType]:
    lines: list[RenderableType] = [
        f"{verb}:",
        *(f"  {it.path} ({it.line_count} lines)" for it in draft.files),
    ]
    if draft.questions:
        lines += ["", "What could not be inferred is a failing test each:"]
        for question in draft.questions:
            lines.append(indented(f"- {question}", 2))
    return [*lines, "", "Left to add by hand:", "", *draft.by_hand.splitlines()]


def _observed(name: EndpointName) -> list[Sample]:
    """Return what was recorded of the endpoint; nothing where the registry does not know it."""
    endpoint = run_now(stores.endpoints().get(name))
    if endpoint is None:
        return []
    return [
        Sample(
            status=row.status,
            target=row.target,
            body=row.body,
            answer=row.answer,
            headers=row.headers,
        )
        for row in Recording.objects.filter(endpoint_id=endpoint.id)
    ]
