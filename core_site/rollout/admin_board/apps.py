from django.apps import AppConfig


class BoardConfig(AppConfig):
    """The app of the admin board, which needs Unfold; ``core_site.rollout`` works without it."""

    name = "core_site.rollout.admin_board"
    label = "endpoints_board"
