from django.apps import AppConfig


class GuideConfig(AppConfig):
    name = "core_site.guide"
