from django.apps import AppConfig


class EndpointsConfig(AppConfig):
    name = "core_site.endpoints"
    label = "endpoints"
    verbose_name = "Endpoints"
