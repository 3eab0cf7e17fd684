from django.apps import AppConfig


class EndpointsConfig(AppConfig):
    name = "core_site.endpoints"
    label = "endpoints"
    verbose_name = "Endpoints"

    def ready(self) -> None:
        from core_site.endpoints import checks  # noqa: F401  (registers them)
