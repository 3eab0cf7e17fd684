"""What ``/v1`` answers to refusals about webhook endpoints, their deliveries and replays."""

from api_edge.v1.refusal_words import V1Refusal
from shared_domain import webhooks
from shared_domain.quantities import format_quantity

_URL_WORDS = {
    webhooks.UrlProblem.MALFORMED: "must be a URL such as https://shop.example.com/hooks, in ASCII",
    webhooks.UrlProblem.NOT_HTTPS: "must begin with https://",
    webhooks.UrlProblem.TOO_LONG: f"must have at most {webhooks.LONGEST_URL} characters",
    webhooks.UrlProblem.HAS_USER: "must not hold a user or password; verify our signature instead",
    webhooks.UrlProblem.HAS_FRAGMENT: "must not hold a fragment (#)",
    webhooks.UrlProblem.NOT_PUBLIC: "must lead to a host of the public internet",
}


def webhook_refusal(refusal: webhooks.WebhookRefused) -> V1Refusal:
    """Return the answer of ``/v1`` to a refusal about webhooks.

    Raises:
        LookupError: there are no words for a refusal of this class.
    """
    match refusal:
        case webhooks.EndpointNotFound():
            return V1Refusal(404, "id is not one of your webhook endpoints", "id")
        case webhooks.DeliveryNotFound():
            return V1Refusal(
                404,
                "delivery_id is not one of this endpoint's deliveries of the last 30 days",
                "delivery_id",
            )
        case webhooks.InvalidUrl(problem):
            return V1Refusal(422, f"url {_URL_WORDS[problem]}", "url")
        case webhooks.InvalidDescription(longest):
            return V1Refusal(
                422,
                f"description must have at most {format_quantity(longest, 'character')}, none of "
                "them a control character",
                "description",
            )
        case webhooks.TypesNotReadable(types):
            return V1Refusal(
                403, f"types holds what this API key may not read: {', '.join(types)}", "types"
            )
        case webhooks.TooManyEndpoints(most):
            may_have = format_quantity(most, "webhook endpoint")
            return V1Refusal(409, f"url would be one too many: you may have {may_have}", "url")
        case webhooks.SecretOverlapOutOfRange(longest):
            return V1Refusal(422, f"overlapHours must be from 0 to {longest}", "overlapHours")
        case webhooks.SecretsNotConfigured():
            return V1Refusal(503, "webhooks are not set up on this server; please tell us", "")
        case webhooks.EndpointDisabled():
            return V1Refusal(409, "id is a disabled webhook endpoint; enable it first", "id")
        case webhooks.DisabledByStaff():
            return V1Refusal(
                409, "id is a webhook endpoint that we have disabled; please ask us why", "id"
            )
        case webhooks.EventsExpired():
            return V1Refusal(
                409,
                "delivery_id stands for events that expired before they were sent; fetch what you "
                "store anew",
                "delivery_id",
            )
        case webhooks.ReplayRunning():
            return V1Refusal(
                409,
                "id has a replay under way; wait until its replaysUntil is null",
                "id",
            )
        case webhooks.ReplayOutOfRange(expired_to, last_position):
            return V1Refusal(
                422,
                f"until must be after `after`, at most {webhooks.LONGEST_REPLAY:,} positions; the "
                f"log begins after {expired_to} and ends at {last_position}",
                "until",
            )
    raise LookupError(f"/v1 has no words for {type(refusal).__name__}")
