"""The mails that tell partners that we have stopped sending to one of their URLs."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from smtplib import (
    SMTPDataError,
    SMTPNotSupportedError,
    SMTPRecipientsRefused,
    SMTPSenderRefused,
)
from typing import TypeVar
from uuid import UUID

from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone

from core_site.database import is_transient
from core_site.webhooks.destination_models import Destination
from shared_domain.webhooks import DisabledBy

#: How long a mail is tried that no server takes; staff see the destination all the same.
NOTICE_TRIED_FOR = timedelta(days=3)

#: Mails of one run, a minute's.
MOST_NOTICES = 100

_REFUSALS = (SMTPRecipientsRefused, SMTPSenderRefused, SMTPDataError, SMTPNotSupportedError)

_REASONS = {
    DisabledBy.GONE: "it answered 410 Gone, by which a receiver asks for no more",
    DisabledBy.FAILURE: "it has accepted nothing for five days",
}

logger = logging.getLogger(__name__)

AnyDestination = TypeVar("AnyDestination", bound=Destination)


class NoticeServerAway(Exception):
    """The mail server cannot be reached; no mail can be sent at the moment."""


class MailRefused(Exception):
    """The mail server refuses this mail."""


@dataclass(frozen=True, slots=True)
class DisabledNotice:
    """An e-mail; ``text`` is formatted with ``url``, ``description``, ``reason`` and ``id``."""

    name: str
    subject: str
    text: str
    description: str = ""


def send_due_notices(
    model: type[AnyDestination],
    write: Callable[[AnyDestination], DisabledNotice],
    note_sent: Callable[[AnyDestination], None],
) -> None:
    """Write to the partners of destinations that were disabled, and note that it is done.

    At least once: a worker that dies between the server's answer and the commit sends it again. An
    error is logged, so that the others follow.
    """
    due = model._default_manager.filter(notice_due_at__isnull=False).order_by("notice_due_at")
    for pk in list(due.values_list("pk", flat=True)[:MOST_NOTICES]):
        try:
            with transaction.atomic():
                _send_notice(model, pk, write, note_sent)
        except NoticeServerAway:
            logger.warning("notices of disabled destinations wait for the mail server")
            return
        except Exception as problem:
            if is_transient(problem):
                raise
            # Its text may hold the address.
            logger.error("the notice of %s was not sent: %s", pk, type(problem).__name__)


def _send_notice(
    model: type[AnyDestination],
    pk: UUID,
    write: Callable[[AnyDestination], DisabledNotice],
    note_sent: Callable[[AnyDestination], None],
) -> None:
    rows = model._default_manager.select_for_update(skip_locked=True, of=("self",), no_key=True)
    found = rows.filter(pk=pk, notice_due_at__isnull=False).select_related("partner").first()
    if found is None or found.notice_due_at is None:
        return
    is_late = timezone.now() - found.notice_due_at > NOTICE_TRIED_FOR
    # Since the notice was due, the partner may have enabled it, or disabled it itself.
    is_ours = found.disabled_by in _REASONS and found.removed_at is None
    if is_ours and not is_late:
        try:
            tell_of_disabled(found, write(found))
        except MailRefused:
            logger.error("the mail server refuses to tell a partner of %s", pk)
    note_sent(found)


def tell_of_disabled(destination: Destination, notice: DisabledNotice) -> None:
    """Write to the partner of a destination that was disabled.

    Raises:
        NoticeServerAway, MailRefused
    """
    moment = f"{destination.disabled_at:%Y%m%d%H%M%S}"
    mail = EmailMessage(
        subject=notice.subject,
        body=notice.text.format(
            url=destination.url,
            description=notice.description,
            reason=_REASONS[DisabledBy(destination.disabled_by)],
            id=destination.pk,
        ),
        to=[destination.partner.email],
        headers={"Message-ID": f"<{notice.name}-{destination.pk}-{moment}@portico>"},
    )
    try:
        mail.send()
    except _REFUSALS as problem:
        raise MailRefused from problem
    except OSError as problem:
        raise NoticeServerAway from problem
