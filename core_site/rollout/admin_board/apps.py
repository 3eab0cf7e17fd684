from django.apps import AppConfig


class BoardConfig(AppConfig):
    """The board, for an admin with Unfold; other projects install ``core_site.rollout`` alone."""

    name = "core_site.rollout.admin_board"
    label = "endpoints_board"
