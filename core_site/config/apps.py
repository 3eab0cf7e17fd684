from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class PorticoAdminConfig(admin_apps.AdminConfig):
    default_site = "core_site.config.admin_site.PorticoAdminSite"
    # The app's own one is below.
    default = False


class ConfigConfig(AppConfig):
    """The Django app with the management commands and system checks of the whole project."""

    name = "core_site.config"
    label = "site_config"
    default = True

    def ready(self) -> None:
        from django.apps import apps
        from django.contrib.auth.models import User

        from core_site.config import checks  # noqa: F401  (registers them)

        # Partners' guests are called users too. Migrations go by what the class itself says.
        User._meta.verbose_name = "staff user"
        User._meta.verbose_name_plural = "staff"
        # As they are called in paths of pages and in the chooser of permissions.
        apps.get_app_config("auth").verbose_name = "Staff and groups"
        apps.get_app_config("procrastinate").verbose_name = "Jobs"
