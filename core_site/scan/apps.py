from django.apps import AppConfig


class ScanConfig(AppConfig):
    name = "core_site.scan"
