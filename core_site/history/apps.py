from django.apps import AppConfig
from django.db.models.signals import post_migrate


class HistoryConfig(AppConfig):
    name = "core_site.history"
    label = "history"

    def ready(self) -> None:
        from core_site.history.append_only import seal_after_migrate

        # After pghistory's own handler, which may install its functions anew.
        post_migrate.connect(seal_after_migrate, sender=self)
