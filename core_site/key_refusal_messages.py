"""The messages of refusals about API keys for staff; ``staff_messages`` has all."""

from datetime import datetime

from django.utils import timezone

from shared_domain import partners
from shared_domain.quantities import format_quantity
from shared_domain.refusals import Refused


def key_message(refusal: Refused) -> tuple[str, str | None]:
    """Return a sentence without its full stop, and the field of a form that it belongs to.

    Raises:
        LookupError: there are no words for a refusal of this class.
    """
    match refusal:
        case partners.PartnerNotFound():
            return "There is no such partner", None
        case partners.DirectPartnerHasNoKeys():
            return (
                "This partner is our own booking desk, which has no API keys; choose a reseller",
                "partner",
            )
        case partners.PartnerInactive():
            return "The partner account is not active", None
        case partners.KeyNotFound():
            return "There is no such API key", None
        case partners.KeyRevoked(prefix, revoked_at):
            return f"The API key {prefix}… was revoked on {format_local(revoked_at)}", None
        case partners.KeyExpired(prefix, expired_at):
            return f"The API key {prefix}… expired on {format_local(expired_at)}", None
        case partners.KeyAlreadyReplaced(prefix):
            return (
                f"The API key {prefix}… was rotated before. Rotate the key that replaced it",
                None,
            )
        case partners.InvalidLabel(longest):
            most = format_quantity(longest, "character")
            return f"The label must have 1 to {most}, all of them printable", "label"
        case partners.InvalidScopes(known):
            return f"A key needs at least one of these scopes: {', '.join(known)}", "scopes"
        case partners.ExpiryInPast():
            return "The expiry must lie in the future", "expires_at"
        case partners.OverlapOutOfRange(longest_days):
            return (
                f"The overlap must be between 0 and {format_quantity(longest_days, 'day')}",
                "overlap",
            )
        case partners.RateLimitOutOfRange(highest):
            return (
                f"The rate limit must be from 1 to {format_quantity(highest, 'call')} in a second",
                "rate_limit_per_second",
            )
    raise LookupError(f"no words for staff about {type(refusal).__name__}")


def format_local(moment: datetime) -> str:
    """Return a moment by Django's current time zone, which is the staff user's in a request."""
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M %Z}".rstrip()
