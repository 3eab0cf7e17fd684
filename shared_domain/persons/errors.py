from shared_domain.refusals import Refused


class PersonNotFound(Refused):
    """Nothing is stored under the given address, reference or id."""

    def __init__(self) -> None:
        super().__init__("nothing is stored under this e-mail address, reference or id")


class TravelNotOver(Refused):
    """A booking is still ahead; its guest could no longer be reached without contact details."""

    def __init__(self, references: list[str]) -> None:
        super().__init__(
            f"still ahead: {', '.join(references[:5])}; cancel first, or say that bookings which "
            "are still ahead are to be erased as well"
        )
