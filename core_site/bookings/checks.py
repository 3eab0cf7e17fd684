"""System check of Django: the mail server is configured, so that guests get their tickets."""

from django.conf import settings
from django.core.checks import Warning as CheckWarning
from django.core.checks import register


@register()
def tickets_are_really_sent(**_: object) -> list[CheckWarning]:
    """Warn if mail is only printed although the public URL is https, as in production."""
    is_public = settings.PUBLIC_URL.startswith("https://")
    if not is_public or "console" not in settings.EMAIL_BACKEND:
        return []
    return [
        CheckWarning(
            "guests get no tickets: mail is printed by the worker and sent nowhere",
            hint="Set PORTICO_EMAIL_URL, as in smtp://user:password@host:587.",
            id="portico.W001",
        )
    ]
