"""The state of a departure at one moment, and how many of its places are taken.

The list, its filters, the page of a departure and the admin's first page all read what
:func:`with_states` adds, so that they cannot disagree.
"""

from datetime import datetime
from enum import StrEnum

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

from core_site.bookings.hold_expiry import has_expired
from core_site.bookings.models import Booking
from core_site.catalog.models import Departure


class DepartureState(StrEnum):
    """The state of a departure at one moment, as the pages of staff show it."""

    OPEN = "open"
    SOLD_OUT = "sold out"
    CLOSED = "closed"
    CUT_OFF_PASSED = "cut-off passed"
    UNDER_WAY = "under way"
    PAST = "past"


#: Of the labels that show a state.
STATE_COLOURS = {
    DepartureState.OPEN: "success",
    DepartureState.SOLD_OUT: "warning",
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
