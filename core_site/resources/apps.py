from django.apps import AppConfig


class ResourcesConfig(AppConfig):
    name = "core_site.resources"
    label = "resources"
    verbose_name = "Operations"
