"""Whether a message is sent, kept for staff to read, or postponed by a limit.

A partner chooses whom a booking's messages go to, and can change that as often as it likes. So a
message about a test is not sent, unless its address is on the partner's list
(``test_mail_addresses``): it is kept, and staff read it under *Messages*. And both a booking and a
partner cause a bounded number of messages in 24 hours, tests counted apart. What is beyond that
waits until there is room again, and then says how the booking stands by then; the booking's history
tells staff so. Only what a partner can cause counts: staff cause cancellations and notes, and of
reminders there is one for each day of travel.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from core_site.bookings.models import Booking
from core_site.messages.models import Message
from core_site.postgresql.locks import LOCK_NAME_UNTIL_COMMIT
from shared_domain.contact_data import email_key
from shared_domain.messages import MessageKind, MessageOutcome

#: The time over which messages are counted.
WINDOW = timedelta(days=1)

#: How long staff can read what was kept, and see what was sent.
KEPT_FOR = timedelta(days=30)

#: Rows that are deleted in one statement.
BATCH = 1000

#: What a partner causes, by what it sends.
_CAUSED_BY_PARTNERS = (MessageKind.CONFIRMATION, MessageKind.CHANGE, MessageKind.MOVE)

_LEFT = (MessageOutcome.SENT, MessageOutcome.KEPT)


def room_at(booking: Booking, *, now: datetime) -> datetime:
    """Return when a message of this booking may be sent: ``now``, or once the limit allows it.

    Other workers wait until the caller's transaction ends before they count the same partner's.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOCK_NAME_UNTIL_COMMIT, ["mails of a partner", booking.partner_id])
    mails = Message.objects.filter(
        stands_since__gt=now - WINDOW,
        kind__in=[kind.value for kind in _CAUSED_BY_PARTNERS],
        outcome__in=[outcome.value for outcome in _LEFT],
    )
    own = mails.filter(booking=booking)
    partners = mails.filter(partner=booking.partner_id, test_mode=booking.test_mode)
    return max(
        _room_among(own, most=settings.MAILS_PER_BOOKING, now=now),
        _room_among(partners, most=settings.MAILS_PER_PARTNER, now=now),
    )


def is_kept(booking: Booking, recipient: str) -> bool:
    """Return whether a message is kept instead of sent: of a test, to an address not listed."""
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
