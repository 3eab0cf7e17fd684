from django.apps import AppConfig


class AdminKitConfig(AppConfig):
    name = "core_site.admin_kit"
    label = "admin_kit"

    def ready(self) -> None:
        from core_site.admin_kit.field_labels import apply_field_labels

        apply_field_labels()
