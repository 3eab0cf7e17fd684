"""Refusals of sales at the booking desk, beside those of the reservation itself.

DeskRefused                  staff
 ├── HoldAfterCutoff
 ├── ExemptionReasonMissing
 └── BoatFull
"""

from dataclasses import dataclass

from shared_domain.refusals import RefusedToStaff


class DeskRefused(RefusedToStaff):
    """A sale at the desk that is refused; nothing was stored."""


class HoldAfterCutoff(DeskRefused):
    """A hold after the booking cut-off would expire at once; the sale has to be confirmed."""


@dataclass(eq=False)
class BoatFull(DeskRefused):
    """A sale over the seats of the departure's boats, which no permission lifts.

    ``left`` is how many places they have left for the departure at its time, for ``places``.
    """

    names: tuple[str, ...]
    left: int
    places: int


class ExemptionReasonMissing(DeskRefused):
    """A sale over capacity or after the cut-off without a reason."""
