"""Refusals of sales at the booking desk, beside those of the reservation itself.

DeskRefused                  staff
 ├── HoldAfterCutoff
 └── ExemptionReasonMissing
"""

from shared_domain.refusals import RefusedToStaff


class DeskRefused(RefusedToStaff):
    """A sale at the desk that is refused; nothing was stored."""


class HoldAfterCutoff(DeskRefused):
    """A hold after the booking cut-off, which would end at once; such a sale is confirmed."""


class ExemptionReasonMissing(DeskRefused):
    """A sale over capacity or after the cut-off without a reason."""
