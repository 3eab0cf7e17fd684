from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Home of the commands and checks that belong to the site as a whole."""

    name = "core_site.config"
    label = "site_config"

    def ready(self) -> None:
        from core_site.config import checks  # noqa: F401  (registers them)
