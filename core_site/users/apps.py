from django.apps import AppConfig


class UsersConfig(AppConfig):
    name = "core_site.users"
    label = "users"
    verbose_name = "Partners' users"
