"""One address says how mail leaves; a malformed one is explained without showing its password."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from core_site.bookings.checks import tickets_are_really_sent
from core_site.config.mail_url import mail_settings


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("console:", {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}),
        ("file:///var/mail/portico%20x", {"EMAIL_FILE_PATH": "/var/mail/portico x"}),
        ("smtp://mail.example", {"EMAIL_PORT": 25, "EMAIL_USE_TLS": False}),
        (
            "smtp://rosa:p%40ss@mail.example",
            {"EMAIL_PORT": 587, "EMAIL_USE_TLS": True, "EMAIL_HOST_PASSWORD": "p@ss"},
        ),
        (
            "smtps://rosa:x@mail.example",
            {"EMAIL_PORT": 465, "EMAIL_USE_SSL": True, "EMAIL_USE_TLS": False},
        ),
        ("smtp://[::1]:2525", {"EMAIL_HOST": "::1", "EMAIL_PORT": 2525}),
    ],
)
def test_an_address_is_understood(url: str, expected: dict[str, object]) -> None:
    assert mail_settings(url).items() >= expected.items()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example",
        "smtp://",
        "file:",
        "http://hunter2@mail.example",
        "smtp://hunter2@x:99999",
    ],
)
def test_a_malformed_address_is_explained(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="it looks like smtp://user:") as refusal:
        mail_settings(url)

    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize(
    ("public_url", "mail_url", "is_warned"),
    [
        ("https://api.example.com", "console:", True),
        ("https://api.example.com", "smtp://mail.example", False),
        ("http://127.0.0.1:8000", "console:", False),
    ],
)
def test_production_is_warned_when_mail_is_only_printed(
    public_url: str, mail_url: str, is_warned: bool
) -> None:
    with override_settings(PUBLIC_URL=public_url, **mail_settings(mail_url)):
        warnings = [warning.id for warning in tickets_are_really_sent()]

    assert warnings == (["portico.W001"] if is_warned else [])
