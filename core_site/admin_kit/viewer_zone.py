"""The time zone of the staff user who looks at a page, in which times need not name it.

The browser tells it in a cookie (``viewer_zone.js``). Times stay those of the place where something
happens; only a zone that is the viewer's own is not repeated beside each of them. Without the
cookie, in jobs and in mails, every time names its zone.
"""

from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime, timedelta, tzinfo

from django.http import HttpRequest, HttpResponse

from shared_domain.time_zones import zone

COOKIE = "portico_zone"

_zone: ContextVar[str] = ContextVar("viewer_zone", default="")


class ViewerZone:
    """Middleware that remembers the zone for the time of a request.

    What the cookie says is only ever compared with names of zones, so it needs no check.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = _zone.set(request.COOKIES.get(COOKIE, "").replace("%2F", "/"))
        try:
            return self._get_response(request)
        finally:
            _zone.reset(token)


def with_zone(shown: str, zone_name: str) -> str:
    """Return a time with its zone, as in ``2026-12-24 15:30 Europe/Lisbon``.

    The zone is left out where it is that of the staff user who looks at it.
    """
    return shown if zone_name == _zone.get() else f"{shown} {zone_name}"


class ViewerClock(tzinfo):
    """The viewer's time zone, which names itself only where it is not the one of the cookie.

    For moments that belong to no place, such as when a list was exported. Without the cookie, or
    with a zone that does not exist, it is UTC.
    """

    def __init__(self) -> None:
        self._clock = zone(_zone.get())

    def utcoffset(self, moment: datetime | None, /) -> timedelta | None:
        return self._clock.utcoffset(moment)

    def dst(self, moment: datetime | None, /) -> timedelta | None:
        return self._clock.dst(moment)

    def tzname(self, moment: datetime | None, /) -> str:
        return "" if self._clock.key == _zone.get() else self._clock.key

    def fromutc(self, moment: datetime, /) -> datetime:
        return self._clock.fromutc(moment.replace(tzinfo=self._clock)).replace(tzinfo=self)
