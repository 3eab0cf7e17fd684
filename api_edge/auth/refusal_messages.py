"""The messages of refused API keys, which both dialects share."""

from datetime import UTC, datetime
from typing import NamedTuple

from shared_domain import partners
from shared_domain.partners import KeyRefused


class KeyRefusalMessage(NamedTuple):
    """A message, and the request header at fault."""

    text: str
    header: str = "Authorization"


def key_refusal_message(refusal: KeyRefused) -> KeyRefusalMessage:
    """Return the message of a refused API key.

    Raises:
        LookupError: there are no words for a refusal of this class.
    """
    match refusal:
        case partners.KeyMissing():
            return KeyRefusalMessage(
                "No API key was sent. Send the header 'Authorization: Bearer <API key>'."
            )
        case partners.KeyMalformed(is_repeated=True):
            return KeyRefusalMessage(
                "The Authorization header is unusable: it was sent more than once."
            )
        case partners.KeyMalformed():
            return KeyRefusalMessage(
                "The Authorization header is unusable: what it holds is not an API key: keys begin "
                "with pk_live_ or pk_test_, and this one is mistyped or cut off."
            )
        case partners.KeyUnknown():
            return KeyRefusalMessage(
                "This API key is unknown here. Check that it was issued for this address."
            )
        case partners.KeyRevoked(prefix, revoked_at):
            return KeyRefusalMessage(
                f"The API key {prefix}… was revoked on {_format(revoked_at)}. "
                "Use another key or ask for a new one."
            )
        case partners.KeyExpired(prefix, expired_at):
            return KeyRefusalMessage(
                f"The API key {prefix}… expired on {_format(expired_at)}. "
                "Use another key or ask for a new one."
            )
        case partners.PartnerInactive():
            return KeyRefusalMessage("The partner account is not active.")
        case partners.ScopeMissing(needed):
            return KeyRefusalMessage(
                f"This API key lacks the scope '{needed}', which this request needs."
            )
        case partners.EnvironmentUnknown():
            return KeyRefusalMessage(
                "The header Octo-Env must be sent at most once, as 'test' or 'live'.", "Octo-Env"
            )
        case partners.TestKeyCannotGoLive():
            return KeyRefusalMessage(
                "This is a test API key, and Octo-Env asks for live. "
                "Leave Octo-Env out, or use a live key.",
                "Octo-Env",
            )
    raise LookupError(f"no words for {type(refusal).__name__}")


def _format(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d at %H:%M} UTC"
