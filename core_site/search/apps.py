from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "core_site.search"
