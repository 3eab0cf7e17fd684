from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """The Django app of the management commands and system checks of the whole project."""

    name = "core_site.config"
    label = "site_config"

    def ready(self) -> None:
        from django.contrib.auth.models import User

        from core_site.config import checks  # noqa: F401  (registers them)

        # Partners' guests are called users too. Migrations go by what the class itself says.
        User._meta.verbose_name = "staff user"
        User._meta.verbose_name_plural = "staff"
