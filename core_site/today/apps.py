"""The app of the admin's first page."""

from django.apps import AppConfig


class TodayConfig(AppConfig):
    name = "core_site.today"
