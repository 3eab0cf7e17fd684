from django.apps import AppConfig


class PersonsConfig(AppConfig):
    name = "core_site.persons"
    verbose_name = "Personal data"
