from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class SignInConfig(AppConfig):
    name = "core_site.sign_in"
    verbose_name = "Sign-in"

    def ready(self) -> None:
        from core_site.sign_in.sessions import note_beginning

        user_logged_in.connect(note_beginning, dispatch_uid="sign_in.note_beginning")
