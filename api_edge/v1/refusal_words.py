"""What ``/v1`` answers to a refusal of the domain: status, words, the field at fault."""

from typing import NamedTuple


class V1Refusal(NamedTuple):
    """An HTTP status with its message; ``field`` is the part of the request at fault."""

    status: int
    message: str
    field: str
