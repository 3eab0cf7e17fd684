"""Register Django's API routes as endpoints when a Django process starts.

A background thread retries, so that a process starts although its database is unavailable.
"""

import logging
import os
import threading
from collections.abc import Iterable
from datetime import timedelta

from django.apps import apps
from django.conf import settings
from django.db import Error, connections, transaction
from django.utils import timezone

from core_site import stores
from core_site.rollout.database import registry_alias
from core_site.rollout.routes import api_routes
from shared_domain import rollout
from shared_domain.rollout import EndpointName, Side
from shared_domain.run_now import run_now

#: The upstream of endpoints that ``rollout register --add`` has named.
REGISTERED_BY_HAND = "registered by hand"

logger = logging.getLogger(__name__)

#: gunicorn's fork server forks within this time; the forking process serves no request.
_FIRST_DELAY = timedelta(seconds=1)

_MAX_DELAY = timedelta(minutes=1)


def register_routes() -> list[EndpointName]:
    """Register the API routes of the URLconf and no others, and return them.

    The setting ``ENDPOINT_UPSTREAM`` names this upstream if several are behind one edge; a project
    may still use its former name ``ENDPOINT_SITE``.
    """
    names = [(route.method, route.path_template) for route in api_routes()]
    with transaction.atomic(using=registry_alias()):
        former = getattr(settings, "ENDPOINT_SITE", "")
        _register(names, upstream=getattr(settings, "ENDPOINT_UPSTREAM", former))
    return names


def register_by_hand(
    added: Iterable[EndpointName], *, upstream: str = REGISTERED_BY_HAND
) -> list[EndpointName]:
    """Register endpoints of an upstream that cannot register them itself; return all that it has.

    The processes of Django do not remove them, since each upstream replaces its own endpoints only.
    """
    with transaction.atomic(using=registry_alias()):
        # Looked up here: wsgi.py imports this module before any model can be loaded.
        stored = apps.get_model("endpoints", "Endpoint").objects.filter(
            is_on_django=True, upstream=upstream
        )
        names = {*stored.values_list("method", "path_template"), *added}
        _register(names, upstream=upstream)
    return sorted(names)


def _register(names: Iterable[EndpointName], *, upstream: str) -> None:
    now, store = timezone.now(), stores.endpoints()
    run_now(
        rollout.register_endpoints(names, side=Side.DJANGO, upstream=upstream, now=now, store=store)
    )


class RegistrationThread(threading.Thread):
    """Retries until the routes are registered, or until ``give_up`` is called."""

    def __init__(self) -> None:
        super().__init__(name="registering", daemon=True)
        self._is_given_up = threading.Event()
        self.has_registered = False

    def give_up(self) -> None:
        self._is_given_up.set()

    def run(self) -> None:
        _open_own_connection()
        pause = _FIRST_DELAY
        has_warned = False
        while not self._is_given_up.wait(pause.total_seconds()):
            try:
                names = register_routes()
            except Error as problem:
                pause = min(2 * pause, _MAX_DELAY)
                if not has_warned:
                    logger.warning(
                        "Django's endpoints are not registered yet, retrying: %s",
                        type(problem).__name__,
                    )
                has_warned = True
            else:
                self.has_registered = True
                logger.info("registered the %d endpoints of Django", len(names))
                return
            finally:
                connections[registry_alias()].close()


def register_in_background() -> None:
    """Start a thread that registers the routes, in this process or in those that it forks."""
    threads = [RegistrationThread()]
    threads[-1].start()

    def start_in_child() -> None:
        if not threads[-1].has_registered:
            threads.append(RegistrationThread())
            threads[-1].start()

    def stop_before_fork() -> None:
        threads[-1].give_up()
        # A child that inherited its connection would close that when it ends.
        threads[-1].join()

    os.register_at_fork(before=stop_before_fork, after_in_child=start_in_child)


def _open_own_connection() -> None:
    """Give this thread a connection outside the pool.

    A pool that is opened before a fork is useless after it, and retries for seconds.
    """
    own = connections.create_connection(registry_alias())
    options = {
        name: value for name, value in own.settings_dict["OPTIONS"].items() if name != "pool"
    }
    own.settings_dict = own.settings_dict | {"OPTIONS": options}
    connections[registry_alias()] = own
