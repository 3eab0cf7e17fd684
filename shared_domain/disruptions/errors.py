"""Refusals of a disruption as a whole; what is refused to one booking is a result in its report.

DisruptionRefused
 ├── NoDepartures
 ├── DisruptionTooLarge
 ├── MoveOntoItself
 ├── DisruptionRunning
 └── AffectedChanged
"""

from dataclasses import dataclass

from shared_domain.refusals import RefusedToStaff


class DisruptionRefused(RefusedToStaff):
    """A disruption that is not started; nothing has changed."""


class NoDepartures(DisruptionRefused):
    """No departure was chosen, or those that were are gone."""


@dataclass(eq=False)
class DisruptionTooLarge(DisruptionRefused):
    """More departures or bookings than one disruption takes."""

    departures: int
    bookings: int
    max_departures: int
    max_bookings: int


class MoveOntoItself(DisruptionRefused):
    """Guests would be moved to a departure that is itself being emptied."""


class DisruptionRunning(DisruptionRefused):
    """Another disruption has not yet carried out all bookings of one of the departures.

    With both, some guests would be cancelled and others moved, as it happens.
    """


class AffectedChanged(DisruptionRefused):
    """The bookings are no longer those that staff saw in the preview."""
