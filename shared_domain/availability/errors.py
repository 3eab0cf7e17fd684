"""Refusals of availability: of queries, and of changes to a departure.

AvailabilityRefused
 ├── AvailabilityNotFound
 ├── InvalidDateRange
 ├── DepartureNotFound        staff
 ├── CapacityBelowReserved    staff
 ├── BlackoutScope            staff
 ├── BlackoutTooLong          staff
 └── BlackoutLifted           staff
"""

from dataclasses import dataclass
from enum import Enum

from shared_domain.refusals import Refused, RefusedToStaff


class AvailabilityRefused(Refused):
    """A query or a change of availability that is refused."""


@dataclass(eq=False)
class AvailabilityNotFound(AvailabilityRefused):
    """The option has no such slot."""

    availability_id: str


class DateRangeProblem(Enum):
    MISSING = "there are no dates"
    BACKWARDS = "the last date is before the first"
    TOO_LONG = "the last date is more than a year after the first"


@dataclass(eq=False)
class InvalidDateRange(AvailabilityRefused):
    """The dates are missing, run backwards or span more than a year."""

    problem: DateRangeProblem


class DepartureNotFound(AvailabilityRefused, RefusedToStaff):
    """Staff asked for a departure that is gone."""


@dataclass(eq=False)
class CapacityBelowReserved(AvailabilityRefused, RefusedToStaff):
    """Staff asked for fewer places than are already taken."""

    reserved: int


class BlackoutScope(AvailabilityRefused, RefusedToStaff):
    """A blackout is for one product or for one place: neither was named, or both were."""


@dataclass(eq=False)
class BlackoutTooLong(AvailabilityRefused, RefusedToStaff):
    """A blackout ends before it begins, or lasts longer than this many days."""

    most_days: int


class BlackoutLifted(AvailabilityRefused, RefusedToStaff):
    """The blackout was lifted before."""
