"""Migration operations that are carried out as one, so that models are rendered only once."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class GroupedOperations(Operation, ABC):
    """Base of an operation that carries out others of the types ``allowed``.

    Each of them alone makes Django render anew all models that are related to those it touches;
    most of the CPU of ``migrate`` goes into that.
    """

    reduces_to_sql = True
    serialization_expand_args = ["operations"]

    #: Types of the operations that a group may have.
    allowed: tuple[type[Operation], ...]

    def __init__(self, operations: Sequence[Any]) -> None:
        for operation in operations:
            if not isinstance(operation, self.allowed):
                raise TypeError(f"{operation.describe()}: belongs outside {type(self).__name__}")
        self.operations = operations

    @abstractmethod
    def render(self, app_label: str, state: ProjectState) -> None:
        """Render the models of the whole group in ``state``."""

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        rendered = state.__dict__.pop("apps", None)
        for operation in self.operations:
            operation.state_forwards(app_label, state)
        if rendered is not None:
            state.__dict__["apps"] = rendered
            self.render(app_label, state)

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

    def references_model(self, name: str, app_label: str) -> bool:
        return any(operation.references_model(name, app_label) for operation in self.operations)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [], {"operations": self.operations}
