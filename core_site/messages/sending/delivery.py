"""Write the letter of a booking, hand it to the mail server, and record the outcome in the log."""

from dataclasses import dataclass, replace
from datetime import datetime
from smtplib import (
    SMTPDataError,
    SMTPNotSupportedError,
    SMTPRecipientsRefused,
    SMTPSenderRefused,
)

from django.core.mail import EmailMessage
from django.utils import timezone

from core_site.bookings.models import Booking
from core_site.messages import limits
from core_site.messages.letters.email import write_email
from core_site.messages.letters.letter import NO_ADDITIONS, Additions, build_letter
from core_site.messages.letters.surroundings import load_surroundings
from core_site.messages.models import Message
from shared_domain import bookings
from shared_domain.messages import (
    DueElsewhere,
    MessageKind,
    MessageOutcome,
    MessageReason,
    choose_language,
)

_REASONS: tuple[tuple[type[Exception], MessageReason], ...] = (
    (SMTPRecipientsRefused, MessageReason.RECIPIENT),
    (SMTPSenderRefused, MessageReason.SENDER),
    (SMTPDataError, MessageReason.CONTENT),
    (SMTPNotSupportedError, MessageReason.UNSUPPORTED),
)

#: Errors that concern one mail only, after which others may be sent.
OF_ONE_MAIL = tuple(problem for problem, _ in _REASONS)


class MailServerAway(Exception):
    """The mail server cannot be reached or did not answer in time; no mail can be sent."""


@dataclass(frozen=True, kw_only=True)
class OutgoingMessage:
    """A message to deliver: its booking, kind, recipient, and additions to its letter.

    ``cause`` distinguishes it from every other message about this booking. ``logged`` is its row in
    the log, if it was queued there or an earlier attempt has failed; None inserts a new row.
    """

    row: Booking
    booking: bookings.Booking
    kind: MessageKind
    recipient: str
    cause: str
    additions: Additions = NO_ADDITIONS
    logged: Message | None = None


def deliver(outgoing: OutgoingMessage) -> None:
    """Send a message, or store it if it is of a test, and record it in the log.

    Raises:
        MailServerAway: the mail server could not be reached.
        SMTPRecipientsRefused, SMTPSenderRefused, SMTPDataError: the server refused this mail.
        SMTPNotSupportedError: the address needs SMTPUTF8, which the mail server does not have.
    """
    booking = outgoing.booking
    choice = choose_language(booking.contact.locales)
    surroundings = load_surroundings(booking, outgoing.kind, choice.language)
    additions = replace(outgoing.additions, days_ahead=_count_days_ahead(booking))
    letter = build_letter(outgoing.kind, booking, surroundings, choice, additions)
    mail = write_email(
        letter,
        booking,
        recipient=outgoing.recipient,
        supplier=surroundings.supplier,
        cause=outgoing.cause,
    )
    logged = outgoing.logged or Message(owed_at=timezone.now())
    logged.booking, logged.partner_id = outgoing.row, outgoing.row.partner_id
    logged.test_mode, logged.kind = outgoing.row.test_mode, outgoing.kind.value
    logged.language, logged.subject = choice.language, letter.subject
    logged.recipient, logged.words = outgoing.recipient, outgoing.additions.words
    if limits.is_kept(outgoing.row, outgoing.recipient):
        logged.outcome, logged.body = MessageOutcome.KEPT.value, str(mail.body)
        logged.attachments = [name for name, *_ in mail.attachments]
    else:
        hand_over(mail)
        logged.outcome = MessageOutcome.SENT.value
    settle(logged, now=timezone.now())


def _count_days_ahead(booking: bookings.Booking) -> int:
    """Return the days until the departure by the calendar of the place; 0 without a departure."""
    if booking.departure is None:
        return 0
    today = timezone.now().astimezone(booking.product.zone).date()
    return (booking.departure.local_date - today).days


def settle(logged: Message, *, now: datetime) -> None:
    """Store the final outcome of a message, which is not due any more.

    A cause in the outbox itself stays stored, so that the same cause queues no second message; one
    that is due elsewhere is removed.
    """
    if logged.cause in set(DueElsewhere):
        logged.cause = None
    logged.stands_since, logged.due_at = now, None
    logged.reason = MessageReason.NONE.value
    logged.save()


def hand_over(mail: EmailMessage) -> None:
    """Send a mail over SMTP; distinguish a server that is unavailable from one that refuses it."""
    try:
        mail.send()
    except OF_ONE_MAIL:
        raise
    except OSError as problem:
        # smtplib's errors about the connection and the socket's own ones are of this kind.
        raise MailServerAway(str(problem)) from problem


def reason_class(problem: Exception) -> MessageReason:
    """Return why a message was refused, without the server's text, which may name the guest."""
    if isinstance(problem, MailServerAway):
        return MessageReason.SERVER_AWAY
    for kind, reason in _REASONS:
        if isinstance(problem, kind):
            return reason
    return MessageReason.ERROR


def find_attempt(booking_id: int, cause: DueElsewhere) -> Message | None:
    """Lock and return the log's row of an earlier attempt for this cause; None without one."""
    rows = Message.objects.select_for_update(no_key=True)
    return rows.filter(booking=booking_id, cause=cause.value).first()


def give_up(row: Booking, kind: MessageKind, cause: DueElsewhere) -> None:
    """Log a message that is due elsewhere and was tried for too long as refused.

    So it is among those that failed, also if no attempt of its own has reached the mail server: an
    attempt is recorded of the first message only that finds the server away.
    """
    now = timezone.now()
    logged = find_attempt(row.pk, cause) or Message(
        booking=row,
        partner_id=row.partner_id,
        test_mode=row.test_mode,
        kind=kind.value,
        owed_at=now,
        reason=MessageReason.SERVER_AWAY.value,
    )
    logged.outcome = MessageOutcome.REFUSED.value
    logged.cause, logged.due_at, logged.stands_since = None, None, now
    logged.save()
