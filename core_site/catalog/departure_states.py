"""The state of a departure at one moment, and how many of its places are taken.

The list, its filters, the page of a departure and the admin's first page all read what
:func:`with_states` adds, so that they cannot disagree. What departures share a boat is looked up
for the few that a page shows: see :func:`add_seats`.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import (
    Case,
    CharField,
    DateTimeField,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from core_site import stores
from core_site.bookings.hold_expiry import has_expired
from core_site.bookings.models import Booking
from core_site.catalog.models import Departure
from shared_domain import resources
from shared_domain.availability import DepartureId
from shared_domain.run_now import run_now


class DepartureState(StrEnum):
    """The state of a departure at one moment, as the pages of staff show it."""

    OPEN = "open"
    SOLD_OUT = "sold out"
    #: Places are left, but no seats on its boats: only of rows that :func:`add_seats` has seen.
    BOAT_FULL = "boat full"
    CLOSED = "closed"
    CUT_OFF_PASSED = "cut-off passed"
    UNDER_WAY = "under way"
    PAST = "past"


#: What a filter finds; full boats are among the open departures there.
FILTERABLE_STATES = tuple(
    state for state in DepartureState if state is not DepartureState.BOAT_FULL
)

#: Of the labels that show a state.
STATE_COLOURS = {
    DepartureState.OPEN: "success",
    DepartureState.SOLD_OUT: "warning",
    DepartureState.BOAT_FULL: "warning",
    DepartureState.CLOSED: "danger",
    DepartureState.CUT_OFF_PASSED: "info",
    DepartureState.UNDER_WAY: "primary",
    DepartureState.PAST: "default",
}

#: A departure that guests can be on: still open to sale, or with guests although it is closed.
RUNS = Q(is_open=True) | Q(taken__gt=0)

IS_FULL = Q(capacity__isnull=False, taken__gte=F("capacity"))


def with_states(departures: QuerySet[Departure], *, now: datetime) -> QuerySet[Departure]:
    """Annotate departures with ``taken`` (places), ``over_at`` (their end) and ``state_now``.

    Expired bookings take no places, even before the worker has released them; tests never do.
    """
    expired = (
        Booking.objects.filter(has_expired(now), departure=OuterRef("pk"), test_mode=False)
        .order_by()
        .values("departure")
        .values_list(Sum("places"))
    )
    expired_places = Coalesce(Subquery(expired, output_field=IntegerField()), 0)
    return departures.annotate(
        taken=F("reserved") - expired_places,
        # A day of opening hours is over when it closes, not at midnight.
        over_at=Case(
            When(opening_hours=[], then=F("ends_at")),
            default=F("cutoffs_count_from"),
            output_field=DateTimeField(),
        ),
    ).annotate(state_now=_state(now))


def _state(now: datetime) -> Case:
    # A day of opening hours is sold while it runs, so it is under way only after its cut-off.
    cut_off = Q(booking_cutoff_at__lte=now)
    in_order = (
        (Q(over_at__lte=now), DepartureState.PAST),
        (cut_off & Q(starts_at__lte=now) & RUNS, DepartureState.UNDER_WAY),
        (Q(is_open=False), DepartureState.CLOSED),
        (cut_off, DepartureState.CUT_OFF_PASSED),
        (IS_FULL, DepartureState.SOLD_OUT),
    )
    return Case(
        *(When(condition, then=Value(state.value)) for condition, state in in_order),
        default=Value(DepartureState.OPEN.value),
        output_field=CharField(),
    )


def add_seats(departures: Iterable[Any], *, now: datetime) -> None:
    """Set ``seats`` of departures with states, and ``BOAT_FULL`` of the open ones without any left.

    ``seats`` is how many guests the boats of a departure take beside those of other departures;
    None without a limit. One query, and none where no departure has resources.
    """
    rows = list(departures)
    ids = [DepartureId(row.pk) for row in rows if row.has_resources]
    found = run_now(resources.find_seats(ids, now=now, store=stores.resources())) if ids else {}
    for row in rows:
        row.seats = found.get(DepartureId(row.pk))
        is_full = row.seats is not None and row.taken >= row.seats
        if is_full and row.state_now == DepartureState.OPEN:
            row.state_now = DepartureState.BOAT_FULL.value


def find_limit(departure: Any) -> int | None:
    """Return the places for sale: the departure's own limit, or that of its boats if lower."""
    limits = (departure.capacity, departure.seats)
    return min((limit for limit in limits if limit is not None), default=None)
