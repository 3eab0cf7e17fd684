from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """The Django app of the management commands and system checks of the whole project."""

    name = "core_site.config"
    label = "site_config"

    def ready(self) -> None:
        from core_site.config import checks  # noqa: F401  (registers them)
