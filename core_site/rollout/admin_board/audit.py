"""Who changed what about an endpoint, when and why, as staff read it."""

from dataclasses import dataclass
from datetime import datetime

from core_site.rollout.models import StageChange
from shared_domain import rollout
from shared_domain.rollout import Stage

#: Changes shown, the newest first.
CHANGES_SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One line of the audit."""

    at: datetime
    actor: str
    from_stage: str
    to_stage: str
    reason: str
    is_forced: bool

    @property
    def is_automatic(self) -> bool:
        """Whether a spent budget did it, and nobody else."""
        return self.actor == rollout.BUDGET_ACTOR

    @property
    def moves(self) -> bool:
        """Whether somebody else answers since; pins and budgets are in the audit as well."""
        return self.from_stage != self.to_stage


def audit_entries(endpoint_id: int) -> list[AuditEntry]:
    stored = StageChange.objects.filter(endpoint_id=endpoint_id)[:CHANGES_SHOWN]
    return [
        AuditEntry(
            at=row.at,
            actor=row.actor,
            from_stage=describe_stage(row.from_stage, row.from_percent),
            to_stage=describe_stage(row.to_stage, row.to_percent),
            reason=row.reason,
            is_forced=row.is_forced,
        )
        for row in stored
    ]


def describe_stage(stage: str, percent: int) -> str:
    """Return ``canary 10 %``, or the stage alone where it has no share."""
    return f"{stage} {percent} %" if stage == Stage.CANARY else str(stage)
