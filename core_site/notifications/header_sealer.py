"""The encryption of the headers of subscriptions, by the setting ``HEADER_SEALER``."""

from functools import cache
from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string

from core_site.environment import env
from shared_domain.notifications import HeaderSealer, SigningKeys


@cache
def load_header_sealer() -> HeaderSealer:
    """Return the ``HeaderSealer`` that the setting ``HEADER_SEALER`` names, with its keys."""
    make_sealer = import_string(settings.HEADER_SEALER)
    return cast(HeaderSealer, make_sealer(SigningKeys.parse(env("PORTICO_WEBHOOK_KEY"))))
