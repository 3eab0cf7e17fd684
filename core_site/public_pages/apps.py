from django.apps import AppConfig


class PublicPagesConfig(AppConfig):
    name = "core_site.public_pages"
