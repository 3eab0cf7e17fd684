from django.apps import AppConfig


class SignInConfig(AppConfig):
    name = "core_site.sign_in"
    verbose_name = "Sign-in"
