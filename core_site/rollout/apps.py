from django.apps import AppConfig
from django.db.models.signals import post_migrate


class EndpointsConfig(AppConfig):
    name = "core_site.rollout"
    label = "endpoints"
    verbose_name = "Endpoints"

    def ready(self) -> None:
        from core_site.rollout import checks  # noqa: F401  (registers them)
        from core_site.rollout.effects import create_triggers

        post_migrate.connect(create_triggers, sender=self)
