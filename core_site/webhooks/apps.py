from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "core_site.webhooks"
    label = "webhooks"
    verbose_name = "Webhooks"
