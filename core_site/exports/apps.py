from django.apps import AppConfig


class ExportsConfig(AppConfig):
    name = "core_site.exports"
    label = "exports"
