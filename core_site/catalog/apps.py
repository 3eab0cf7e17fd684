from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "core_site.catalog"
    label = "catalog"
    verbose_name = "Catalogue"
