"""Availability: when an option runs, and how many places each departure has left.

Schedule ──generate──▶ Departure ──seen by a party, now──▶ Slot ──summed up──▶ CalendarDay
                          │
                          └─ staff close, reopen or resize one; it then stays as they left it
"""

from shared_domain.availability.errors import (
    AvailabilityNotFound,
    AvailabilityRefused,
    CapacityBelowReserved,
    DatesUnusable,
    DepartureNotFound,
)
from shared_domain.availability.model import (
    AvailabilityStatus,
    CalendarDay,
    Departure,
    DepartureId,
    OpeningPeriod,
    Party,
    Slot,
    most_units,
    party_of,
    see_slot,
)
from shared_domain.availability.schedules import (
    DAYS_AHEAD,
    PlannedDeparture,
    Schedule,
    local_moment,
    plan,
)
from shared_domain.availability.services import (
    Answer,
    AvailabilityStore,
    Question,
    check_dates,
    find_days,
    find_slots,
    generate_departures,
    set_departure_capacity,
    set_departure_open,
)

__all__ = [
    "DAYS_AHEAD",
    "Answer",
    "AvailabilityNotFound",
    "AvailabilityRefused",
    "AvailabilityStatus",
    "AvailabilityStore",
    "CalendarDay",
    "CapacityBelowReserved",
    "DatesUnusable",
    "Departure",
    "DepartureId",
    "DepartureNotFound",
    "OpeningPeriod",
    "Party",
    "PlannedDeparture",
    "Question",
    "Schedule",
    "Slot",
    "check_dates",
    "find_days",
    "find_slots",
    "generate_departures",
    "local_moment",
    "most_units",
    "party_of",
    "plan",
    "see_slot",
    "set_departure_capacity",
    "set_departure_open",
]
