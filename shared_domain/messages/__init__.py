"""Messages: the e-mails that a guest is sent about a booking, once for each cause.

WAITING ──worker──▶ SENT      the mail server accepted it
   │    ├─────────▶ KEPT      about a test: stored for staff instead of being sent
   │    ├─────────▶ REFUSED   tried again for two days, then for good
   │    └─────────▶ DROPPED   the booking is such that the message has become untrue
   └─ one row for a booking, kind and cause, written in the transaction that causes it

Three causes are due by a row or column elsewhere, and have a row here from the first attempt on:
confirmations and changes by a column of the booking, moves by their notice, cancelled departures
by the disruption's row.
"""

from shared_domain.messages.cancellation import CANCELLED, cancel_for_partner
from shared_domain.messages.languages import LANGUAGES, LanguageChoice, choose_language
from shared_domain.messages.model import (
    RETRY_PERIOD,
    DueElsewhere,
    MessageId,
    MessageKind,
    MessageOutcome,
    MessageReason,
    QueuedMessage,
    is_needless,
    may_write_to_guest,
    next_attempt_at,
    reminder_due_at,
)
from shared_domain.messages.services import (
    MessageStore,
    QueuedNotes,
    ReminderCandidate,
    due_messages,
    lock_message,
    queue_departure_note,
    queue_message,
    queue_reminders,
    record_attempt,
    settle_stale_attempts,
)

__all__ = [
    "CANCELLED",
    "LANGUAGES",
    "RETRY_PERIOD",
    "DueElsewhere",
    "LanguageChoice",
    "MessageId",
    "MessageKind",
    "MessageOutcome",
    "MessageReason",
    "MessageStore",
    "QueuedMessage",
    "QueuedNotes",
    "ReminderCandidate",
    "cancel_for_partner",
    "choose_language",
    "due_messages",
    "is_needless",
    "lock_message",
    "may_write_to_guest",
    "next_attempt_at",
    "queue_departure_note",
    "queue_message",
    "queue_reminders",
    "record_attempt",
    "reminder_due_at",
    "settle_stale_attempts",
]
