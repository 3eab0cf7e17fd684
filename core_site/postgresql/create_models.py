"""A migration operation that creates the tables of an app at once."""

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import CreateModel
from django.db.migrations.state import ProjectState
from pgtrigger.migrations import AddTrigger

from core_site.postgresql.grouped_operations import GroupedOperations


class CreateModels(GroupedOperations):
    """Carry out several ``CreateModel`` and ``AddTrigger`` operations, rendering models only once.

    Rendering them for each was two thirds of what ``migrate`` of an empty database cost. Models and
    triggers stand in the order in which they are to be created; the constraints and indexes of a
    model are among its options.
    """

    allowed = (CreateModel, AddTrigger)

    def render(self, app_label: str, state: ProjectState) -> None:
        created = [o.name_lower for o in self.operations if isinstance(o, CreateModel)]
        state.reload_models([(app_label, name) for name in created], delay=False)

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
