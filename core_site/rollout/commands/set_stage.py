"""``rollout set-stage``: change who answers an endpoint, with a reason."""

import argparse

from django.utils import timezone

from core_site import stores
from core_site.rollout.callers import empty_canary_warning
from core_site.rollout.commands.arguments import (
    Subcommands,
    add_endpoint,
    add_reason,
    endpoint_name,
    history_actor,
    percentage,
    stage,
)
from core_site.rollout.commands.output import CommandOutput, indented
from core_site.rollout.database import registry_alias
from core_site.rollout.documents import describe_stage
from core_site.rollout.documents.as_json import endpoint_as_json
from core_site.rollout.models import StageChange
from core_site.transactions import in_one_transaction
from shared_domain import rollout
from shared_domain.rollout import Endpoint, Stage
from shared_domain.run_now import run_now


def add_to(subcommands: Subcommands) -> None:
    verb = subcommands.add(
        "set-stage",
        _set_stage,
        help="change who answers an endpoint; every process of the edge follows within a second",
        example="GET /v1/users canary --percent 1 --reason 'proven'",
    )
    add_endpoint(verb)
    verb.add_argument("stage", metavar="STAGE", type=stage, help=", ".join(Stage))
    verb.add_argument(
        "--percent",
        metavar="N",
        type=percentage,
        help="the canary's share of partners, 1 to 100; the first canary of a build: 1",
    )
    verb.add_argument(
        "--reverse-shadow", action="store_true",
        help="in stage edge: ask Django too, so that going back stays proven",
    )  # fmt: skip
    verb.add_argument(
        "--force", action="store_true",
        help="go ahead without the evidence; the history says so",
    )  # fmt: skip
    add_reason(verb)


def _set_stage(options: argparse.Namespace) -> CommandOutput:
    def change() -> tuple[Endpoint, StageChange]:
        changed = run_now(
            rollout.set_stage(
                endpoint_name(options),
                options.stage,
                percent=options.percent,
                is_reverse_shadowed=options.reverse_shadow,
                reason=options.reason,
                actor=history_actor(options),
                is_forced=options.force,
                now=timezone.now(),
                store=stores.endpoints(),
            )
        )
        return changed, StageChange.objects.filter(endpoint_id=changed.id).latest("id")

    endpoint, entry = in_one_transaction(change, using=registry_alias())
    before = describe_stage(entry.from_stage, entry.from_percent)
    after = describe_stage(endpoint.stage, endpoint.percent)
    forced = ", forced: the evidence was missing, and the history says so"
    warning = empty_canary_warning(endpoint)
    return CommandOutput(
        document=endpoint_as_json(endpoint)
        | {
            name: getattr(entry, name)
            for name in ("from_stage", "from_percent", "is_forced", "actor")
        },
        lines=[
            f"{endpoint.name}: {before} to {after}{forced if entry.is_forced else ''}",
            *([indented(warning, 2, hanging=0)] if warning else []),
        ],
    )
