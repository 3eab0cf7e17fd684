"""Availability: when an option runs, and how many places each departure has left.

Schedule ──generate──▶ Departure ──seen through an Offer, now──▶ Slot ──summed up──▶ CalendarDay
                          │                 │
                          │                 └─ says why a party cannot take it: also to bookings
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
    Slot,
)
from shared_domain.availability.offer import Offer
from shared_domain.availability.party import (
    NoPartyPossible,
    NotPriced,
    Obstacle,
    Party,
    SlotClosed,
    TooFewOfUnit,
    TooFewPlaces,
    TooFewTickets,
    TooManyOfUnit,
    TooManyTickets,
    Unaccompanied,
    obstacle_of_limits,
    obstacle_of_slot,
    party_of,
    party_of_tickets,
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
from shared_domain.availability.stock import LIVE_STOCK, Stock, stock_of
from shared_domain.catalog import MOST_TICKETS

__all__ = [
    "DAYS_AHEAD",
    "LIVE_STOCK",
    "MOST_TICKETS",
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
    "NoPartyPossible",
    "NotPriced",
    "Obstacle",
    "Offer",
    "OpeningPeriod",
    "Party",
    "PlannedDeparture",
    "Question",
    "Schedule",
    "Slot",
    "SlotClosed",
    "Stock",
    "TooFewOfUnit",
    "TooFewPlaces",
    "TooFewTickets",
    "TooManyOfUnit",
    "TooManyTickets",
    "Unaccompanied",
    "check_dates",
    "find_days",
    "find_slots",
    "generate_departures",
    "local_moment",
    "obstacle_of_limits",
    "obstacle_of_slot",
    "party_of",
    "party_of_tickets",
    "plan",
    "set_departure_capacity",
    "set_departure_open",
    "stock_of",
]
