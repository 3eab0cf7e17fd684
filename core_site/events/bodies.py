"""The bodies of events, as the worker sends them to partners."""

from functools import cache
from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string

from shared_domain.events import EventBodies


@cache
def load_event_bodies() -> EventBodies:
    """Return the implementation of ``EventBodies`` that the setting ``EVENT_BODIES`` names."""
    return cast(EventBodies, import_string(settings.EVENT_BODIES))
