"""How the admin writes dates and times: as ISO 8601 does, with a zone that is not the viewer's.

The browser tells its time zone in a cookie (``viewer_zone.js``). Times of travel stay those of the
place where something happens, and name its zone unless it is the viewer's own (``with_zone``).
Moments that belong to no place, such as when a list was exported, are shown by the viewer's clock:
templates and read-only fields do so by themselves, since that clock is Django's current time zone
for the time of a request (``core_site/config/formats``); other code calls ``format_instant``.
Without the cookie, in jobs, in mails and within ``zones_named``, every time names its zone.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta, tzinfo

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from shared_domain.time_zones import known_names, zone

COOKIE = "portico_zone"

_zone: ContextVar[str] = ContextVar("viewer_zone", default="")


class ViewerZone:
    """Middleware that remembers the zone for the time of a request of the admin.

    Other addresses know no viewer: what the API answers is the same whatever cookie a caller sends.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = request.COOKIES.get(COOKIE, "").replace("%2F", "/")
        if name not in known_names() or not request.path.startswith(reverse("admin:index")):
            return self._get_response(request)
        token = _zone.set(name)
        try:
            with timezone.override(ViewerClock()):
                return self._get_response(request)
        finally:
            _zone.reset(token)


@contextmanager
def zones_named() -> Iterator[None]:
    """Name the zone of every time, for documents that others than the viewer will read."""
    token = _zone.set("")
    try:
        yield
    finally:
        _zone.reset(token)


def with_zone(shown: str, zone_name: str) -> str:
    """Return a time with its zone, as in ``2026-12-24 15:30 Europe/Lisbon``.

    The zone is left out where it is that of the staff user who looks at it.
    """
    return shown if zone_name == _zone.get() else f"{shown} {zone_name}"


def drop_own_zone(text: str) -> str:
    """Return a stored text, such as a row's name, without the viewer's zone behind its times."""
    own = _zone.get()
    return re.sub(rf"(\d\d[:-]\d\d) {re.escape(own)}(?![\w/])", r"\1", text) if own else text


def format_instant(moment: datetime, notation: str = "%Y-%m-%d %H:%M") -> str:
    """Return a moment that belongs to no place by the viewer's clock: ``2026-12-24 15:30``.

    Where the viewer's zone is not known, it is UTC and says so.
    """
    clock = ViewerClock()
    return with_zone(f"{moment.astimezone(clock):{notation}}", str(clock))


class ViewerClock(tzinfo):
    """The viewer's time zone, which names itself only where it is not the one of the cookie.

    Without the cookie it is UTC.
    """

    def __init__(self) -> None:
        self._clock = zone(_zone.get())

    def __str__(self) -> str:
        return self._clock.key

    def utcoffset(self, moment: datetime | None, /) -> timedelta | None:
        return self._clock.utcoffset(moment)

    def dst(self, moment: datetime | None, /) -> timedelta | None:
        return self._clock.dst(moment)

    def tzname(self, moment: datetime | None, /) -> str:
        return "" if self._clock.key == _zone.get() else self._clock.key

    def fromutc(self, moment: datetime, /) -> datetime:
        return self._clock.fromutc(moment.replace(tzinfo=self._clock)).replace(tzinfo=self)
