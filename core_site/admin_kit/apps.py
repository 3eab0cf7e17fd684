from django.apps import AppConfig


class AdminKitConfig(AppConfig):
    name = "core_site.admin_kit"
    label = "admin_kit"
