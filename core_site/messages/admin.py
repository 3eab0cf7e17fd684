"""The admin of messages to guests; the pages are in ``office``."""

from core_site.messages.office.log_admin import MessageAdmin
from core_site.messages.office.notes_admin import ArrivalInfoAdmin, HouseNoteAdmin

__all__ = ["ArrivalInfoAdmin", "HouseNoteAdmin", "MessageAdmin"]
