from django.apps import AppConfig


class StatementsConfig(AppConfig):
    name = "core_site.statements"
    label = "statements"
