"""Words for staff about refusals of subscriptions to notifications."""

from core_site.webhooks.refusal_messages import URL_WORDS
from shared_domain import notifications
from shared_domain.quantities import format_quantity


def notification_message(refusal: notifications.NotificationRefused) -> tuple[str, str | None]:
    """Return a sentence, and the field of the form that it belongs to.

    Raises:
        LookupError: there are no words for a refusal of this class.
    """
    match refusal:
        case notifications.SubscriptionNotFound():
            return "This subscription no longer exists", None
        case notifications.InvalidSubscriptionUrl(problem):
            return URL_WORDS[problem], "url"
        case notifications.InvalidHeader() | notifications.TooManyHeaders():
            return "A header cannot be sent; only the partner sets and sees these", None
        case notifications.TooManySubscriptions(most):
            has = format_quantity(most, "subscription")
            return f"The partner has {has} already; remove one first", None
        case notifications.SealingNotConfigured():
            return (
                "This server has no PORTICO_WEBHOOK_KEY, so no headers can be stored; tell those "
                "who run it",
                None,
            )
        case notifications.HeadersUnreadable():
            return "The partner must send its headers again: the key they need is gone", None
    raise LookupError(f"no words for staff about {type(refusal).__name__}")
