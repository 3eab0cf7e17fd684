"""Why a question about availability is turned down.

AvailabilityRefused
 ├── AvailabilityNotFound
 ├── InvalidDateRange
 ├── DepartureNotFound
 └── CapacityBelowReserved
"""

from shared_domain.refusals import Refused


class AvailabilityRefused(Refused):
    """A question about availability that has no good answer."""


class AvailabilityNotFound(AvailabilityRefused):
    """The option has no such slot."""

    def __init__(self, availability_id: str) -> None:
        super().__init__(
            "availabilityId is not an availability of this product and option; "
            "POST /availability lists them",
            field="availabilityId",
            value=availability_id,
        )


class InvalidDateRange(AvailabilityRefused):
    """Dates that exclude each other, run backwards or span more than a year."""


class DepartureNotFound(AvailabilityRefused):
    """Staff asked for a departure that is gone."""

    def __init__(self) -> None:
        super().__init__("this departure no longer exists; reload the list")


class CapacityBelowReserved(AvailabilityRefused):
    """Staff asked for fewer places than are already taken."""

    def __init__(self, *, reserved: int) -> None:
        super().__init__(
            f"capacity must be at least {reserved}: so many places are already reserved",
            field="capacity",
        )
