"""What OCTO answers to refusals of subscriptions: words, and the field at fault."""

from shared_domain import notifications
from shared_domain.notifications import LONGEST_URL, HeaderProblem, UrlProblem
from shared_domain.quantities import format_quantity

_URL_WORDS = {
    UrlProblem.MALFORMED: "must be a URL such as https://shop.example.com/octo, in ASCII",
    UrlProblem.NOT_HTTPS: "must begin with https://",
    UrlProblem.TOO_LONG: f"must have at most {LONGEST_URL} characters",
    UrlProblem.HAS_USER: "must not hold a user or password; send headers instead",
    UrlProblem.HAS_FRAGMENT: "must not hold a fragment (#)",
    UrlProblem.NOT_PUBLIC: "must lead to a host of the public internet",
}

_HEADER_WORDS = {
    HeaderProblem.NAME_MALFORMED: "must have a name of HTTP: letters, digits, - and a few others",
    HeaderProblem.NAME_TOO_LONG: (
        f"must have a name of at most {notifications.LONGEST_HEADER_NAME} characters"
    ),
    HeaderProblem.NAME_RESERVED: (
        "must not have a name that HTTP sets itself, such as Host, Connection or Content-Type"
    ),
    HeaderProblem.NAME_REPEATED: (
        "must have a name of its own; capitals and small letters count the same"
    ),
    HeaderProblem.VALUE_MALFORMED: (
        "must have a value of printable ASCII, without blanks at either end"
    ),
    HeaderProblem.VALUE_TOO_LONG: (
        f"must have a value of at most {notifications.LONGEST_HEADER_VALUE} characters"
    ),
}


def notification_message(refusal: notifications.NotificationRefused) -> tuple[str, str]:
    """Return the message of a refusal, and the field at fault.

    Raises:
        LookupError: there are no words for a refusal of this class.
    """
    match refusal:
        case notifications.SubscriptionNotFound():
            return (
                "id is not one of your subscriptions; GET /notifications/subscriptions lists them",
                "id",
            )
        case notifications.InvalidSubscriptionUrl(problem):
            return f"url {_URL_WORDS[problem]}", "url"
        case notifications.InvalidHeader(number, problem):
            return f"headers: the {_ordinal(number)} {_HEADER_WORDS[problem]}", "headers"
        case notifications.TooManyHeaders(most):
            return (
                f"headers must have at most {format_quantity(most, 'entry', 'entries')}",
                "headers",
            )
        case notifications.TooManySubscriptions(most):
            may_have = format_quantity(most, "subscription")
            return f"url would be one too many: you may have {may_have}; remove one first", "url"
        case notifications.SealingNotConfigured():
            return "headers cannot be stored on this server yet; please tell us", "headers"
        case notifications.HeadersUnreadable():
            return (
                "headers of this subscription cannot be read any more; send them again by PATCH",
                "headers",
            )
    raise LookupError(f"OCTO has no words for {type(refusal).__name__}")


def _ordinal(number: int) -> str:
    """Return the place of an entry, counted from 1, as a word: 1st, 2nd, 3rd, 4th."""
    place = number + 1
    ending = {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{'th' if place % 100 in (11, 12, 13) else ending}"
