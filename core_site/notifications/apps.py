from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "core_site.notifications"
    label = "notifications"
    verbose_name = "OCTO notifications"
