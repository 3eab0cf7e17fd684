"""A migration operation that changes models at once: fields, indexes, constraints, triggers."""

from django.db.migrations.operations.fields import FieldOperation
from django.db.migrations.operations.models import IndexOperation
from django.db.migrations.state import ProjectState

from core_site.postgresql.grouped_operations import GroupedOperations


class ChangeModels(GroupedOperations):
    """Carry out several operations on models that exist, rendering models only once.

    An operation sees the models as they are before all of them and after all of them: none may
    depend on what another has done, such as alter a field that another adds.
    """

    allowed = (FieldOperation, IndexOperation)

    def render(self, app_label: str, state: ProjectState) -> None:
        changed = {operation.model_name_lower for operation in self.operations}
        # As Django's own operations: a relation is known to all models that are related.
        fields = [getattr(operation, "field", None) for operation in self.operations]
        has_relation = any(field.is_relation for field in fields if field is not None)
        state.reload_models([(app_label, name) for name in changed], delay=not has_relation)

    def describe(self) -> str:
        names = sorted({operation.model_name_lower for operation in self.operations})
        return f"Change the models {', '.join(names)}"
