"""Request and response models of subscriptions, and of the notifications that are sent."""

from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from api_edge.http.strict_models import NO_NUL, RequestModel, ResponseModel, UuidText
from shared_domain import notifications
from shared_domain.notifications import NotificationType

EXAMPLE_ID = "0c7a6d52-9be1-4c5f-8a0e-3f4b1d2c6e90"

EXAMPLE_URL = "https://shop.example.com/octo/notifications"

EXAMPLE_SUBSCRIPTION: dict[str, Any] = {
    "id": EXAMPLE_ID,
    "url": EXAMPLE_URL,
    "notificationTypes": ["AVAILABILITY_UPDATE", "BOOKING_UPDATE"],
    "headers": {"Authorization": "Bearer a-secret-of-your-own"},
}

_TYPE_NAMES = [kind.value for kind in NotificationType]


def _type_name(name: str) -> str:
    if name not in _TYPE_NAMES:
        raise PydanticCustomError("notification_type", f"must be one of {', '.join(_TYPE_NAMES)}")
    return name


def _headers_in_text(headers: dict[str, Any]) -> dict[str, str]:
    # As a whole: an error at one header would name it, and its name may be a secret.
    if not all(isinstance(value, str) for value in headers.values()):
        raise PydanticCustomError("headers_in_text", "must have texts as values")
    return headers


TypeName = Annotated[
    str, AfterValidator(_type_name), Field(json_schema_extra={"enum": _TYPE_NAMES})
]

Url = Annotated[str, Field(min_length=1, max_length=notifications.LONGEST_URL, pattern=NO_NUL)]
Types = Annotated[list[TypeName], Field(min_length=1, max_length=len(NotificationType))]
Headers = Annotated[
    dict[str, Any],
    Field(
        max_length=notifications.MOST_HEADERS,
        json_schema_extra={
            "additionalProperties": {
                "type": "string",
                "maxLength": notifications.LONGEST_HEADER_VALUE,
            }
        },
    ),
    AfterValidator(_headers_in_text),
]

_URL_WORDS = (
    "Where notifications are sent to by POST: https, with a name or address of the public "
    "internet, without user, password and fragment."
)
_HEADERS_WORDS = (
    "Sent with each notification, so that your server knows us: names and values as HTTP allows "
    "them, but none that HTTP sets itself. Stored encrypted, and shown to you only."
)


class NewSubscription(RequestModel):
    """A subscription to create."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {name: value for name, value in EXAMPLE_SUBSCRIPTION.items() if name != "id"}
            ]
        }
    )

    url: Url = Field(description=_URL_WORDS)
    notification_types: Types = Field(description="What to be told of, at least one.")
    headers: Headers | None = Field(default=None, description=_HEADERS_WORDS)


class ChangedSubscription(RequestModel):
    """Changes to a subscription; absent fields, and those that are null, stay as they are."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"notificationTypes": ["BOOKING_UPDATE"]}]}
    )

    url: Url | None = Field(default=None, description=_URL_WORDS)
    notification_types: Types | None = Field(
        default=None, description="What to be told of, at least one."
    )
    headers: Headers | None = Field(
        default=None, description=f"{_HEADERS_WORDS} They replace all that there were."
    )


class Subscription(ResponseModel):
    """A URL of yours to which notifications are sent."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_SUBSCRIPTION]})

    id: UuidText
    url: str
    notification_types: list[TypeName]
    headers: dict[str, str] = Field(description="Sent with each notification, as you gave them.")
