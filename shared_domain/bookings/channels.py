"""The channel by which a booking came: the API, or the booking desk and how the guest asked."""

from dataclasses import dataclass
from enum import StrEnum


class Channel(StrEnum):
    """The channel by which a booking was made, whichever partner it belongs to."""

    API = "API"
    TELEPHONE = "TELEPHONE"
    EMAIL = "EMAIL"
    WALK_IN = "WALK_IN"


#: What staff choose from at the booking desk; only a program books by the API.
DESK_CHANNELS = (Channel.TELEPHONE, Channel.WALK_IN, Channel.EMAIL)


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleConditions:
    """The conditions of a sale by staff; the defaults are those of the API.

    ``ignores_cutoff`` sells a departure after its booking cut-off, also when it is over.
    ``is_confirmed_at_once`` lets the partner's share of holds alone: nothing stays on hold.
    """

    channel: Channel = Channel.API
    ignores_cutoff: bool = False
    is_confirmed_at_once: bool = False


BY_API = SaleConditions()
