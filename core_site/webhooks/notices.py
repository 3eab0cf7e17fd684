"""The mail that tells a partner that one of its webhook endpoints was disabled."""

from smtplib import (
    SMTPDataError,
    SMTPNotSupportedError,
    SMTPRecipientsRefused,
    SMTPSenderRefused,
)

from django.core.mail import EmailMessage

from core_site.webhooks.models import WebhookEndpoint
from shared_domain.webhooks import DisabledBy

_REFUSALS = (SMTPRecipientsRefused, SMTPSenderRefused, SMTPDataError, SMTPNotSupportedError)

_REASONS = {
    DisabledBy.GONE: "it answered 410 Gone, by which a receiver asks for no more",
    DisabledBy.FAILURE: "it has accepted nothing for five days",
}

_TEXT = """\
Hello,

we have stopped sending events to your webhook endpoint

    {url}
    {description}

because {reason}.

Nothing that happened since is lost: the endpoint keeps its place in the log of events. When your
server is ready, enable the endpoint and all of it is sent:

    POST /v1/webhook-endpoints/{id}/enable

To go on with what happens from then on, send {{"skipBacklog": true}}.
"""


class NoticeServerAway(Exception):
    """The mail server cannot be reached; no mail can be sent at the moment."""


class MailRefused(Exception):
    """The mail server does not take this mail."""


def tell_of_disabled(endpoint: WebhookEndpoint) -> None:
    """Write to the partner of an endpoint that was disabled.

    Raises:
        NoticeServerAway, MailRefused
    """
    moment = f"{endpoint.disabled_at:%Y%m%d%H%M%S}"
    mode = "test bookings" if endpoint.test_mode else "live bookings"
    mail = EmailMessage(
        subject=f"Your webhook endpoint of {mode} was disabled",
        body=_TEXT.format(
            url=endpoint.url,
            description=endpoint.description or f"({mode})",
            reason=_REASONS[DisabledBy(endpoint.disabled_by)],
            id=endpoint.pk,
        ),
        to=[endpoint.partner.email],
        headers={"Message-ID": f"<webhook-{endpoint.pk}-{moment}@portico>"},
    )
    try:
        mail.send()
    except _REFUSALS as problem:
        raise MailRefused from problem
    except OSError as problem:
        raise NoticeServerAway from problem
