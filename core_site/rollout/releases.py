"""The release of Django's code, which the edge asks for: evidence belongs to a release."""

import os
from contextlib import suppress
from functools import cache
from importlib import import_module

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from core_site.environment import env
from shared_domain.rollout import (
    LONGEST_RELEASE,
    is_valid_release,
    loaded_modules,
    source_fingerprint,
)
from shared_domain.rollout.wire import Purpose, is_token


@cache
def django_release() -> str:
    """Return the setting ``ENDPOINT_RELEASE``, or a fingerprint of this project's sources.

    Those are the packages of the settings, of the URLconf and of the installed apps, and all that
    they import; what is imported later, or lives in data, needs the setting: a commit's hash, or
    a version. It is taken as the process starts: files that a deployment replaces later are not
    what runs.

    Raises:
        ImproperlyConfigured: the setting cannot name a release.
    """
    release = getattr(settings, "ENDPOINT_RELEASE", "")
    if not release:
        # A URLconf that cannot be imported is Django's to report, with each request.
        with suppress(Exception):
            import_module(settings.ROOT_URLCONF)
        named = (os.environ.get("DJANGO_SETTINGS_MODULE", ""), settings.ROOT_URLCONF)
        of_apps = (app.name for app in apps.get_app_configs())
        modules = {*filter(None, named), *of_apps, *loaded_modules(), "core_site", "shared_domain"}
        return source_fingerprint(*sorted(modules))
    if not isinstance(release, str) or not is_valid_release(release):
        raise ImproperlyConfigured(
            f"ENDPOINT_RELEASE names no release: give it 1 to {LONGEST_RELEASE} letters, digits "
            "or any of . _ + - and begin with a letter or digit"
        )
    return release


def may_disclose_release(token: str) -> bool:
    """Return whether a request comes from the edge: its token proves it, where a key is set."""
    key = env("PORTICO_PARITY_KEY")
    return not key or is_token(token, Purpose.RELEASE, key)
