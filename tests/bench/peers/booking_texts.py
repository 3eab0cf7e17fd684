"""Texts of a booking that every peer answers as they are stored: those that no case here sends.

They come from the domain, so that a text that is added there needs no line in any peer.
"""

from shared_domain.bookings import PARTNER_TEXTS

_SENT = frozenset({"notes", "reseller_reference"})

#: Names of attributes and columns.
STORED_TEXTS = tuple(name for name in PARTNER_TEXTS if name not in _SENT)
