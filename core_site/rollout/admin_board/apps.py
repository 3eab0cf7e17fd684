from django.apps import AppConfig


class BoardConfig(AppConfig):
    """The board in Portico's admin; a project without that theme installs the registry alone."""

    name = "core_site.rollout.admin_board"
    label = "endpoints_board"
