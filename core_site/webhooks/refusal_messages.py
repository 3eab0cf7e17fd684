"""The messages of refusals of webhook endpoints for staff."""

from shared_domain import webhooks
from shared_domain.quantities import format_quantity

URL_WORDS = {
    webhooks.UrlProblem.MALFORMED: "Write the URL as https://shop.example.com/hooks, in ASCII",
    webhooks.UrlProblem.NOT_HTTPS: "The URL must begin with https://",
    webhooks.UrlProblem.TOO_LONG: f"The URL may have {webhooks.LONGEST_URL:,} characters",
    webhooks.UrlProblem.HAS_USER: "The URL must not hold a user or password",
    webhooks.UrlProblem.HAS_FRAGMENT: "The URL must not hold a #",
    webhooks.UrlProblem.NOT_PUBLIC: "The URL must lead to a host of the public internet",
}


def webhook_message(refusal: webhooks.WebhookRefused) -> tuple[str, str | None]:
    """Return a sentence, and the field of the form that it belongs to.

    Raises:
        LookupError: the refusal's class has no message.
    """
    match refusal:
        case webhooks.EndpointNotFound():
            return "This webhook endpoint no longer exists", None
        case webhooks.DeliveryNotFound():
            return "This delivery is gone: the log is kept for 30 days", None
        case webhooks.InvalidUrl(problem):
            return URL_WORDS[problem], "url"
        case webhooks.InvalidDescription(longest):
            most = format_quantity(longest, "character")
            return f"The description may have {most}, on one line", "description"
        case webhooks.TypesNotReadable(types):
            return f"These events cannot be read: {', '.join(types)}", "types"
        case webhooks.TooManyEndpoints(most):
            has = format_quantity(most, "webhook endpoint")
            return f"The partner has {has} already; remove one first", None
        case webhooks.SecretOverlapOutOfRange(longest):
            most = format_quantity(longest, "hour")
            return f"The old secret may go on for 0 to {most}", "overlap"
        case webhooks.SecretsNotConfigured():
            return (
                "This server has no PORTICO_WEBHOOK_KEY, so no secret can be made; tell those who "
                "run it",
                None,
            )
        case webhooks.EndpointDisabled():
            return "This webhook endpoint is disabled; enable it first", None
        case webhooks.DisabledByStaff():
            return "Staff disabled this webhook endpoint, so only staff enable it", None
        case webhooks.EventsExpired():
            return "These events expired before they were sent, so none is left to send", None
        case webhooks.ReplayRunning():
            return "A replay is under way; wait until it is done", None
        case webhooks.ReplayOutOfRange(expired_to, last_position):
            return (
                f"Choose positions after {expired_to:,} and up to {last_position:,}, the last not "
                f"before the first and at most {webhooks.LONGEST_REPLAY:,} in all",
                "until",
            )
    raise LookupError(f"no words for staff about {type(refusal).__name__}")
