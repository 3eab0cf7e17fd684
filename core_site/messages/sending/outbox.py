"""Messages queued in the log (the outbox): cancellations, reminders, notes and repeats."""

from django.utils import timezone

from core_site import stores
from core_site.bookings.models import Booking
from core_site.messages.letters.letter import NO_ADDITIONS, Additions
from core_site.messages.models import DepartureNote, Message
from core_site.messages.sending.delivery import OutgoingMessage, deliver, settle
from core_site.messages.sending.queue import Attempted
from shared_domain import bookings, messages
from shared_domain.bookings import BookingId
from shared_domain.messages import (
    LANGUAGES,
    MessageId,
    MessageKind,
    MessageOutcome,
    choose_language,
)
from shared_domain.run_now import run_now


def send_queued(message_id: MessageId) -> None:
    """Send one message of the outbox, in the caller's transaction, if it is due.

    A message that no longer applies, or has failed for too long, is settled without being sent.

    Raises:
        Everything that ``deliver`` raises.
    """
    now = timezone.now()
    queued = run_now(messages.lock_message(message_id, store=stores.messages()))
    if queued is None:
        return
    booking = run_now(
        bookings.get_booking(
            queued.booking_uuid, access=queued.access, now=now, store=stores.bookings()
        )
    )
    logged = Message.objects.get(pk=message_id)
    if queued.is_of_another_day(booking):
        # Without its cause, so that a guest who is moved back to that day is reminded of it.
        logged.outcome, logged.cause = MessageOutcome.DROPPED.value, None
        settle(logged, now=now)
        return
    recipient = queued.recipient or booking.contact.email_address or ""
    if not recipient or messages.is_needless(queued.kind, booking, now=now):
        logged.outcome = MessageOutcome.DROPPED.value
        settle(logged, now=now)
        return
    if queued.is_given_up(now=now):
        # For the reason of the last attempt: none may have reached the mail server.
        logged.outcome = MessageOutcome.REFUSED.value
        logged.due_at, logged.stands_since = None, now
        logged.save()
        return
    note = DepartureNote.objects.filter(pk=queued.note_id).first() if queued.note_id else None
    outgoing = OutgoingMessage(
        row=Booking.objects.get(pk=queued.booking_id),
        booking=booking,
        kind=queued.kind,
        recipient=recipient,
        cause=f"{queued.kind.value} {message_id}",
        additions=note_additions(note, booking) if note else Additions(words=queued.words),
        logged=logged,
    )
    deliver(outgoing)


def note_additions(note: DepartureNote, booking: bookings.Booking) -> Additions:
    """Return the text of a note in the guest's language or, if it has none, in another one."""
    own = choose_language(booking.contact.locales).language
    for language in (own, *LANGUAGES):
        text = getattr(note, f"text_{language}")
        if text:
            return Additions(subject=getattr(note, f"subject_{language}"), words=text)
    return NO_ADDITIONS


def queued_attempt(message_id: MessageId) -> Attempted | None:
    row = Message.objects.filter(pk=message_id).only("booking_id", "kind", "cause").first()
    if row is None or row.cause is None:
        return None
    return BookingId(row.booking_id), MessageKind(row.kind), row.cause
