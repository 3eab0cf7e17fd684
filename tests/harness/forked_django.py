"""Django, set up once in the process that forks it, and with its own settings in each fork.

A fork server imports this module: that sets Django up, and imports its views and commands. What is
run in a fork then sets Django up once more, which finds all that done.
"""

import os
import re
import sys
from typing import Any

import django
from django.conf import Settings, settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import load_command_class
from django.db import connections
from django.urls import get_resolver

from shared_domain.environment import adopt_former_names

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core_site.config.settings")
django.setup()
assert get_resolver().url_patterns
load_command_class("core_site.rollout", "rollout")

#: The settings of which something may have been made already.
READ = frozenset(vars(settings))

#: Of these, what is made anew: connections by ``renew_settings``, loggers when Django is set up.
MADE_ANEW = frozenset({"DATABASES", "LOGGING"})


def renew_settings() -> bool:
    """Read the settings again, which depend on the environment of this process.

    Returns False if a setting has changed of which something has been made, such as another list of
    apps, or if one is wrong: this process has to be started anew then, and says itself what is.
    """
    adopt_former_names(os.environ)
    before: Settings = settings._wrapped  # type: ignore[misc]
    if os.environ.get("DJANGO_SETTINGS_MODULE") != before.SETTINGS_MODULE:
        return False
    del sys.modules[before.SETTINGS_MODULE]
    try:
        renewed = Settings(before.SETTINGS_MODULE)
    except ImproperlyConfigured:
        return False
    names = {name for name in (*dir(before), *dir(renewed)) if name.isupper()}
    changed = {name for name in names if _as_text(before, name) != _as_text(renewed, name)}
    if changed & (READ - MADE_ANEW):
        return False
    vars(settings).clear()
    settings._wrapped = renewed
    vars(connections).pop("settings", None)
    connections.__init__()  # type: ignore[misc]
    return True


def _as_text(holder: Settings, name: str) -> str:
    """Return a setting in a form that can be compared; functions have another address each time."""
    value: Any = getattr(holder, name, None)
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))
