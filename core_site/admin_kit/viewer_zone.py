"""Dates and times in the admin: ISO 8601, with the zone named unless it is the viewer's own.

The browser sends its time zone in a cookie (``viewer_zone.js``). Travel times stay in the zone of
the place, and name it unless it is the viewer's (``with_zone``). Instants that belong to no place,
such as that of an export, are shown in the viewer's zone: templates and read-only fields do so by
themselves, since it is Django's current time zone during a request (``core_site/config/formats``);
other code calls ``format_instant``. Without the cookie, in jobs, in mails and within
``zones_named``, every time names its zone.
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
    """Middleware that sets the viewer's time zone from the cookie for a request to the admin.

    Other paths ignore the cookie, so that it cannot change a response of the API.
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
    """Name the zone of every time within the block, for documents that others will read."""
    token = _zone.set("")
    try:
        yield
    finally:
        _zone.reset(token)


def with_zone(shown: str, zone_name: str) -> str:
    """Return a formatted time with its zone, as in ``2026-12-24 15:30 Europe/Lisbon``.

    The zone is left out when it is the viewer's own.
    """
    return shown if zone_name == _zone.get() else f"{shown} {zone_name}"


def drop_own_zone(text: str) -> str:
    """Return a stored text, such as a row's name, without the viewer's zone behind its times."""
    own = _zone.get()
    return re.sub(rf"(\d\d[:-]\d\d) {re.escape(own)}(?![\w/])", r"\1", text) if own else text


def format_instant(moment: datetime, notation: str = "%Y-%m-%d %H:%M") -> str:
    """Return an instant that belongs to no place in the viewer's time zone: ``2026-12-24 15:30``.

    When that zone is unknown, the time is in UTC and followed by ``UTC``.
    """
    clock = ViewerClock()
    return with_zone(f"{moment.astimezone(clock):{notation}}", str(clock))


class ViewerClock(tzinfo):
    """The time zone of the viewer's cookie, or UTC without one.

    ``tzname()`` is empty for the cookie's zone, except within ``zones_named``.
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
