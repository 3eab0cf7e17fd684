"""Panel of a staff user's page: the latest actions of the user."""

from collections.abc import Mapping
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.http import HttpRequest

from core_site.admin_kit.change_pages.panels import Panel
from core_site.admin_kit.change_pages.tables import TABLE, Cell, Column, build_table
from core_site.admin_kit.viewer_zone import format_instant

#: The newest of the admin's log.
ACTIONS_SHOWN = 15


def load_last_actions(request: HttpRequest, user: User) -> Mapping[str, Any]:
    entries = LogEntry.objects.filter(user=user).select_related("content_type").order_by("-id")
    return build_table(
        (Column("When"), Column("What"), Column("On")),
        (
            (
                format_instant(entry.action_time),
                entry.get_change_message() or entry.get_action_flag_display(),
                Cell(f"{entry.content_type or ''} {entry.object_repr}".strip(), _url(entry)),
            )
            for entry in entries[:ACTIONS_SHOWN]
        ),
        empty="This user has changed nothing in the admin yet.",
    )


PANELS = (
    Panel("actions", "Last actions", load_last_actions, TABLE, ("auth.view_user",), is_wide=True),
)


def _url(entry: LogEntry) -> str | None:
    return None if entry.is_deletion() else entry.get_admin_url()
