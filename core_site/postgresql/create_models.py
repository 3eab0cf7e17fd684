"""A migration operation that creates the tables of an app at once."""

from collections.abc import Sequence
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import CreateModel
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from pgtrigger.migrations import AddTrigger


class CreateModels(Operation):
    """Carry out several ``CreateModel`` and ``AddTrigger`` operations, rendering models only once.

    Each of these operations alone makes Django render every related model anew, and nearly all are
    related: two thirds of what ``migrate`` of an empty database cost. Models and triggers stand in
    the order in which they are to be created; the constraints and indexes of a model are among its
    options.
    """

    reduces_to_sql = True
    serialization_expand_args = ["operations"]

    def __init__(self, operations: Sequence[CreateModel | AddTrigger]) -> None:
        for operation in operations:
            if not isinstance(operation, CreateModel | AddTrigger):
                raise TypeError(f"{operation.describe()}: belongs behind CreateModels")
        self.operations = operations

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        rendered = state.__dict__.pop("apps", None)
        for operation in self.operations:
            operation.state_forwards(app_label, state)
        if rendered is not None:
            state.__dict__["apps"] = rendered
            created = [o.name_lower for o in self.operations if isinstance(o, CreateModel)]
            state.reload_models([(app_label, name) for name in created], delay=False)

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
            # The models of the triggers are in from_state only.
            is_trigger = isinstance(operation, AddTrigger)
            operation.database_backwards(
                app_label, schema_editor, from_state, from_state if is_trigger else to_state
            )

    def describe(self) -> str:
        created = [o.name for o in self.operations if isinstance(o, CreateModel)]
        return f"Create the models {', '.join(created)}"

    def references_model(self, name: str, app_label: str) -> bool:
        return any(operation.references_model(name, app_label) for operation in self.operations)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [], {"operations": self.operations}
