"""One step of a booking's timeline."""

from dataclasses import dataclass
from datetime import datetime

from core_site.row_history import FieldChange


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What happened to a booking at a moment, with what changed and the actor.

    ``status`` is the booking's status since then; empty for what leaves the booking as it is, such
    as a payment. ``fields`` holds what changed; ``unrecorded`` names what changed without its
    values, which the history never keeps because they may be personal data: contact, notes.
    ``said`` is a sentence about it.
    """

    at: datetime
    what: str
    status: str
    who: str
    request_id: str
    fields: tuple[FieldChange, ...] = ()
    unrecorded: tuple[str, ...] = ()
    said: str = ""
