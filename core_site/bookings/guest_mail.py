"""Whether a mail to a guest is sent, kept for staff to read, or postponed by a limit.

A partner chooses whom a booking's mails go to, and can change that as often as it likes. So a mail
about a test is not sent, unless its address is on the partner's list (``test_mail_addresses``): it
is kept, and staff read it under *Mails*. And both a booking and a partner cause a bounded number of
mails in 24 hours, tests counted apart. What is beyond that waits until there is room again, and
then says how the booking stands by then; the booking's history tells staff so. Mails about a
cancellation by staff are not among them: no partner causes one, and no guest may wait for one.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from core_site.bookings.models import Booking, GuestMail
from core_site.postgresql.locks import LOCK_NAME_UNTIL_COMMIT
from shared_domain.contact_data import email_key

#: The time over which mails are counted.
WINDOW = timedelta(days=1)

#: How long staff can read what was kept, and see what was sent.
KEPT_FOR = timedelta(days=30)

#: Rows that are deleted in one statement.
BATCH = 1000


def room_at(booking: Booking, *, now: datetime) -> datetime:
    """Return when a mail of this booking may be sent: ``now``, or once the limit allows it.

    Other workers wait until the caller's transaction ends before they count the same partner's.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOCK_NAME_UNTIL_COMMIT, ["mails of a partner", booking.partner_id])
    mails = GuestMail.objects.filter(created_at__gt=now - WINDOW).exclude(
        kind=GuestMail.Kind.CANCELLED
    )
    own = mails.filter(booking=booking)
    partners = mails.filter(partner=booking.partner_id, test_mode=booking.test_mode)
    return max(
        _room_among(own, most=settings.MAILS_PER_BOOKING, now=now),
        _room_among(partners, most=settings.MAILS_PER_PARTNER, now=now),
    )


def is_kept(booking: Booking, recipient: str) -> bool:
    """Return whether a mail is kept instead of sent: of a test, to an address not listed."""
    listed = {email_key(address) for address in booking.partner.test_mail_addresses}
    return booking.test_mode and email_key(recipient) not in listed


def record_sent(booking: Booking, kind: GuestMail.Kind) -> None:
    """Record that a mail of this booking was sent, without its text."""
    _new(booking, kind, GuestMail.Outcome.SENT).save()


def keep(booking: Booking, kind: GuestMail.Kind, mail: EmailMessage, *, recipient: str) -> None:
    """Store a mail for staff to read, instead of sending it."""
    kept = _new(booking, kind, GuestMail.Outcome.KEPT)
    kept.recipient, kept.subject, kept.body = recipient, str(mail.subject), str(mail.body)
    kept.attachments = [name for name, *_ in mail.attachments]
    kept.save()


def delete_old(*, now: datetime) -> int:
    """Delete the mails older than ``KEPT_FOR``, a batch at a time, and return how many."""
    old = GuestMail.objects.filter(created_at__lt=now - KEPT_FOR).order_by("created_at")
    deleted = 0
    while batch := list(old.values_list("pk", flat=True)[:BATCH]):
        GuestMail.objects.filter(pk__in=batch).delete()
        deleted += len(batch)
    return deleted


def _room_among(mails: QuerySet[GuestMail], *, most: int, now: datetime) -> datetime:
    moments = mails.order_by("-created_at").values_list("created_at", flat=True)
    # The latest but so many: once it is out of the window, fewer than `most` are in it.
    in_the_way = moments[most - 1 : most].first()
    return now if in_the_way is None else in_the_way + WINDOW


def _new(booking: Booking, kind: GuestMail.Kind, outcome: GuestMail.Outcome) -> GuestMail:
    return GuestMail(
        booking=booking,
        partner_id=booking.partner_id,
        test_mode=booking.test_mode,
        kind=kind,
        outcome=outcome,
        created_at=timezone.now(),
    )
