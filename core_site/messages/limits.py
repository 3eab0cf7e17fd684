"""Limits of messages: whether one is sent, stored for staff to read, or postponed.

A partner chooses the recipient of a booking's messages, and may change it any number of times. So a
message about a test is not sent, unless the partner has listed its address
(``test_mail_addresses``): it is stored, and staff read it under *Messages*. And the number of
messages in 24 hours is limited for each booking and for each partner, tests counted separately. A
message beyond the limit is postponed, and then tells the state of the booking at that time; the
booking's history shows the delay. Only confirmations and changes that a partner can cause are
counted and postponed: not what staff cause (new times, cancellations, notes, and messages that they
send again), nor reminders, of which there is one for each day of travel.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from core_site.bookings.models import Booking
from core_site.messages.models import Message
from core_site.postgresql.locks import TRY_LOCK_NAME_UNTIL_COMMIT
from shared_domain.contact_data import email_key
from shared_domain.messages import MessageKind, MessageOutcome

#: The time over which messages are counted.
WINDOW = timedelta(days=1)

#: How long messages are stored, for staff to read.
KEPT_FOR = timedelta(days=30)

#: Rows that are deleted in one statement.
BATCH = 1000

#: What a partner causes, by what it sends.
_CAUSED_BY_PARTNERS = (MessageKind.CONFIRMATION, MessageKind.CHANGE)

_LEFT = (MessageOutcome.SENT, MessageOutcome.KEPT)


def room_at(booking: Booking, *, now: datetime) -> datetime | None:
    """Return when a message of this booking may be sent: ``now``, or when the limits allow it.

    None while another worker sends a message of the same partner. Workers count these one after
    another, by an advisory lock until the caller's transaction ends, and none waits for it: the
    other one waits for the mail server meanwhile.
    """
    with connection.cursor() as cursor:
        cursor.execute(TRY_LOCK_NAME_UNTIL_COMMIT, ["mails of a partner", booking.partner_id])
        [is_locked] = cursor.fetchone()
    if not is_locked:
        return None
    mails = Message.objects.filter(
        stands_since__gt=now - WINDOW,
        kind__in=[kind.value for kind in _CAUSED_BY_PARTNERS],
        outcome__in=[outcome.value for outcome in _LEFT],
        # What staff send again keeps its cause (``delivery.settle``).
        cause=None,
    )
    own = mails.filter(booking=booking)
    partners = mails.filter(partner=booking.partner_id, test_mode=booking.test_mode)
    return max(
        _room_among(own, most=settings.MAILS_PER_BOOKING, now=now),
        _room_among(partners, most=settings.MAILS_PER_PARTNER, now=now),
    )


def is_kept(booking: Booking, recipient: str) -> bool:
    """Return whether a message is stored instead of sent: of a test, to an unlisted address."""
    listed = {email_key(address) for address in booking.partner.test_mail_addresses}
    return booking.test_mode and email_key(recipient) not in listed


def delete_old(*, now: datetime) -> int:
    """Delete the messages older than ``KEPT_FOR``, a batch at a time, and return how many."""
    old = Message.objects.filter(stands_since__lt=now - KEPT_FOR).order_by("stands_since")
    deleted = 0
    while batch := list(old.values_list("pk", flat=True)[:BATCH]):
        Message.objects.filter(pk__in=batch).delete()
        deleted += len(batch)
    return deleted


def _room_among(mails: QuerySet[Message], *, most: int, now: datetime) -> datetime:
    moments = mails.order_by("-stands_since").values_list("stands_since", flat=True)
    # The latest but so many: once it is out of the window, fewer than `most` are in it.
    in_the_way = moments[most - 1 : most].first()
    return now if in_the_way is None else in_the_way + WINDOW
