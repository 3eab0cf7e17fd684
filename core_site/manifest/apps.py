from django.apps import AppConfig


class ManifestConfig(AppConfig):
    name = "core_site.manifest"
