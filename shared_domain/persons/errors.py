"""Refusals of staff's requests to find or erase a person's data."""

from dataclasses import dataclass

from shared_domain.refusals import RefusedToStaff


class PersonNotFound(RefusedToStaff):
    """Nothing is stored under the given address, reference or id."""


@dataclass(eq=False)
class TravelNotOver(RefusedToStaff):
    """A booking is still ahead; its guest could no longer be reached without contact details."""

    references: tuple[str, ...]
