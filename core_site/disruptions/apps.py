from django.apps import AppConfig


class DisruptionsConfig(AppConfig):
    name = "core_site.disruptions"
    label = "disruptions"
    verbose_name = "Sales"
