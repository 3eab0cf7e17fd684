"""``rollout diffs``: what differed between the two halves, most frequent first."""

import argparse
from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from rich.console import RenderableType

from core_site.rollout.commands.arguments import (
    Subcommands,
    add_endpoint,
    optional_endpoint_name,
    positive,
)
from core_site.rollout.commands.exit_codes import ExitCode
from core_site.rollout.commands.output import CommandOutput, fact_table
from core_site.rollout.documents import Fact, load_document
from core_site.rollout.documents.facts import describe_example, format_time
from core_site.rollout.metrics import running_builds
from core_site.rollout.models import Build, BuildDifference


def add_to(subcommands: Subcommands) -> None:
    verb = subcommands.add(
        "diffs",
        _diffs,
        help="show what differed, most frequent first, each with one example; 1 if anything did",
        example="GET '/v1/users/{id}' --limit 5",
    )
    add_endpoint(verb, is_optional=True)
    verb.add_argument(
        "--limit", metavar="N", type=positive, default=20,
        help="how many kinds of difference; default: %(default)s",
    )  # fmt: skip
    verb.add_argument(
        "--all-builds",
        action="store_true",
        help="also those of builds that no longer run, as long as they are kept",
    )


def _diffs(options: argparse.Namespace) -> CommandOutput:
    name, now = optional_endpoint_name(options), timezone.now()
    found = BuildDifference.objects.select_related("difference__endpoint").order_by(
        "-count", "difference__path", "id"
    )
    if name is not None:
        found = found.filter(difference__endpoint_id=load_document(name, now=now).endpoint.id)
    if not options.all_builds:
        found = found.filter(build__in=running_builds(now=now))
    total, shown = found.count(), list(found[: options.limit])
    builds = Build.objects.in_bulk({row.build_id for row in shown})
    names = {id: build.short for id, build in builds.items()}
    differences = [_as_json(row, names.get(row.build_id, "unknown")) for row in shown]
    lines = [line for difference in differences for line in _lines(difference)]
    if total > len(shown):
        lines.append(f"and {total - len(shown):,} more; --limit {total} shows them all")
    return CommandOutput(
        document={"total": total, "differences": differences},
        lines=lines or ["No differences are known."],
        exit_code=ExitCode.DIFFERS if total else ExitCode.DONE,
    )


def _as_json(row: BuildDifference, build: str) -> dict[str, Any]:
    place = row.difference
    return {
        "method": place.endpoint.method,
        "path_template": place.endpoint.path_template,
        "path": place.path,
        "kind": place.kind,
        "build": build,
        "count": row.count,
        "first_at": row.first_at,
        "last_at": row.last_at,
        "example_request_id": row.example_request_id,
        "example": row.example,
    }


def _lines(difference: Mapping[str, Any]) -> list[RenderableType]:
    first, last = format_time(difference["first_at"]), format_time(difference["last_at"])
    return [
        "{method} {path_template}  {path}  {kind}".format_map(difference),
        f"  {difference['count']:,} times, first {first}, last {last}",
        f"  as in request {difference['example_request_id']}, with build {difference['build']}",
        example_table(difference["example"]),
        "",
    ]


def example_table(example: Mapping[str, Any]) -> RenderableType:
    return fact_table(Fact(f"  {side}", value) for side, value in describe_example(example))
