"""Why a person's data is not found or not erased: only staff ask for that."""

from dataclasses import dataclass

from shared_domain.refusals import RefusedToStaff


class PersonNotFound(RefusedToStaff):
    """Nothing is stored under the given address, reference or id."""


@dataclass(eq=False)
class TravelNotOver(RefusedToStaff):
    """A booking is still ahead; its guest could no longer be reached without contact details."""

    references: tuple[str, ...]
