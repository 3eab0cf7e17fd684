"""Availability: when an option runs, and how many places each departure has left.

Schedule ──generate──▶ Departure ──seen through an Offer, now──▶ Slot ──summed up──▶ CalendarDay
                          │                 │
                          │                 └─ says why a party cannot take it: also to bookings
                          └─ staff close, reopen or resize one: what they edited is kept

A departure is identified by its option, local date and local start; its id never changes, and its
instants follow from the time zone of its product. ``local_start`` and ``local_end`` compute its
local times for the API, for staff and for guests.

Departures follow their schedules in the transaction in which these are saved::

    with transaction.atomic():
        schedule.save()                                  # or delete, or the product's zone, ...
        effect = run_now(availability.preview_departures(
            option_id, with_guests=WithGuests.MOVE, now=now, store=stores.availability()
        ))                                               # reads only: DepartureChanges
        if effect.with_guests and decision is None:
            transaction.set_rollback(True)               # show effect.moved, .closed, .guests, ...
        else:
            effect = run_now(availability.generate_departures(
                option_id, with_guests=decision, now=now, store=stores.availability()
            ))                                           # does it, and returns the same value

``WithGuests`` says what happens to departures with guests; ``DepartureChanges`` lists every
departure that changes with its times before and after, its bookings and its guests.
"""

from shared_domain.availability.blackouts.services import (
    MAX_BLACKOUT_DAYS,
    BlackoutChanges,
    BlackoutEffect,
    BlackoutId,
    BlackoutPlan,
    BlackoutStore,
    add_blackout,
    follow_place,
    lift_blackout,
    preview_blackout,
)
from shared_domain.availability.calendar import CalendarVersion
from shared_domain.availability.clock import (
    TimedDeparture,
    announced_start,
    local_end,
    local_moment,
    local_start,
)
from shared_domain.availability.departure_sync.changes import (
    DepartureChange,
    DepartureChanges,
    WithGuests,
)
from shared_domain.availability.departure_sync.schedules import (
    DAYS_AHEAD,
    PlannedDeparture,
    Schedule,
    plan,
)
from shared_domain.availability.departure_sync.services import (
    ScheduleStore,
    generate_departures,
    needs_generation,
    preview_departures,
)
from shared_domain.availability.departure_times import (
    DepartureTimes,
    departure_times_to_json,
    parse_departure_times,
    to_departure_times,
)
from shared_domain.availability.errors import (
    AvailabilityNotFound,
    AvailabilityRefused,
    BlackoutLifted,
    BlackoutScope,
    BlackoutTooLong,
    CapacityBelowReserved,
    DateRangeProblem,
    DepartureNotFound,
    InvalidDateRange,
)
from shared_domain.availability.model import (
    LIVE_STOCK,
    AvailabilityStatus,
    CalendarDay,
    Departure,
    DepartureId,
    OpeningPeriod,
    Slot,
    Stock,
    stock_for,
)
from shared_domain.availability.offer import Offer
from shared_domain.availability.party import (
    HeldShare,
    HeldShareReached,
    NoPartyPossible,
    NotPriced,
    Party,
    PartyLimit,
    SlotClosed,
    TooFewOfUnit,
    TooFewPlaces,
    TooFewTickets,
    TooManyOfUnit,
    TooManyTickets,
    Unaccompanied,
    UnavailableReason,
    build_party,
    build_party_from_units,
    party_unavailable_reason,
    share_unavailable_reason,
    slot_unavailable_reason,
)
from shared_domain.availability.services import (
    AvailabilityQuery,
    AvailabilityResult,
    AvailabilityStore,
    CalendarResult,
    check_dates,
    find_calendar_version,
    find_days,
    find_slots,
    release_departure,
    set_departure_capacity,
    set_departure_open,
)
from shared_domain.catalog import MAX_TICKETS

__all__ = [
    "DAYS_AHEAD",
    "LIVE_STOCK",
    "MAX_BLACKOUT_DAYS",
    "MAX_TICKETS",
    "AvailabilityResult",
    "AvailabilityNotFound",
    "AvailabilityRefused",
    "AvailabilityStatus",
    "AvailabilityStore",
    "BlackoutChanges",
    "BlackoutEffect",
    "BlackoutId",
    "BlackoutLifted",
    "BlackoutPlan",
    "BlackoutScope",
    "BlackoutStore",
    "BlackoutTooLong",
    "CalendarDay",
    "CalendarResult",
    "CalendarVersion",
    "CapacityBelowReserved",
    "DateRangeProblem",
    "InvalidDateRange",
    "Departure",
    "DepartureChange",
    "DepartureChanges",
    "DepartureId",
    "DepartureNotFound",
    "HeldShareReached",
    "HeldShare",
    "NoPartyPossible",
    "NotPriced",
    "PartyLimit",
    "UnavailableReason",
    "Offer",
    "OpeningPeriod",
    "Party",
    "PlannedDeparture",
    "AvailabilityQuery",
    "Schedule",
    "ScheduleStore",
    "Slot",
    "SlotClosed",
    "Stock",
    "TimedDeparture",
    "DepartureTimes",
    "TooFewOfUnit",
    "TooFewPlaces",
    "TooFewTickets",
    "TooManyOfUnit",
    "TooManyTickets",
    "Unaccompanied",
    "WithGuests",
    "add_blackout",
    "check_dates",
    "find_calendar_version",
    "find_days",
    "find_slots",
    "follow_place",
    "generate_departures",
    "lift_blackout",
    "local_end",
    "local_moment",
    "local_start",
    "party_unavailable_reason",
    "share_unavailable_reason",
    "slot_unavailable_reason",
    "build_party",
    "build_party_from_units",
    "plan",
    "preview_blackout",
    "preview_departures",
    "release_departure",
    "needs_generation",
    "set_departure_capacity",
    "set_departure_open",
    "announced_start",
    "stock_for",
    "departure_times_to_json",
    "parse_departure_times",
    "to_departure_times",
]
