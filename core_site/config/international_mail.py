"""E-mail backend for addresses that are not ASCII before the @ (RFC 6531, SMTPUTF8).

Django's own backend writes such a local part as an encoded word, which names another mailbox. An
international domain needs no SMTPUTF8: callers convert it to ASCII.
"""

from email.message import Message
from email.policy import SMTPUTF8
from smtplib import SMTP
from typing import TYPE_CHECKING

from django.core.mail import EmailMessage
from django.core.mail.backends import smtp

#: The headers that Django would encode.
_ADDRESSES = ("To", "Cc", "Reply-To")


if TYPE_CHECKING:

    class _SmtpBackend(smtp.EmailBackend):
        """With what django-stubs leaves out."""

        connection: SMTP

        def _send(self, email_message: EmailMessage) -> bool: ...
else:
    _SmtpBackend = smtp.EmailBackend


class EmailBackend(_SmtpBackend):
    """Django's SMTP backend, which sends with SMTPUTF8 if a recipient's address is not ASCII."""

    def _send(self, email_message: EmailMessage) -> bool:
        """Send one mail.

        Raises:
            SMTPNotSupportedError: an address needs SMTPUTF8, and the mail server does not have it.
        """
        recipients = email_message.recipients()
        if all(map(str.isascii, recipients)):
            return super()._send(email_message)
        self.connection.ehlo_or_helo_if_needed()
        self.connection.sendmail(
            email_message.from_email,
            recipients,
            _as_bytes(email_message),
            # A server with SMTPUTF8 has 8BITMIME (RFC 6531, section 3.1).
            mail_options=["SMTPUTF8", "BODY=8BITMIME"],
        )
        return True


def _as_bytes(email_message: EmailMessage) -> bytes:
    message = email_message.message()
    wanted = {"To": email_message.to, "Cc": email_message.cc, "Reply-To": email_message.reply_to}
    for name in _ADDRESSES:
        if name in message:
            del message[name]
            # Django has refused line breaks in it by now, and its own __setitem__ would encode it.
            Message.__setitem__(message, name, ", ".join(wanted[name]))
    return Message.as_bytes(message, policy=SMTPUTF8)
