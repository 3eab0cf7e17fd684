"""What ``/v1`` answers to each refusal of the domain: HTTP status, words, the field at fault.

The problem's type and title are made of the class's name (``problems.py``). A test holds this table
against the refusals of the features that ``/v1`` serves. Where Django still serves an endpoint,
``core_site/partner_api`` answers with the same status and field, in REST framework's words.
"""

from api_edge.auth.refusal_messages import key_refusal_message
from api_edge.idempotency.refusal_messages import idempotency_message
from api_edge.text_flaws import say_flaw
from api_edge.v1.refusal_words import V1Refusal
from api_edge.v1.webhook_refusals import webhook_refusal
from shared_domain import (
    booking_export,
    catalog,
    events,
    idempotency,
    partners,
    users,
    weather,
    webhooks,
)
from shared_domain.quantities import format_quantity
from shared_domain.refusals import Refused


def v1_refusal(refusal: Refused) -> V1Refusal:
    """Return the answer of ``/v1`` to a refusal.

    Raises:
        LookupError: ``/v1`` has no words for a refusal of this class.
    """
    match refusal:
        case partners.KeyRefused():
            message, header = key_refusal_message(refusal)
            return V1Refusal(_key_status(refusal), message, header)
        case idempotency.IdempotencyKeyReused(part):
            return V1Refusal(422, idempotency_message(refusal), part)
        case idempotency.IdempotencyRefused():
            return V1Refusal(409, idempotency_message(refusal), "Idempotency-Key")
        case users.UserNotFound():
            return V1Refusal(404, "id is not one of your users", "id")
        case users.EmailTaken():
            return V1Refusal(409, "email belongs to another of your users", "email")
        case users.InvalidEmail(flaw):
            return V1Refusal(422, f"email {say_flaw(flaw)}", "email")
        case users.AgeOutOfRange(oldest):
            return V1Refusal(422, f"age must be from 0 to {oldest}", "age")
        case users.InvalidCursor():
            return V1Refusal(
                422,
                "cursor must be the nextCursor of an earlier answer; leave it out to start at the "
                "top",
                "cursor",
            )
        case booking_export.ExportCursorUnknown():
            return V1Refusal(
                422,
                "after must be the uuid of one of your bookings, the last one that arrived; leave "
                "it out to start with the earliest",
                "after",
            )
        case webhooks.WebhookRefused():
            return webhook_refusal(refusal)
        case events.CursorExpired(expired_to=expired_to):
            return V1Refusal(
                410,
                f"after is too old: events up to position {expired_to} have expired, and you have "
                "missed some. Read what you keep of bookings and products anew, then go on with "
                f"after={expired_to}",
                "after",
            )
        case events.CursorFromFuture(last_position=last_position):
            return V1Refusal(
                422,
                f"after must be at most {last_position}, the latest event's position; a cursor "
                "of another installation is of no use here",
                "after",
            )
        case catalog.ProductNotFound():
            return V1Refusal(
                404,
                "productId is not one of your products; GET /octo/products lists them",
                "productId",
            )
        case weather.CityUnknown():
            return V1Refusal(404, "city is not the name of a city that is known", "city")
        case weather.WeatherUnavailable(seconds):
            wait = format_quantity(seconds, "second")
            return V1Refusal(503, f"there is no forecast at the moment; try again in {wait}", "")
    raise LookupError(f"/v1 has no words for {type(refusal).__name__}")


def _key_status(refusal: partners.KeyRefused) -> int:
    match refusal:
        case partners.EnvironmentUnknown():
            return 400
        case partners.PartnerInactive() | partners.ScopeMissing() | partners.TestKeyCannotGoLive():
            return 403
    return 401
