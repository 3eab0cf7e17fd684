"""``rollout expire``: delete expired findings, for a project without Portico's worker."""

import argparse

from core_site.rollout.commands.arguments import Subcommands
from core_site.rollout.commands.output import CommandOutput
from core_site.rollout.retention import delete_expired_findings, delete_expired_records


def add_to(verbs: Subcommands) -> None:
    verbs.add(
        "expire",
        _expire,
        help="delete comparisons and records that have expired; run it by cron where no worker is",
        example="",
    )


def _expire(options: argparse.Namespace) -> CommandOutput:
    findings, records = delete_expired_findings(), delete_expired_records()
    return CommandOutput(
        document={"findings": findings, "records": records},
        lines=[f"deleted: {findings} findings, {records} idempotency records"],
    )
