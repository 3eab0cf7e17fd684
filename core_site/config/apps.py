from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Home of the commands that belong to the site as a whole."""

    name = "core_site.config"
    label = "site_config"
