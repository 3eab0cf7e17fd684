from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "core_site.demo"
    label = "demo"
