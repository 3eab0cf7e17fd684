from django.apps import AppConfig


class UsageConfig(AppConfig):
    name = "core_site.usage"
    label = "usage"
    verbose_name = "API usage"
