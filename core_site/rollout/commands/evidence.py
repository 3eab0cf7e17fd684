"""``rollout evidence``: what the next stage of an endpoint still needs."""

import argparse

from django.utils import timezone

from core_site.rollout.commands.arguments import Subcommands, add_endpoint, endpoint_name, stage
from core_site.rollout.commands.exit_codes import VERDICT_EXIT_CODES, CommandStopped, ExitCode
from core_site.rollout.commands.output import CommandOutput, fact_table, indented
from core_site.rollout.documents import evidence_facts, load_document
from core_site.rollout.documents.as_json import (
    builds_as_json,
    endpoint_as_json,
    evidence_as_json,
    seen_as_json,
)
from core_site.rollout.untracked_writes import untracked_writes
from shared_domain.rollout import Stage


def add_to(subcommands: Subcommands) -> None:
    verb = subcommands.add(
        "evidence",
        _evidence,
        help="show what the next stage still needs; 0 if ready, 4 if too little, 1 if it differs",
        example="GET '/v1/users/{id}' --to canary",
    )
    add_endpoint(verb)
    verb.add_argument(
        "--to", metavar="STAGE", type=stage, help=f"{', '.join(Stage)}; default: the next one"
    )


def _evidence(options: argparse.Namespace) -> CommandOutput:
    document = load_document(endpoint_name(options), options.to, now=timezone.now())
    endpoint, evidence, target = document.endpoint, document.evidence, document.target
    if options.to is None and target is endpoint.stage:
        raise CommandStopped(
            f"{endpoint.name} is retired: there is no step forward", ExitCode.REFUSED
        )
    # What set-stage would refuse is refused here, whatever the evidence says.
    endpoint.check_stage(target)
    traffic, seen = document.traffic, evidence.stats
    return CommandOutput(
        document={
            **endpoint_as_json(endpoint),
            **evidence_as_json(target, evidence),
            **builds_as_json(document),
            "seen": seen_as_json(seen),
            "unseen": untracked_writes(endpoint, seen),
            "dropped": {"calls": traffic.dropped, "percent": traffic.dropped_percent},
        },
        lines=[
            f"{endpoint.name}: {endpoint.stage} to {target}",
            fact_table(evidence_facts(document)),
            *(indented(f"missing: {missing}", 2, hanging=9) for missing in evidence.missing),
            f"verdict: {evidence.verdict}",
        ],
        exit_code=VERDICT_EXIT_CODES[evidence.verdict],
    )
