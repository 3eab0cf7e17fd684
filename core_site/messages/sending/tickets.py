"""Confirmations and changes: messages with a booking's tickets, due since ``tickets_due_at``."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Exists, OuterRef
from django.utils import timezone

from core_site import stores
from core_site.bookings.models import Booking
from core_site.messages import limits
from core_site.messages.models import Message
from core_site.messages.sending.delivery import OutgoingMessage, deliver, find_attempt
from core_site.messages.sending.queue import Attempted
from shared_domain import bookings, messages
from shared_domain.bookings import BookingId
from shared_domain.messages import RETRY_PERIOD, DueElsewhere, MessageKind, MessageReason
from shared_domain.run_now import run_now

#: The columns that ``_kind`` reads.
_DECIDE_KIND = ("tickets_sent_at", "tickets_recipient")


def due_tickets(*, now: datetime) -> Iterator[tuple[int, str]]:
    """Yield the id and reference of each booking whose tickets are due, the oldest first.

    Left out are bookings with a due notice of a move, whose message contains the tickets, and those
    whose message was refused until its retry is due.
    """
    refused = Message.objects.filter(
        booking=OuterRef("pk"),
        cause=DueElsewhere.TICKETS.value,
        outcome="REFUSED",
        due_at__gt=now,
        # A change since then, of the address perhaps, is tried at once.
        stands_since__gte=OuterRef("tickets_due_at"),
    )
    due = Booking.objects.filter(
        tickets_due_at__lte=now, tickets_due_at__gt=now - RETRY_PERIOD, move_notice=None
    ).exclude(Exists(refused))
    yield from list(due.order_by("tickets_due_at").values_list("pk", "supplier_reference"))


def send_due_tickets(booking_id: int) -> None:
    """Send a booking's tickets, in the caller's transaction, if they are due.

    They are postponed if the booking or its partner has reached its limit of messages (``limits``),
    unless staff send them again. They stay due while another worker sends the partner's.

    Raises:
        Everything that ``deliver`` raises.
    """
    row = (
        Booking.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(pk=booking_id, tickets_due_at__isnull=False)
        .only("uuid", "partner_id", "test_mode", *_DECIDE_KIND, "tickets_due_at")
        .first()
    )
    if row is None:
        return  # Another worker is sending it, or has sent it.
    store, now = stores.bookings(), timezone.now()
    booking = run_now(bookings.get_booking(row.uuid, access=row.access, now=now, store=store))
    recipient = booking.tickets_address
    # Without an address no message can be sent, so the tickets are settled.
    if recipient:
        is_repeat = row.tickets_recipient is not None
        until = now if is_repeat else limits.room_at(row, now=now)
        if until is None:
            return  # The next run finds it.
        if until > now:
            _postpone(row, until, now=now)
            return
        logged = find_attempt(row.pk, DueElsewhere.TICKETS) or Message(owed_at=now)
        if is_repeat:
            logged.cause = f"repeated {row.tickets_due_at}"
        outgoing = OutgoingMessage(
            row=row,
            booking=booking,
            kind=_kind(row),
            recipient=recipient,
            cause=f"{DueElsewhere.TICKETS} {row.tickets_due_at}",
            logged=logged,
        )
        deliver(outgoing)
    run_now(bookings.mark_tickets_sent(row.uuid, access=row.access, now=now, store=store))


def tickets_attempt(booking_id: int) -> Attempted | None:
    row = Booking.objects.filter(pk=booking_id).only(*_DECIDE_KIND).first()
    return None if row is None else (BookingId(booking_id), _kind(row), DueElsewhere.TICKETS.value)


def _kind(row: Booking) -> MessageKind:
    """Return the kind of message that contains the tickets.

    It is a confirmation for the first tickets, and for those that staff send again, for which the
    recipient is stored, also if it is the guest. Others are sent because of a change.
    """
    is_change = row.tickets_sent_at is not None and row.tickets_recipient is None
    return MessageKind.CHANGE if is_change else MessageKind.CONFIRMATION


def _postpone(row: Booking, until: datetime, *, now: datetime) -> None:
    postpone = bookings.postpone_tickets(
        row.uuid, until=until, access=row.access, now=now, store=stores.bookings()
    )
    run_now(postpone)
    waits = messages.record_attempt(
        BookingId(row.pk),
        _kind(row),
        cause=DueElsewhere.TICKETS.value,
        reason=MessageReason.LIMIT,
        until=until,
        now=now,
        store=stores.messages(),
    )
    run_now(waits)
