from django.apps import AppConfig


class BlackoutsConfig(AppConfig):
    name = "core_site.blackouts"
    label = "blackouts"
    verbose_name = "Catalogue"
