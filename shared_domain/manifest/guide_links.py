"""Links to the guide's view of a departure: until when they are valid, and how staff end them.

A link names its departure and how often the departure's links had been made invalid when it was
made, so that one number makes all of them invalid at once.
"""

from datetime import date, datetime, time, timedelta, tzinfo
from typing import Protocol

from shared_domain.availability import DepartureId, DepartureNotFound

#: The guide writes the report on the day after.
_DAYS_AFTER = 2


class Departing(Protocol):
    """What the expiry of links is computed from: a departure, or a Django model of one."""

    @property
    def local_date(self) -> date: ...

    @property
    def ends_at(self) -> datetime: ...


class LinkStore(Protocol):
    """The store that these services need; ``sql_store`` implements it."""

    async def revoke_links(self, departure_id: DepartureId) -> bool: ...


def link_expires_at(departure: Departing, zone: tzinfo) -> datetime:
    """Return the expiry of a link: the end of the day after the departure's last day in ``zone``.

    The last day of a departure that ends at midnight is the day before.
    """
    last_moment = departure.ends_at - timedelta(microseconds=1)
    last_day = max(departure.local_date, last_moment.astimezone(zone).date())
    return datetime.combine(last_day + timedelta(days=_DAYS_AFTER), time(), zone)


async def revoke_links(departure_id: DepartureId, *, store: LinkStore) -> None:
    """Make every link to the guide's view of a departure invalid; new ones can be made at once.

    Raises:
        DepartureNotFound: it is gone.
    """
    if not await store.revoke_links(departure_id):
        raise DepartureNotFound
