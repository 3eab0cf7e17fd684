"""The history of an endpoint: who changed what, when and why."""

from dataclasses import dataclass

from core_site.rollout.documents.facts import describe_stage
from core_site.rollout.models import StageChange
from shared_domain import rollout

#: Changes shown, the newest first.
CHANGES_SHOWN = 100


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the history."""

    row: StageChange

    @property
    def from_stage(self) -> str:
        return describe_stage(self.row.from_stage, self.row.from_percent)

    @property
    def to_stage(self) -> str:
        return describe_stage(self.row.to_stage, self.row.to_percent)

    @property
    def is_automatic(self) -> bool:
        """Whether the edge rolled back because an error budget was spent."""
        return self.row.actor == rollout.BUDGET_ACTOR

    @property
    def moves(self) -> bool:
        """Whether it changed who answers; pins and budgets are in the history as well."""
        return self.from_stage != self.to_stage


def audit_entries(endpoint_id: int) -> list[AuditEntry]:
    stored = StageChange.objects.filter(endpoint_id=endpoint_id)[:CHANGES_SHOWN]
    return [AuditEntry(row) for row in stored]
