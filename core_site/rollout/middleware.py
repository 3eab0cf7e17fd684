"""Middleware that records which endpoints Django still answers, behind the edge or without it.

A view may be retired once it is no longer called; a call of a retired view is logged as an error.
Shadow requests of the edge, which have ``X-Portico-Shadow``, are not counted. With
``X-Portico-Release`` the edge requests Django's release, which is returned in the same header, and
with ``X-Portico-Effects`` the rows that a request has written (``effects``).
"""

import logging
import os
import re
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache, cached_property
from importlib import import_module
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.http.request import HttpHeaders
from django.utils import timezone

from core_site import stores
from core_site.environment import env
from core_site.rollout.effects import record_effects
from core_site.rollout.routes import api_routes, endpoint_prefixes
from shared_domain import rollout
from shared_domain.rollout import (
    LONGEST_RELEASE,
    EndpointName,
    Stage,
    is_valid_release,
    loaded_modules,
    source_fingerprint,
)
from shared_domain.rollout.wire import (
    EFFECTS_HEADER,
    RELEASE_HEADER,
    SHADOW_HEADER,
    Purpose,
    is_token,
)
from shared_domain.run_now import run_now

#: Calls are recorded at most so often per endpoint and process; those of a retired one, always.
RECORD_EVERY_SECONDS = 5.0

logger = logging.getLogger(__name__)

_SHADOW_META = HttpHeaders.to_wsgi_name(SHADOW_HEADER)
_RELEASE_META = HttpHeaders.to_wsgi_name(RELEASE_HEADER)


@cache
def django_release() -> str:
    """Return the setting ``ENDPOINT_RELEASE``, or a fingerprint of this project's sources.

    The sources are the packages of the settings, of the URLconf and of the installed apps, with
    everything that they import. A project whose behaviour depends on later imports or on data needs
    the setting, such as a commit's hash or a version. The fingerprint is computed when the process
    starts, since a deployment may replace the files of a running process.

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
    """Return whether the token proves that the edge sent the request; true if no key is set."""
    key = env("PORTICO_PARITY_KEY")
    return not key or is_token(token, Purpose.RELEASE, key)


class DjangoCallRecorder:
    """Records calls per endpoint; precedes middleware that refuses calls, to count these too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._recorded_at: dict[EndpointName, float] = {}
        self._retired: set[EndpointName] = set()
        self._lock = threading.Lock()
        self._release = django_release()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with record_effects(request) as effects:
            response = self._get_response(request)
        if effects is not None and (written := effects.as_header()) is not None:
            response[EFFECTS_HEADER] = written
        token = request.META.get(_RELEASE_META)
        if token is not None and may_disclose_release(token):
            response[RELEASE_HEADER] = self._release
        match = request.resolver_match
        if match is not None and _SHADOW_META not in request.META:
            name = self._endpoint_name(request, match.func)
            if name is not None and self._should_record(name):
                self._record(name)
        return response

    @cached_property
    def _routes(self) -> Mapping[tuple[str, Any], list[tuple[re.Pattern[str], EndpointName]]]:
        found: dict[tuple[str, Any], list[tuple[re.Pattern[str], EndpointName]]] = {}
        for route in api_routes():
            parts = re.split(r"\{[^}]*\}", route.path_template)
            pattern = re.compile(".+".join(map(re.escape, parts)))
            name = (route.method, route.path_template)
            found.setdefault((route.method, route.view), []).append((pattern, name))
        return found

    def _endpoint_name(self, request: HttpRequest, view: Any) -> EndpointName | None:
        if not request.path.startswith(tuple(endpoint_prefixes())):
            return None
        method = "GET" if request.method in ("HEAD", "OPTIONS") else request.method or ""
        for pattern, name in self._routes.get((method, view), ()):
            if pattern.fullmatch(request.path):
                return name
        return None

    def _should_record(self, name: EndpointName) -> bool:
        now = time.monotonic()
        with self._lock:
            is_recent = (
                now - self._recorded_at.get(name, -RECORD_EVERY_SECONDS) < RECORD_EVERY_SECONDS
            )
            if is_recent and name not in self._retired:
                return False
            self._recorded_at[name] = now
        return True

    def _record(self, name: EndpointName) -> None:
        try:
            stage = run_now(
                rollout.record_django_call(name, now=timezone.now(), store=stores.endpoints())
            )
        except Error as problem:
            # The caller has a response, which an error of counting must not replace.
            logger.warning("a call of %s %s was not counted: %s", *name, type(problem).__name__)
            return
        if stage is Stage.RETIRED:
            self._retired.add(name)
            logger.error("%s %s is retired, and Django's view was called all the same", *name)
        else:
            self._retired.discard(name)
