"""The admin of messages to guests; the pages are in ``office``."""

from core_site.messages.office.log_admin import MessageAdmin

__all__ = ["MessageAdmin"]
