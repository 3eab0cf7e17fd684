"""Parse PORTICO_EMAIL_URL into Django's settings for e-mail."""

from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

#: A mail server that does not answer must not hold a booking's lock for long.
TIMEOUT_SECONDS = 10

_BACKENDS = "django.core.mail.backends"


def mail_settings(url: str) -> dict[str, Any]:
    """Return Django's settings for the mail server at ``url``.

    ======================================= ===========================================
    ``console:``                             printed by the worker, sent nowhere
    ``file:///var/mail/portico``             a file for each run, in this folder
    ``smtp://user:password@host:587``        STARTTLS when there is a user, port 25 or 587
    ``smtps://user:password@host:465``       TLS from the first byte
    ======================================= ===========================================

    Raises:
        ImproperlyConfigured: the URL has none of these forms.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _malformed_error() from None
    match parts.scheme:
        case "console":
            return {"EMAIL_BACKEND": f"{_BACKENDS}.console.EmailBackend"}
        case "file" if parts.path:
            return {
                "EMAIL_BACKEND": f"{_BACKENDS}.filebased.EmailBackend",
                "EMAIL_FILE_PATH": unquote(parts.path),
            }
        case "smtp" | "smtps" if parts.hostname:
            is_tls = parts.scheme == "smtps"
            return {
                "EMAIL_BACKEND": "core_site.config.international_mail.EmailBackend",
                "EMAIL_HOST": parts.hostname,
                "EMAIL_PORT": port or (465 if is_tls else 587 if parts.username else 25),
                "EMAIL_HOST_USER": unquote(parts.username or ""),
                "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
                "EMAIL_USE_SSL": is_tls,
                "EMAIL_USE_TLS": not is_tls and bool(parts.username),
                "EMAIL_TIMEOUT": TIMEOUT_SECONDS,
            }
    raise _malformed_error()


def _malformed_error() -> ImproperlyConfigured:
    # The address may hold a password, so it is not repeated.
    return ImproperlyConfigured(
        "PORTICO_EMAIL_URL is malformed; it looks like smtp://user:password@host:587, "
        "smtps://user:password@host:465, file:///a/folder or console:"
    )
