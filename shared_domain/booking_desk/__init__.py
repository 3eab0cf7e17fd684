"""The booking desk: staff sell to guests who telephone, write or walk in, and for resellers.

A sale is a reservation by the same service as the API's, made for a partner: a direct one, the
supplier itself, or a reseller. It is confirmed at once, or stays on hold.

What the service refuses because the departure is full or its sale is over, a staff user with the
permission may sell all the same, with a reason. The capacity of a full departure is raised by what
the party lacks, so the constraint that no departure is oversold keeps holding, and the departure's
history shows it, up to the seats of its boat (``BoatLimit``). Each such :class:`Exemption` is
recorded with who made it and why. Nothing else is lifted: a closed departure is reopened first, and
the limits of a party stay.
"""

from shared_domain.booking_desk.errors import (
    BoatFull,
    DeskRefused,
    ExemptionReasonMissing,
    HoldAfterCutoff,
)
from shared_domain.booking_desk.model import (
    LONGEST_REASON,
    BoatLimit,
    Exemption,
    Sale,
    SlotQuote,
    Sold,
    quote_slot,
)
from shared_domain.booking_desk.services import DeskStore, sell

__all__ = [
    "LONGEST_REASON",
    "BoatFull",
    "BoatLimit",
    "DeskRefused",
    "DeskStore",
    "Exemption",
    "HoldAfterCutoff",
    "ExemptionReasonMissing",
    "Sale",
    "SlotQuote",
    "Sold",
    "quote_slot",
    "sell",
]
