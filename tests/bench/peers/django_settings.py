"""Portico's own settings, less what these peers do not need: sessions, messages, the admin."""

import os

from core_site.config.settings import *  # noqa: F403
from core_site.config.settings import DATABASES

PEER = os.environ["PORTICO_BENCH_PEER"]

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.postgres",
    "pgtrigger",
    "pghistory",
    "core_site.partners",
    "core_site.catalog",
    "core_site.blackouts",
    "core_site.bookings",
    "core_site.events",
    "core_site.idempotency",
    {
        "rest_framework": "rest_framework",
        "ninja": "ninja",
        "tuned_ninja": "ninja",
        "bolt": "django_bolt",
    }[PEER],
]
# Fewest: each one costs every request. This one adds Content-Length.
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
ROOT_URLCONF = f"tests.bench.peers.{PEER}_peer.urls"
if PEER == "tuned_ninja":
    ROOT_URLCONF = "tests.bench.peers.tuned.ninja_urls"
LOGGING = {"version": 1, "disable_existing_loggers": False}

# One connection for each thread of the server, kept open between requests.
# As its documentation has it, without the checks of Portico's own pool.
DATABASES["default"]["ENGINE"] = "django.db.backends.postgresql"
DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 4, "max_size": 16, "timeout": 10}
if PEER == "tuned_ninja":
    # psycopg's own default, which Django turns off.
    DATABASES["default"]["OPTIONS"]["prepare_threshold"] = 5

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "tests.bench.peers.rest_framework_peer.authentication.ApiKeyAuthentication"
    ],
    "DEFAULT_PERMISSION_CLASSES": ["tests.bench.peers.rest_framework_peer.authentication.HasScope"],
    "UNAUTHENTICATED_USER": None,
    "EXCEPTION_HANDLER": "tests.bench.peers.rest_framework_peer.views.answer_refusal",
}

BOLT_API = ["tests.bench.peers.bolt_peer.api:api"]
