"""The departures of a calendar, and the fingerprint that tells whether any of them has changed.

A calendar of a year is read far more often than it changes. So a reader may remember what it made
of one, together with the fingerprint of its departures, and asks only for the fingerprint next
time: the same departures, seen at that moment by the same partner, have the same one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from shared_domain.availability.model import Departure, DepartureId
from shared_domain.availability.party import HeldShare
from shared_domain.catalog import OptionId, ProductId


class CalendarFingerprint(NamedTuple):
    """How many departures there are, and 64 bits that PostgreSQL makes of what they show.

    Everything that a calendar's days depend on is in it: what is taken and may be held, without
    holds that have run out, what is closed or past its cut-off. It finds changes, and is no
    protection against a caller who could make two calendars with the same fingerprint.
    """

    departures: int
    digest: int


NO_DEPARTURES = CalendarFingerprint(0, 0)


@dataclass(frozen=True, slots=True)
class CalendarDepartures:
    """The departures of an option in a range of dates, and what the partner holds of each."""

    departures: Sequence[Departure]
    held_shares: Mapping[DepartureId, HeldShare]
    fingerprint: CalendarFingerprint


@dataclass(frozen=True, slots=True)
class CalendarVersion:
    """The version of the days that a query finds: of the product for this partner, and of slots.

    Equal versions have equal answers to the same query.
    """

    product_id: ProductId
    revision: int
    commission_basis_points: int
    option_id: OptionId
    fingerprint: CalendarFingerprint
