"""The messages that failed or are stuck, about which staff can do something, and their filter."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import RadioFilter

from core_site.messages.models import Message
from shared_domain.bookings import BookingStatus
from shared_domain.messages import MessageKind, MessageOutcome

#: The worker sends what is due within a minute or two. What waits for longer is stuck.
STUCK_AFTER = timedelta(minutes=15)

#: Kinds that say how a booking stands, so that a later one makes up for an earlier one.
_OF_THE_STATE = [
    MessageKind.CONFIRMATION.value,
    MessageKind.CHANGE.value,
    MessageKind.MOVE.value,
]

_CANCELLATION, _REMINDER, _NOTE = (
    MessageKind.CANCELLATION.value,
    MessageKind.REMINDER.value,
    MessageKind.NOTE.value,
)

_PENDING, _CONFIRMED, _REDEEMED, _CANCELLED = (
    BookingStatus.PENDING.value,
    BookingStatus.CONFIRMED.value,
    BookingStatus.REDEEMED.value,
    BookingStatus.CANCELLED.value,
)


def failed_messages(rows: QuerySet[Message], *, now: datetime) -> QuerySet[Message]:
    """Return the messages that were refused and that staff may still send again.

    Left out are those of tests, those whose guest was sent another one of this content since,
    those that are needless by now, as ``shared_domain.messages.is_needless`` says, and those with
    tickets for a departure that is over.
    """
    refused = rows.filter(outcome=MessageOutcome.REFUSED.value, test_mode=False)
    return refused.filter(_is_needed(now)).exclude(_is_made_up_for())


def _is_needed(now: datetime) -> Q:
    """Return the condition that a message of its kind is true of its booking and not too late."""
    ahead = Q(booking__departure__cutoffs_count_from__gt=now)
    not_over = Q(booking__departure=None) | Q(booking__departure__ends_at__gt=now)
    return (
        Q(kind=_CANCELLATION, booking__status=_CANCELLED)
        | Q(kind=_NOTE, booking__status__in=[_CONFIRMED, _PENDING, _REDEEMED])
        | Q(kind=_REMINDER, booking__status=_CONFIRMED) & ahead
        | Q(kind__in=_OF_THE_STATE, booking__status__in=[_CONFIRMED, _REDEEMED]) & not_over
    )


def _is_made_up_for() -> Q:
    """Return the condition that the mail server accepted a later message that says the same."""
    accepted = Message.objects.filter(
        booking=OuterRef("booking"), id__gt=OuterRef("pk"), outcome=MessageOutcome.SENT.value
    )
    return (
        Q(Exists(accepted.filter(kind=OuterRef("kind")).exclude(kind=_NOTE)))
        | Q(Exists(accepted.filter(kind=_NOTE, note=OuterRef("note"))), kind=_NOTE)
        | Q(Exists(accepted.filter(kind__in=_OF_THE_STATE)), kind__in=_OF_THE_STATE)
    )


def stuck_messages(rows: QuerySet[Message], *, now: datetime) -> QuerySet[Message]:
    """Return the messages that are due and have waited for ``STUCK_AFTER``, without tests.

    So it is when the mail server or the worker is away. What a limit postpones is not due.
    """
    return rows.filter(
        outcome=MessageOutcome.WAITING.value,
        test_mode=False,
        due_at__lte=now,
        owed_at__lt=now - STUCK_AFTER,
    )


class FailureFilter(RadioFilter):
    """Admin filter by what staff may do: messages to send again, and those that are stuck."""

    title = "guest"
    parameter_name = "guest"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [
            ("untold", "Not told yet, of live bookings"),
            ("waits", f"Waits for over {STUCK_AFTER // timedelta(minutes=1)} minutes"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> QuerySet[Message]:
        match self.value():
            case "untold":
                return failed_messages(queryset, now=timezone.now())
            case "waits":
                return stuck_messages(queryset, now=timezone.now())
        return queryset
