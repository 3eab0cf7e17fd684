"""A migration operation that changes models at once: fields, indexes, constraints, triggers."""

from collections.abc import Sequence
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.fields import FieldOperation
from django.db.migrations.operations.models import IndexOperation
from django.db.migrations.state import ProjectState


class ChangeModels(Operation):
    """Carry out several operations on models that exist, rendering models only once.

    Each of these operations alone makes Django render anew the models that are related to the
    changed one; most of the CPU of ``migrate`` goes into that. An operation sees the models as they
    are before all of them and after all of them: none may depend on what another has done, such as
    alter a field that another adds.
    """

    reduces_to_sql = True
    serialization_expand_args = ["operations"]

    def __init__(self, operations: Sequence[FieldOperation | IndexOperation]) -> None:
        for operation in operations:
            if not isinstance(operation, FieldOperation | IndexOperation):
                raise TypeError(f"{operation.describe()}: belongs beside ChangeModels")
        self.operations = operations

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        rendered = state.__dict__.pop("apps", None)
        for operation in self.operations:
            operation.state_forwards(app_label, state)
        if rendered is not None:
            state.__dict__["apps"] = rendered
            changed = {operation.model_name_lower for operation in self.operations}
            # As Django's own operations: a relation is known to all models that are related.
            fields = [getattr(operation, "field", None) for operation in self.operations]
            has_relation = any(field.is_relation for field in fields if field is not None)
            state.reload_models([(app_label, name) for name in changed], delay=not has_relation)

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for operation in self.operations:
            operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for operation in reversed(self.operations):
            operation.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        names = sorted({operation.model_name_lower for operation in self.operations})
        return f"Change the models {', '.join(names)}"

    def references_model(self, name: str, app_label: str) -> bool:
        return any(operation.references_model(name, app_label) for operation in self.operations)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [], {"operations": self.operations}
